import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { findApicurio, startApicurio } from '../../scripts/services/apicurio.ts';
import { freePorts } from '../../scripts/services/free-port.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import { createHttpRegistry, type SchemaRegistry } from '../../src/log/schema/index.ts';
import { schemaRegistryContract } from '../../src/testing/index.ts';
import { isThere } from '../support/requires.ts';
import { startTestNode } from '../support/test-node.ts';

function connect(url: string): SchemaRegistry {
  const http = createHttpClient({ allow: { kind: 'origins', origins: [new URL(url).origin] } });
  return createHttpRegistry({ url, http });
}

schemaRegistryContract('another node', async () => {
  const node = await startTestNode();
  const registry = connect(`${node.url.replace('://', `://operator:${node.token}@`)}/schema-registry`);
  const close = async (): Promise<void> => {
    await registry.close();
    await node.close();
  };
  return { registry, close };
});

if (isThere('apicurio')) {
  let server: ChildProcess;
  let url = '';
  before(async () => {
    const [port = 0] = await freePorts(1);
    server = await startApicurio(findApicurio() ?? '', port);
    url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  });
  after(() => void server.kill('SIGKILL'));
  schemaRegistryContract('Apicurio', async () => {
    const registry = connect(url);
    await registry.setCompatibility('BACKWARD');
    return { registry, close: () => registry.close() };
  });
}

const answers: readonly (readonly [what: string, status: number, body: string, code: string])[] = [
  ['that asks for a credential', 401, '{"error_code":401,"message":"no"}', 'UNAUTHENTICATED'],
  ['that forbids', 403, '', 'PERMISSION_DENIED'],
  ['that is overloaded', 503, '<html>', 'UNAVAILABLE'],
  ['that is something else', 200, '{"hello":1}', 'INVALID_AGENT_RESPONSE'],
  ['that answers no JSON', 200, '<html>', 'INVALID_AGENT_RESPONSE'],
];

for (const [what, status, body, code] of answers) {
  test(`a server ${what} is told apart, and the password is not in the error`, async () => {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const registry = connect(`http://user:hush@127.0.0.1:${(server.address() as AddressInfo).port}`);
    await assert.rejects(registry.getById(1), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, code);
      assert.doesNotMatch(JSON.stringify([thrown.message, thrown]), /hush/);
      return true;
    });
    await registry.close();
    server.close();
  });
}

test('a registry that does not answer in time is UNAVAILABLE', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const http = createHttpClient({ allow: { kind: 'origins', origins: [`http://127.0.0.1:${port}`] } });
  const registry = createHttpRegistry({ url: `http://127.0.0.1:${port}`, http, timeoutMs: 50 });
  await assert.rejects(registry.getById(1), { code: 'UNAVAILABLE' });
  await registry.close();
  server.closeAllConnections();
  server.close();
});

test('a registry that is away is UNAVAILABLE, and the password is not in the error', async () => {
  const [port = 0] = await freePorts(1);
  const registry = connect(`http://user:hush@127.0.0.1:${port}`);
  await assert.rejects(registry.listSubjects(), (thrown: Error & { code?: string }) => {
    assert.equal(thrown.code, 'UNAVAILABLE');
    assert.doesNotMatch(JSON.stringify([thrown.message, thrown]), /hush/);
    return true;
  });
  await registry.close();
});

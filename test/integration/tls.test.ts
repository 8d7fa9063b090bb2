import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import {
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { credentials, status } from '@grpc/grpc-js';
import { Agent, fetch as undiciFetch } from 'undici';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { createTestAuthority, type TestCertificate } from '../support/certificates.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { createSdkRequest, sdkParts, sdkTask } from '../support/sdk-client.ts';
import { createShopClient, nodeShop, shopEnvironment } from '../support/shop-client.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const authority = createTestAuthority();
const clients = createTestAuthority('Clients');
const ada = clients.issue({ commonName: 'ada', uris: ['spiffe://fabric/ada'] });
const bank = clients.issue({ commonName: 'bank', uris: ['spiffe://fabric/bank'] });
const nobody = clients.issue({ commonName: 'nobody' });
const chief = clients.issue({ commonName: 'chief', uris: ['spiffe://fabric/chief'] });

let node: TestNode;
let folder: string;
let key: string;
const agentService = loadService('pixell/agent.proto', 'pixell.agent.AgentService');

/** Replaces the files whole, one after the other, as programs that renew certificates do. */
async function writeOwn({ cert, key: secret }: TestCertificate): Promise<void> {
  for (const [file, text] of [
    ['node.pem', cert],
    ['node.key.pem', secret],
  ] as const) {
    await writeFile(join(folder, `${file}.new`), text, { mode: 0o600 });
    await rename(join(folder, `${file}.new`), join(folder, file));
  }
}

before(async () => {
  folder = await createTestFolder();
  await writeOwn(authority.issue({ commonName: 'first' }));
  await writeFile(join(folder, 'clients.pem'), clients.cert);
  node = await startTestNode({
    dataFolder: folder,
    tls: { ca: authority.cert },
    settings: {
      log: { level: 'debug' },
      tls: { cert: 'node.pem', key: 'node.key.pem', clientCa: 'clients.pem', checkMs: 50 },
      identity: {
        modes: ['keys', 'certificates'],
        certificates: {
          subject: 'uri',
          rules: [
            { subjects: ['spiffe://fabric/bank'], roles: ['finance'] },
            { subjects: ['spiffe://fabric/chief'], roles: ['operator'] },
          ],
        },
      },
    },
  });
  const source = { kind: 'folder', path: fixtureAgent('guarded') } as const;
  await Promise.all(['guarded', 'relay'].map((agentId) => deployHealthy(node, { source, agentId })));
  key = (await node.client.keys.create({ subject: 'ci', roles: [] })).key;
});

after(async () => {
  await node?.close();
  await removeFolder(folder);
});

/** An HTTP client that shows a certificate, or none. */
function createFetch(shown?: TestCertificate): typeof fetch {
  const dispatcher = new Agent({ connect: { ca: authority.cert, ...shown } });
  return ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof fetch;
}

async function whoami(shown: TestCertificate | undefined, headers: Record<string, string> = {}, skill = 'whoami') {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ data: {} }], metadata: { skill } };
  const answer = await createFetch(shown)(`${node.url}/a2a/guarded/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
    body: JSON.stringify({ message }),
  });
  const body = (await answer.json()) as { task?: { artifacts: { parts: { data: object }[] }[] } };
  return { status: answer.status, data: body.task?.artifacts[0]?.parts[0]?.data };
}

test('a certificate shows who calls, with the roles of its rules; a bearer credential wins over it', async () => {
  assert.deepEqual((await whoami(ada)).data, { id: 'cert:spiffe://fabric/ada', roles: [] });
  assert.deepEqual((await whoami(bank, {}, 'pay')).data, { id: 'cert:spiffe://fabric/bank', roles: ['finance'] });
  assert.equal((await whoami(ada, {}, 'pay')).status, 403);
  assert.deepEqual((await whoami(ada, { authorization: `Bearer ${key}` })).data, { id: 'key:ci', roles: [] });
});

test('without a certificate, with one that names nobody, and with a wrong key beside a right certificate: 401', async () => {
  assert.equal((await whoami(undefined)).status, 401);
  assert.equal((await whoami(nobody)).status, 401);
  assert.equal((await whoami(ada, { authorization: 'Bearer pk1.wrong' })).status, 401);
  await assert.rejects(
    whoami(createTestAuthority('Others').issue({ commonName: 'x', uris: ['spiffe://fabric/chief'] })),
  );
});

test('operator’s routes open for a certificate with the role, and for no other', async () => {
  assert.equal((await createFetch(chief)(`${node.url}/api/v1/status`, {})).status, 200);
  assert.equal((await createFetch(ada)(`${node.url}/api/v1/status`, {})).status, 403);
});

test('one caller’s certificate does not show it the tasks of another', async () => {
  const message = {
    messageId: crypto.randomUUID(),
    role: 'ROLE_USER',
    parts: [{ data: {} }],
    metadata: { skill: 'whoami' },
  };
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const init = { method: 'POST', headers, body: JSON.stringify({ message }) };
  const sent = await createFetch(ada)(`${node.url}/a2a/guarded/message:send`, init);
  const { task } = (await sent.json()) as { task: { id: string } };
  assert.equal((await createFetch(ada)(`${node.url}/a2a/guarded/tasks/${task.id}`, { headers })).status, 200);
  assert.equal((await createFetch(bank)(`${node.url}/a2a/guarded/tasks/${task.id}`, { headers })).status, 404);
});

test('cards give https addresses, and say that a certificate is enough', async () => {
  const answer = await createFetch()(`${node.url}/a2a/guarded/.well-known/agent-card.json`, {});
  const card = (await answer.json()) as { url: string; securitySchemes: Record<string, object> };
  assert.equal(card.url, `${node.url}/a2a/guarded`);
  assert.ok('mtlsSecurityScheme' in (card.securitySchemes['certificate'] ?? {}));
});

for (const name of ['JSONRPC', 'GRPC'] as const) {
  test(`the official client calls over ${name} with TLS, by the addresses of the card`, async () => {
    const fetchImpl = createFetch(ada);
    const secure = credentials.createSsl(Buffer.from(authority.cert), Buffer.from(ada.key), Buffer.from(ada.cert));
    const transport =
      name === 'GRPC'
        ? new GrpcTransportFactory({ grpcChannelCredentials: secure })
        : new JsonRpcTransportFactory({ fetchImpl });
    const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [transport],
      preferredTransports: [transport.protocolName],
      cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
    });
    const client = await new ClientFactory(options).createFromUrl(`${node.url}/a2a/guarded/`);
    const sent = createSdkRequest({ parts: [{ data: {} }], skill: 'whoami' });
    const [part] = sdkParts(sdkTask(await client.sendMessage(sent)));
    assert.deepEqual(part?.content?.value, { id: 'cert:spiffe://fabric/ada', roles: [] });
  });
}

async function grpcPorts(): Promise<readonly string[]> {
  const { grpcAddress = '' } = await node.client.node.status();
  const deployments = await node.client.deployments.list();
  const own = deployments.find(({ agentId }) => agentId === 'guarded')?.ports?.grpc;
  return [grpcAddress, `127.0.0.1:${own}`];
}

async function withGrpc(
  shown: TestCertificate | undefined,
  run: (client: TestGrpcClient) => Promise<void>,
): Promise<void> {
  const [cert, secret] = [shown?.cert, shown?.key].map((pem) => (pem === undefined ? null : Buffer.from(pem)));
  for (const address of await grpcPorts()) {
    const secure = credentials.createSsl(Buffer.from(authority.cert), secret ?? null, cert ?? null);
    const client = createGrpcClient(address, agentService, secure);
    await run(client).finally(() => client.close());
  }
}

test('gRPC speaks TLS on the node’s port and on a deployment’s own, and knows callers by their certificates', async () => {
  const headers = { 'x-deployment-id': 'guarded' };
  await withGrpc(ada, async (client) => {
    const { result } = await client.call<{ result: string }>('Invoke', { action: 'whoami' }, headers);
    assert.deepEqual(JSON.parse(result), { id: 'cert:spiffe://fabric/ada', roles: [] });
  });
  await withGrpc(undefined, async (client) => {
    await assert.rejects(client.call('Ping', {}, headers), { code: status.UNAUTHENTICATED });
  });
});

test('calls of a package’s own service are passed on from TLS, and it learns whose certificate it was', async () => {
  const { ports } = await deployHealthy(node, {
    ...{ source: { kind: 'folder', path: nodeShop }, agentId: 'shop', environment: shopEnvironment },
  });
  const { grpcAddress = '' } = await node.client.node.status();
  for (const address of [grpcAddress, `127.0.0.1:${ports?.grpc}`]) {
    const ended = await buyMetadata(address, ada);
    assert.equal(ended.code, status.OK);
    assert.equal(ended.caller, 'cert:spiffe://fabric/ada');
    assert.equal((await buyMetadata(address, undefined)).code, status.UNAUTHENTICATED);
  }
});

/** Has the shop say whom it takes its caller for. */
async function buyMetadata(address: string, shown: TestCertificate | undefined) {
  const [cert, secret] = [shown?.cert, shown?.key].map((pem) => (pem === undefined ? null : Buffer.from(pem)));
  const shop = createShopClient(
    address,
    credentials.createSsl(Buffer.from(authority.cert), secret ?? null, cert ?? null),
  );
  const { receipt, status: ended } = await shop.buy({ item: 'metadata' }, { 'x-deployment-id': 'shop' });
  shop.close();
  const told = JSON.parse(receipt?.text ?? '{}') as { readonly 'x-parley-caller'?: string };
  const [, claims = ''] = (told['x-parley-caller'] ?? '').split('.');
  const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}') as { readonly sub?: string };
  return { code: ended.code, caller: sub };
}

test('workers call one another behind TLS as before it', async () => {
  const message = {
    ...{ messageId: crypto.randomUUID(), role: 'ROLE_USER', metadata: { skill: 'pass' } },
    parts: [{ data: { agent: 'relay', skill: 'whoami' } }],
  };
  const answer = await createFetch(ada)(`${node.url}/a2a/guarded/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  assert.match(JSON.stringify(await answer.json()), /cert:spiffe:\/\/fabric\/ada/);
});

test('the command line finds a node with TLS by its data folder, and by its address with --ca', async () => {
  const local = await runParley('status', '--data-folder', folder);
  assert.equal(local.code, 0, local.stderr);
  assert.match(local.stdout, /https:\/\/127/);
  const ca = join(folder, 'authority.pem');
  await writeFile(ca, authority.cert);
  const args = ['status', '--url', node.url, '--token', node.token];
  const trusted = await runParley(...args, '--ca', ca);
  assert.equal(trusted.code, 0, trusted.stderr);
  const refused = await runParley(...args);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /--ca/);
});

test('a deployment’s own HTTP port speaks TLS, too', async () => {
  const deployments = await node.client.deployments.list();
  const port = deployments.find(({ agentId }) => agentId === 'guarded')?.ports?.http;
  const answer = await createFetch(ada)(`https://127.0.0.1:${port}/meta`, {});
  assert.equal(answer.status, 200);
});

test('a certificate that is replaced on disk is used soon, one that cannot be used is not, and keys are nowhere in the log', async () => {
  await writeFile(join(folder, 'node.pem'), 'not a certificate');
  await waitUntil('the log says it', () => node.output().includes('cannot be used'));
  assert.equal(await servedName(), 'first');
  const second = authority.issue({ commonName: 'second' });
  await writeOwn(second);
  await waitUntil('the new one is served', async () => (await servedName()) === 'second');
  for (const line of second.key.split('\n').filter((text) => text.length > 20))
    assert.ok(!node.output().includes(line));
  assert.equal((await whoami(ada)).status, 200);
});

async function servedName(): Promise<string | undefined> {
  const { port } = new URL(node.url);
  const socket = connectTls({ port: Number(port), host: '127.0.0.1', ca: authority.cert });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return Array.isArray(CN) ? CN[0] : CN;
}

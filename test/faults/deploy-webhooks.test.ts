import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makePackage } from '../support/package-server.ts';
import { callDeploy } from '../support/par-client.ts';
import { createTestFolder, removeFolder, startTestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

let folder: string;
let server: Server;
let origin: string;
let takes = false;
const bodies: string[] = [];

before(async () => {
  folder = await createTestFolder();
  server = createServer((request, response) => {
    void readBody(request).then((body) => {
      bodies.push(body);
      response.writeHead(takes ? 204 : 503).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.close();
  await removeFolder(folder);
});

async function readBody(request: IncomingMessage): Promise<string> {
  return (await request.toArray()).join('');
}

test('a webhook that was not told before the node was killed is told after its next start, and once only', async () => {
  const dataFolder = join(folder, 'data');
  const settings = { push: { allowHosts: [origin] } };
  const { file } = await makePackage(folder, { name: 'told', version: '1.0.0' });
  const first = await startTestNode({ dataFolder, settings });
  const webhook = { url: `${origin}/hook?key=in-the-address`, secret: 'a secret of the webhook' };
  const answer = await callDeploy(first, {
    deploymentId: 'told-1',
    agentAppId: 'told',
    packageUrl: `file://${file}`,
    webhook,
  });
  assert.equal(answer.status, 202);
  await waitUntil('the webhook has refused', () => bodies.length > 0);
  await first.kill();
  takes = true;
  const tried = bodies.length;
  const second = await startTestNode({ dataFolder, settings });
  await waitUntil('the webhook is told', () => bodies.length > tried);
  const { deploymentId, status } = JSON.parse(bodies.at(-1) ?? '') as { deploymentId: string; status: string };
  assert.deepEqual([deploymentId, status], ['told-1', 'healthy']);
  await second.close();
  const third = await startTestNode({ dataFolder, settings });
  await third.ready;
  await third.close();
  assert.equal(bodies.length, tried + 1);
  const store = await readFile(join(dataFolder, 'store.sqlite'));
  assert.ok(store.includes('told-1'));
  assert.ok(!store.includes('a secret of the webhook') && !store.includes('in-the-address'));
});

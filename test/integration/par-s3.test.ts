import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { makePackage } from '../support/package-server.ts';
import { callDeploy, readHealth } from '../support/par-client.ts';
import { fastapiPython, requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const options = requires('moto');

let folder: string;
let node: TestNode;
let store: ChildProcess;
let endpoint: string;

before(async () => {
  if (options.skip !== false) return;
  folder = await createTestFolder();
  const port = await findFreePort();
  endpoint = `http://127.0.0.1:${port}`;
  store = spawn(fastapiPython(), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  await waitUntil('the object store answers', async () => (await fetch(endpoint).catch(() => undefined)) !== undefined);
  const { bytes } = await makePackage(folder, { name: 'stored', version: '1.0.0' });
  await fetch(`${endpoint}/packages`, { method: 'PUT' });
  await fetch(`${endpoint}/packages/a/stored%201.apkg`, { method: 'PUT', body: new Uint8Array(bytes) });
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'the secret of the store' });
  const settings = { packages: { allowHosts: [endpoint], s3: { region: 'eu-central-1', endpoint } } };
  node = await startTestNode({ settings });
});

after(async () => {
  await node?.close();
  if (store?.kill()) await once(store, 'close');
  if (folder !== undefined) await removeFolder(folder);
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

for (const [kind, packageUrl] of [
  ['a bucket and a key', { bucket: 'packages', key: 'a/stored 1.apkg' }],
  ['an s3 address', 's3://packages/a/stored%201.apkg'],
] as const) {
  test(`a package that ${kind} names is signed for, fetched and run`, options, async () => {
    const deploymentId = kind.replaceAll(' ', '-');
    const answer = await callDeploy(node, { deploymentId, agentAppId: `${deploymentId}-app`, packageUrl });
    assert.equal(answer.status, 202);
    await waitUntil('it is healthy', async () => (await readHealth(node, deploymentId)).healthy);
    const { source } = await node.client.deployments.get(deploymentId);
    assert.deepEqual(source, { kind: 'url', url: `${endpoint}/packages/a/stored%201.apkg` });
    assert.doesNotMatch(node.output(), /X-Amz-Signature|the secret of the store/);
  });
}

test('an object that is not there makes the deployment fail, and its health says which', options, async () => {
  const packageUrl = { bucket: 'packages', key: 'nothing.apkg' };
  await callDeploy(node, { deploymentId: 'missing', agentAppId: 'missing-app', packageUrl });
  await waitUntil('it has failed', async () => (await readHealth(node, 'missing')).status === 'failed');
  assert.match(String((await readHealth(node, 'missing')).message), /packages\/nothing\.apkg/);
});

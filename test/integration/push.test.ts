import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Task as OldTask } from 'a2a-sdk-0.3';
import { type Client as OldClient, ClientFactory as OldClientFactory } from 'a2a-sdk-0.3/client';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type Gate, openGate } from '../support/gate.ts';
import { collect, connectSdk, createSdkRequest, sdkBindings, sdkTask } from '../support/sdk-client.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Told {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let node: TestNode;
let gate: Gate;
let folder: string;
let server: Server;
const told: Told[] = [];
/** What the webhook answers to its next calls; then 204. */
const answers: { status: number; headers?: Record<string, string> }[] = [];

before(async () => {
  folder = await createTestFolder();
  server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings = { push: { allowHosts: [`http://127.0.0.1:${portOf(server)}`] } };
  [node, gate] = await Promise.all([startTestNode({ settings }), openGate(folder)]);
  const source = { kind: 'folder', path: fixtureAgent('node') } as const;
  await deployHealthy(node, { source, environment: { GATE: gate.path } });
});

after(async () => {
  await gate.close();
  await node.close();
  server.close();
  await removeFolder(folder);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  told.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
  const { status, headers = {} } = answers.shift() ?? { status: 204 };
  response.writeHead(status, headers).end();
}

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port;
}

function hookUrl(path: string): string {
  return `http://127.0.0.1:${portOf(server)}${path}`;
}

function toldOf(path: string): readonly Told[] {
  return told.filter((entry) => entry.path === path);
}

for (const binding of sdkBindings) {
  const over = `over ${binding.name}`;

  test(`the official client has a webhook told of its task ${over}`, async () => {
    const client = await connectSdk(`${node.url}/a2a/node-tester`, binding);
    assert.equal((await client.getAgentCard()).capabilities?.pushNotifications, true);
    const path = `/new-${randomUUID()}`;
    const name = `push-${binding.name}`.replace('+', '-');
    const request = createSdkRequest({ skill: 'together', parts: [{ data: { gate: name } }], returnImmediately: true });
    const { id: taskId } = sdkTask(await client.sendMessage(request));
    const config = { tenant: '', taskId, id: 'c-1', url: hookUrl(path), token: 'tkn' };
    const authentication = { scheme: 'Bearer', credentials: 'crd' };
    const created = await client.createTaskPushNotificationConfig({ ...config, authentication });
    assert.equal(created.id, 'c-1');
    const read = await client.getTaskPushNotificationConfig({ tenant: '', taskId, id: 'c-1' });
    assert.equal(read.url, hookUrl(path));
    assert.doesNotMatch(JSON.stringify([created, read]), /tkn|crd/);
    gate.open(name);
    await waitUntil('the webhook is told of the end', () => toldOf(path).some(({ body }) => /COMPLETED/.test(body)));
    const [{ headers } = { headers: {} as IncomingHttpHeaders }] = toldOf(path);
    assert.equal(headers['authorization'], 'Bearer crd');
    assert.equal(headers['x-a2a-notification-token'], 'tkn');
    const keys = createRemoteJWKSet(new URL(`${node.url}/.well-known/jwks.json`));
    const signature = String(headers['parley-signature']);
    const { payload } = await jwtVerify(signature, keys, { issuer: node.url, audience: hookUrl('') });
    assert.equal(payload['task_id'], taskId);
    await client.deleteTaskPushNotificationConfig({ tenant: '', taskId, id: 'c-1' });
    const list = { tenant: '', taskId, pageSize: 10, pageToken: '' };
    assert.deepEqual((await client.listTaskPushNotificationConfig(list)).configs, []);
  });
}

test('a 0.3 client has a webhook told in 0.3', async () => {
  const client: OldClient = await new OldClientFactory().createFromUrl(`${node.url}/a2a/node-tester/`);
  const path = `/old-${randomUUID()}`;
  const message = {
    kind: 'message' as const,
    messageId: randomUUID(),
    role: 'user' as const,
    parts: [{ kind: 'data' as const, data: { a: 1, b: 2 } }],
    metadata: { skill: 'object' },
  };
  const pushNotificationConfig = { id: 'h', url: hookUrl(path), token: 'tkn' };
  const task = (await client.sendMessage({
    message,
    configuration: { blocking: true, pushNotificationConfig },
  })) as OldTask;
  await waitUntil('the webhook is told of the end', () => toldOf(path).some(({ body }) => /"final":true/.test(body)));
  const params = { id: task.id, pushNotificationConfigId: 'h' };
  const read = await client.getTaskPushNotificationConfig(params);
  assert.equal(read.pushNotificationConfig.url, hookUrl(path));
  assert.equal((await client.listTaskPushNotificationConfig({ id: task.id })).length, 1);
  await client.deleteTaskPushNotificationConfig(params);
  assert.equal((await client.listTaskPushNotificationConfig({ id: task.id })).length, 0);
});

test('a webhook that leads elsewhere is not followed, is given up, and is told again when the operator says so', async () => {
  const client = await connectSdk(`${node.url}/a2a/node-tester`, sdkBindings[0] as (typeof sdkBindings)[number]);
  const path = `/moved-${randomUUID()}`;
  const elsewhere = `/elsewhere-${randomUUID()}`;
  answers.push({ status: 307, headers: { location: hookUrl(elsewhere) } });
  const request = createSdkRequest({ skill: 'stream', parts: [{ text: '' }] });
  const configuration = { acceptedOutputModes: [], historyLength: undefined, returnImmediately: false };
  const config = { tenant: '', taskId: '', id: 'm', url: hookUrl(path), token: '', authentication: undefined };
  await collect(
    client.sendMessageStream({ ...request, configuration: { ...configuration, taskPushNotificationConfig: config } }),
  );
  await waitUntil('it is given up', async () => (await node.client.webhooks.listFailed()).length === 1);
  const [failed] = await node.client.webhooks.listFailed();
  assert.match(failed?.reason ?? '', /307/);
  assert.equal(toldOf(elsewhere).length, 0);
  await node.client.webhooks.redrive(failed?.taskId ?? '', 'm');
  await waitUntil('the rest is told', () => toldOf(path).some(({ body }) => /COMPLETED/.test(body)));
  assert.equal((await node.client.webhooks.listFailed()).length, 0);
});

for (const url of [
  'http://127.0.0.1:1/hook',
  'http://169.254.169.254/latest/meta-data',
  'https://10.1.2.3/hook',
  'https://[::1]/hook',
  'http://localhost/hook',
  'http://example.com/hook',
  'https://user:secret@example.com/hook',
  'file:///etc/passwd',
  'nonsense',
]) {
  test(`a webhook at ${url} is refused`, async () => {
    const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'x' }], metadata: { skill: 'text' } };
    const response = await fetch(`${node.url}/a2a/node-tester/message:send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message, configuration: { taskPushNotificationConfig: { url } } }),
    });
    assert.equal(response.status, 400);
    const text = await response.text();
    assert.match(text, /url/);
    assert.doesNotMatch(text, /secret/);
  });
}

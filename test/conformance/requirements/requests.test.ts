import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createControlClient } from '../../../src/control/index.ts';
import { deployHealthy, fixtureAgent, startTestNode, type TestNode } from '../../support/test-node.ts';
import { waitUntil } from '../../support/wait-until.ts';

const webhookSecret = 'the-secret-of-a-webhook';
const keepFinishedMs = 5_000;

let node: TestNode;

before(async () => {
  const push = { allowHosts: ['127.0.0.1'] };
  node = await startTestNode({ settings: { push, tasks: { keepFinishedMs } } });
  await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('node') } });
});
after(() => node.close());

interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  readonly text: string;
}

type Headers = Readonly<Record<string, string>>;

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, reason: /"reason":"(\w+)"/.exec(text)?.[1], text };
}

async function rest(path: string, body?: object, headers: Headers = { 'a2a-version': '1.0' }): Promise<Answer> {
  return read(
    await fetch(`${node.url}/a2a/node-tester${path}`, {
      method: body ? 'POST' : 'GET',
      ...(body && { body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', ...headers },
    }),
  );
}

function rpc(method: string, params: object, headers?: Headers): Promise<Answer> {
  return rest('', { jsonrpc: '2.0', id: 1, method, params }, headers);
}

function createSend(message: object = {}, more: object = {}): object {
  const parts = [{ data: { a: 1, b: 2 } }];
  const whole = { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata: { skill: 'object' }, ...message };
  return { message: whole, ...more };
}

function idOf({ text }: Answer): string {
  return (JSON.parse(text) as { task: { id: string } }).task.id;
}

test('a body of megabytes is taken', async () => {
  const parts = [{ data: { a: 1, b: 2, pad: 'x'.repeat(4_000_000) } }];
  assert.equal((await rest('/message:send', createSend({ parts }))).status, 200);
});

test('the version may be in the query, and its patch number does not matter', async () => {
  for (const version of ['1.0', '1.0.1', '1.0.99']) {
    assert.equal((await rest(`/tasks?A2A-Version=${version}`, undefined, {})).status, 200, version);
    assert.equal((await rest('/tasks', undefined, { 'a2a-version': version })).status, 200, version);
  }
  assert.equal((await rest('/tasks?A2A-Version=7.0', undefined, {})).reason, 'VERSION_NOT_SUPPORTED');
});

const wrong: readonly (readonly [what: string, request: object])[] = [
  ['no parts', createSend({ parts: [] })],
  ['a part with nothing in it', createSend({ parts: [{}] })],
  ['no role', createSend({ role: undefined })],
  ['an unknown role', createSend({ role: 'ROLE_NOBODY' })],
  ['the role of an agent', createSend({ role: 'ROLE_AGENT' })],
  ['no message id', createSend({ messageId: undefined })],
  ['a negative historyLength', createSend({}, { configuration: { historyLength: -1 } })],
];

for (const [what, request] of wrong) {
  test(`a message with ${what} is refused in the same words on both bindings`, async () => {
    const [over, under] = await Promise.all([rest('/message:send', request), rpc('SendMessage', request)]);
    assert.deepEqual([over.status, over.reason], [400, under.reason]);
    assert.match(under.text, /-32602/);
    assert.match(over.text, /"fieldViolations":\[\{"field":"/);
  });
}

test('a media type that is not JSON is refused', async () => {
  const answer = await rest('/message:send', createSend(), { 'a2a-version': '1.0', 'content-type': 'text/plain' });
  assert.deepEqual([answer.status, answer.reason], [400, 'CONTENT_TYPE_NOT_SUPPORTED']);
});

test('the same message id twice is two tasks, unless the caller asks for one', async () => {
  const request = createSend();
  assert.notEqual(idOf(await rest('/message:send', request)), idOf(await rest('/message:send', request)));
  const keyed = { 'a2a-version': '1.0', 'idempotency-key': randomUUID() };
  const [first, second] = [await rest('/message:send', request, keyed), await rest('/message:send', request, keyed)];
  assert.equal(idOf(first), idOf(second));
});

test('a finished task is gone after the time for which such tasks are kept', async () => {
  const id = idOf(await rest('/message:send', createSend()));
  assert.equal((await rest(`/tasks/${id}`)).status, 200);
  await waitUntil('the task is gone', async () => (await rest(`/tasks/${id}`)).reason === 'TASK_NOT_FOUND');
});

test('what does not exist is NotFound on both bindings, whatever is asked of it', async () => {
  const params = { id: 'nothing' };
  for (const [method, path, body] of [
    ['GetTask', '/tasks/nothing', undefined],
    ['CancelTask', '/tasks/nothing:cancel', {}],
    ['SubscribeToTask', '/tasks/nothing:subscribe', {}],
  ] as const) {
    const [over, under] = await Promise.all([rest(path, body), rpc(method, params)]);
    assert.deepEqual([over.status, over.reason, under.reason], [404, 'TASK_NOT_FOUND', 'TASK_NOT_FOUND'], method);
  }
});

test('a context that is not the task’s is refused', async () => {
  const ask = createSend({ metadata: { skill: 'object' }, contextId: 'one' });
  const taskId = idOf(await rest('/message:send', ask));
  const answer = await rest('/message:send', createSend({ taskId, contextId: 'another' }));
  assert.equal(answer.status, 400);
});

test('the credentials of a webhook are in no answer, no log and no error', async () => {
  const authentication = { scheme: 'Bearer', credentials: webhookSecret };
  const config = { url: 'http://127.0.0.1:9/hook', token: webhookSecret, authentication };
  const sent = await rest('/message:send', createSend({}, { configuration: { taskPushNotificationConfig: config } }));
  const id = idOf(sent);
  const listed = await rest(`/tasks/${id}/pushNotificationConfigs`);
  assert.match(listed.text, /127\.0\.0\.1:9/);
  const bad = await rest(`/tasks/${id}/pushNotificationConfigs`, { ...config, url: `http://10.0.0.1/${id}` });
  assert.equal(bad.status, 400);
  for (const text of [sent.text, listed.text, bad.text, node.output()]) assert.ok(!text.includes(webhookSecret));
});

test('two readers of a task see the same events in the same order, and one that leaves takes nothing from the other', async () => {
  const send = createSend({ parts: [{ text: '' }], metadata: { skill: 'stream' } });
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };
  const leaving = new AbortController();
  const whole = await rest('/message:stream', send);
  const id = /"task":\{"id":"([^"]+)"/.exec(whole.text)?.[1];
  const url = `${node.url}/a2a/node-tester/tasks/${id}:subscribe`;
  const from = { headers: { ...headers, 'last-event-id': '0' } };
  const [first, second, third] = await Promise.all([
    fetch(url, from),
    fetch(url, from),
    fetch(url, { ...from, signal: leaving.signal }),
  ]);
  leaving.abort();
  await assert.rejects(third.text());
  const [one, two] = [await first.text(), await second.text()];
  assert.ok(one.includes('three'));
  assert.equal(one, two);
});

test('every request of our own client says its version', async () => {
  const versions: unknown[] = [];
  const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_COMPLETED' } };
  const server = createServer((request, response) => {
    versions.push(request.headers['a2a-version']);
    const isGet = request.method === 'GET' || request.url?.endsWith(':cancel');
    response.writeHead(200, { 'content-type': 'application/a2a+json' });
    response.end(JSON.stringify(isGet ? task : { task }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createControlClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't' });
  try {
    const agent = client.agent('any');
    const message = { messageId: 'm', role: 'user' as const, parts: [{ text: 'x' }] };
    await agent.send({ message, configuration: { returnImmediately: false } }, AbortSignal.timeout(10_000));
    await agent.getTask('t');
    await agent.cancelTask('t');
    assert.deepEqual(versions, ['1.0', '1.0', '1.0']);
  } finally {
    await client.close();
    server.close();
  }
});

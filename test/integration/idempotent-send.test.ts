import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Gate, openGate } from '../support/gate.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

const uri = 'urn:parley:idempotent-send:v1';
const asking = { 'a2a-extensions': uri };

let folder: string;
let gate: Gate;
let node: TestNode;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode({ dataFolder: join(folder, 'data') }), openGate(folder)]);
  const path = fixtureAgent('node');
  await deployHealthy(node, { source: { kind: 'folder', path }, environment: { GATE: gate.path } });
});

after(async () => {
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

interface Send {
  readonly id: string;
  readonly data?: object;
  readonly skill?: string;
  readonly key?: string;
  readonly configuration?: object;
}

function createSend({ id, data = { a: 1, b: 2 }, skill = 'object', key, configuration }: Send): object {
  const metadata = { skill, ...(key !== undefined && { [`${uri}/key`]: key }) };
  const message = { messageId: id, role: 'ROLE_USER', parts: [{ data }], metadata };
  return { message, ...(configuration && { configuration }) };
}

async function post(path: string, body: object, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${node.url}/a2a/node-tester${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
  });
}

interface Task {
  readonly id: string;
  readonly status: { readonly state: string };
}

async function sendRest(send: Send, headers: Readonly<Record<string, string>> = asking): Promise<Task> {
  const { task } = (await (await post('/message:send', createSend(send), headers)).json()) as { task: Task };
  return task;
}

async function sendRpc(send: Send, headers: Readonly<Record<string, string>> = asking): Promise<Task> {
  const body = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: createSend(send) };
  const { result } = (await (await post('', body, headers)).json()) as { result: { task: Task } };
  return result.task;
}

test('every card declares the extension, and an answer to a caller who asks for it says that it is in use', async () => {
  const card = await (await fetch(`${node.url}/a2a/node-tester/.well-known/agent-card.json`)).text();
  assert.ok(card.includes(uri));
  const response = await post('/message:send', createSend({ id: 'ack' }), { 'a2a-extensions': `urn:other, ${uri}` });
  assert.equal(response.headers.get('a2a-extensions'), uri);
  const stream = await post('/message:stream', createSend({ id: 'ack-stream' }), asking);
  assert.equal(stream.headers.get('a2a-extensions'), uri);
  await stream.text();
  const plain = await post('/message:send', createSend({ id: 'ack' }), {});
  assert.equal(plain.headers.get('a2a-extensions'), null);
});

test('the same message id is one task for who asks for it, over both bindings, and two for who does not', async () => {
  const first = await sendRest({ id: 'once' });
  assert.equal(first.status.state, 'TASK_STATE_COMPLETED');
  assert.equal((await sendRpc({ id: 'once' })).id, first.id);
  assert.notEqual((await sendRest({ id: 'once' }, {})).id, first.id);
});

test('a key in the metadata counts instead of the message id; with another body it is a conflict', async () => {
  const first = await sendRest({ id: 'k', key: 'invoice-7' });
  assert.equal((await sendRest({ id: 'k', key: 'invoice-7' })).id, first.id);
  const other = await post('/message:send', createSend({ id: 'k', key: 'invoice-7', data: { a: 5, b: 5 } }), asking);
  const text = await other.text();
  assert.match(text, /IDEMPOTENCY_CONFLICT/);
  assert.ok(text.includes(first.id));
});

test('a client of 0.3 asks with the header of its version', async () => {
  const parts = [{ kind: 'data', data: { a: 1, b: 2 } }];
  const message = { kind: 'message', messageId: 'old', role: 'user', parts, metadata: { skill: 'object' } };
  const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
  const headers = { 'a2a-version': '0.3', 'x-a2a-extensions': uri };
  const [first, second] = [await post('', body, headers), await post('', body, headers)];
  assert.equal(first.headers.get('x-a2a-extensions'), uri);
  const idOf = async (response: Response): Promise<string> =>
    ((await response.json()) as { result: { id: string } }).result.id;
  assert.equal(await idOf(first), await idOf(second));
});

test('a send that comes again while the first is running, and after the node has died, is the first one’s task', async () => {
  const configuration = { returnImmediately: true };
  const send = { id: 'lost', skill: 'together', data: { gate: 'lost' }, configuration };
  const first = await sendRest(send);
  await gate.arrived('lost');
  const during = await sendRest(send);
  assert.deepEqual([during.id, during.status.state], [first.id, 'TASK_STATE_WORKING']);

  await node.kill();
  node = await startTestNode({ dataFolder: join(folder, 'data') });
  await node.ready;
  const later = await sendRest(send);
  assert.deepEqual([later.id, later.status.state], [first.id, 'TASK_STATE_FAILED'], 'its outcome is not known');
});

test('by the setting tasks.dedupe every message id is a key', async () => {
  await node.close();
  node = await startTestNode({ dataFolder: join(folder, 'data'), settings: { tasks: { dedupe: 'message-id' } } });
  await node.ready;
  const first = await sendRest({ id: 'always' }, {});
  assert.equal((await sendRest({ id: 'always' }, {})).id, first.id);
});

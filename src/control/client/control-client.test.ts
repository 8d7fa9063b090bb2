import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../../base/index.ts';
import { formatSseEvent, type Message, type StreamItem, type TaskState, v1Codec } from '../../protocol/index.ts';
import { type ControlClient, createControlClient } from './control-client.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Seen {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
}

async function serve(t: TestContext, handlers: readonly Handler[]): Promise<{ client: ControlClient; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const handle = handlers[seen.length];
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    request.resume();
    if (handle) handle(request, response);
    else response.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createControlClient({ url, token: 'secret', clock: impatient });
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  return { client, seen };
}

// Waiting between tries is not what these tests are about.
const impatient: Clock = { ...systemClock, schedule: (_, run) => systemClock.schedule(0, run) };

const message: Message = { messageId: 'm1', role: 'user', parts: [{ text: 'hello' }] };
const request = { message, configuration: { returnImmediately: false } };
const signal = new AbortController().signal;

function status(state: TaskState): StreamItem {
  return {
    kind: 'status',
    update: { taskId: 't1', contextId: 'c1', status: { state, timestamp: '2026-01-01T00:00:00.000Z' } },
  };
}

function task(state: TaskState): StreamItem {
  const timestamp = '2026-01-01T00:00:00.000Z';
  return {
    kind: 'task',
    task: { id: 't1', contextId: 'c1', status: { state, timestamp }, artifacts: [], history: [] },
  };
}

function send(response: ServerResponse, ...items: readonly [id: number, item: StreamItem][]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [id, item] of items) {
    response.write(formatSseEvent({ id: String(id), data: JSON.stringify(v1Codec.encodeStreamItem(item)) }));
  }
}

const reply =
  (code: number, body: unknown): Handler =>
  (_, response) =>
    void response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));

async function statesOf(items: AsyncIterable<StreamItem>): Promise<string[]> {
  const states: string[] = [];
  for await (const item of items) {
    if (item.kind === 'task') states.push(`task ${item.task.status.state}`);
    else if (item.kind === 'status') states.push(item.update.status.state);
    else states.push(item.kind);
  }
  return states;
}

test('calls carry the token, and the node’s refusal comes back with its code', async (t) => {
  const refusal = reply(409, { error: { code: 'CONFLICT', message: 'The id is taken.' } });
  const { client, seen } = await serve(t, [reply(200, { agents: [] }), refusal]);
  assert.deepEqual(await client.agents.list(), []);
  assert.equal(seen[0]?.headers.authorization, 'Bearer secret');
  await assert.rejects(client.deployments.stop('a/b'), { code: 'CONFLICT', message: 'The id is taken.' });
  assert.equal(seen[1]?.line, 'POST /api/v1/deployments/a%2Fb/stop');
});

test('a stream that is cut goes on behind the last event, each item once', async (t) => {
  const cut: Handler = (_, response) => {
    send(response, [1, task('submitted')], [2, status('working')]);
    setImmediate(() => response.destroy());
  };
  const refuse = reply(503, { error: { code: 'UNAVAILABLE', message: 'starting' } });
  const rest: Handler = (_, response) => {
    send(response, [5, status('completed')]);
  };
  const { client, seen } = await serve(t, [cut, refuse, rest]);
  const states = await statesOf(client.agent('sums').stream(request, signal));
  assert.deepEqual(states, ['task submitted', 'working', 'completed']);
  const lines = ['POST /a2a/sums/message:stream', ...Array(2).fill('GET /a2a/sums/tasks/t1:subscribe')];
  assert.deepEqual(
    seen.map(({ line }) => line),
    lines,
  );
  assert.equal(seen[2]?.headers['last-event-id'], '2');
});

test('a call whose answer never came is sent again under the same idempotency key', async (t) => {
  const drop: Handler = (incoming) => void incoming.socket.destroy();
  const answer: Handler = (_, response) => send(response, [1, task('completed')]);
  const { client, seen } = await serve(t, [drop, answer]);
  assert.deepEqual(await statesOf(client.agent('sums').stream(request, signal)), ['task completed']);
  const keys = seen.map(({ headers }) => headers['idempotency-key']);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
});

test('a task that ended while the stream was cut is fetched', async (t) => {
  const cut: Handler = (_, response) => {
    send(response, [1, task('working')]);
    setImmediate(() => response.destroy());
  };
  const over = reply(400, { error: { code: 400, details: [{ reason: 'UNSUPPORTED_OPERATION' }] } });
  const whole = reply(200, v1Codec.encodeStreamItem(task('completed'))['task']);
  const { client, seen } = await serve(t, [cut, over, whole]);
  assert.deepEqual(await statesOf(client.agent('sums').stream(request, signal)), ['task working', 'task completed']);
  assert.equal(seen[2]?.line, 'GET /a2a/sums/tasks/t1');
});

test('a send ends when the agent asks back, a subscription goes on', async (t) => {
  const asks: Handler = (_, response) => send(response, [1, task('working')], [2, status('input-required')]);
  const goesOn: Handler = (_, response) => {
    send(response, [2, task('input-required')], [3, status('working')], [4, status('completed')]);
  };
  const { client } = await serve(t, [asks, goesOn]);
  const sent = await statesOf(client.agent('sums').stream(request, signal));
  assert.deepEqual(sent, ['task working', 'input-required']);
  const followed = await statesOf(client.agent('sums').subscribe('t1', signal));
  assert.deepEqual(followed, ['task input-required', 'working', 'completed']);
});

test('what is refused is not tried again', async (t) => {
  const { client, seen } = await serve(t, [reply(404, { error: { code: 'AGENT_NOT_FOUND', message: 'none' } })]);
  await assert.rejects(statesOf(client.agent('nope').stream(request, signal)), { code: 'AGENT_NOT_FOUND' });
  assert.equal(seen.length, 1);
});

test('a node that is not there is UNREACHABLE', async (t) => {
  const client = createControlClient({ url: 'http://127.0.0.1:1', clock: impatient });
  t.after(() => client.close());
  await assert.rejects(client.node.status(), { code: 'UNREACHABLE' });
  await assert.rejects(statesOf(client.agent('a').stream(request, signal)), { code: 'UNREACHABLE' });
  await assert.rejects(client.agent('a').send(request, signal), { code: 'UNREACHABLE' });
});

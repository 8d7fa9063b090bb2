import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createFrontDoorServices, createManualClock } from '../testing/index.ts';
import { createGateway } from './index.ts';

const chunkBytes = 64 * 1024;
const chunks = 2_400;
const clock = createManualClock();
const gateway = createGateway({ port: 0, version: '0.0.0', clock, limits: { streams: 3, heartbeatMs: 10_000 } });
const services = createFrontDoorServices({ flood: { chunks, chunkBytes } });
const { tasks } = services;

before(async () => {
  await gateway.start();
  gateway.admit(services);
});
after(() => gateway.stop(AbortSignal.timeout(1_000)));

const sendBody = (text: string): string =>
  JSON.stringify({ message: { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text }] } });

interface Opened {
  readonly response: Response;
  readonly leave: AbortController;
}

async function open(path: string, body: string | undefined, headers: Record<string, string> = {}): Promise<Opened> {
  const leave = new AbortController();
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    signal: leave.signal,
    ...(body !== undefined && { body }),
  });
  return { response, leave };
}

interface Event {
  readonly id?: string | undefined;
  readonly data: string;
}

async function* read(response: Response): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let text = '';
  assert.ok(response.body);
  for await (const bytes of response.body) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) yield parseEvent(event);
  }
}

function parseEvent(text: string): Event {
  const field = (name: string): string | undefined => text.split('\n').find((line) => line.startsWith(`${name}: `));
  return { id: field('id')?.slice(4), data: field('data')?.slice(6) ?? text };
}

async function collect(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

function taskOf(event: Event | undefined): { readonly id: string } {
  return (JSON.parse(event?.data ?? '{}') as { task: { id: string } }).task;
}

const stream = (text: string): Promise<Opened> => open('/a2a/echo/message:stream', sendBody(text));

test('a stream carries the journal sequence as the id of its events, and ends with the task', async () => {
  const { response } = await stream('hello');
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const events = await collect(read(response));
  assert.deepEqual(
    events.map(({ id, data }) => [id, Object.keys(JSON.parse(data) as object)[0]]),
    [
      ['1', 'task'],
      ['2', 'statusUpdate'],
      ['3', 'artifactUpdate'],
      ['4', 'statusUpdate'],
    ],
  );
});

test('each event of a JSON-RPC stream is a whole response with the id of the request', async () => {
  const body = `{"jsonrpc":"2.0","id":"s","method":"SendStreamingMessage","params":${sendBody('hello')}}`;
  const { response } = await open('/a2a/echo', body);
  for await (const { data } of read(response)) {
    const answer = JSON.parse(data) as { jsonrpc: string; id: string; result: object };
    assert.deepEqual([answer.jsonrpc, answer.id, typeof answer.result], ['2.0', 's', 'object']);
  }
});

test('what is wrong before the first event is answered as JSON', async () => {
  const rest = await open('/a2a/echo/tasks/none:subscribe', undefined);
  assert.equal(rest.response.status, 404);
  assert.equal(rest.response.headers.get('content-type'), 'application/a2a+json');
  const rpc = await open('/a2a/echo', '{"jsonrpc":"2.0","id":1,"method":"SendStreamingMessage","params":{}}');
  assert.equal(rpc.response.headers.get('content-type'), 'application/json');
  await rest.response.text();
  await rpc.response.text();
});

test('a subscriber that has nothing to resume after gets the task first; of an ended task it is refused', async () => {
  const { response, leave } = await stream('wait');
  const task = taskOf((await read(response).next()).value ?? undefined);
  const second = await open(`/a2a/echo/tasks/${task.id}:subscribe`, undefined);
  const events = read(second.response);
  assert.equal(taskOf((await events.next()).value ?? undefined).id, task.id);
  tasks.task(task.id).setState('completed');
  assert.equal((await events.next()).value?.id, '3');
  assert.equal((await events.next()).done, true);
  leave.abort();
  const late = await open(`/a2a/echo/tasks/${task.id}:subscribe`, undefined);
  assert.equal(late.response.status, 400);
  assert.match(await late.response.text(), /UNSUPPORTED_OPERATION/);
});

test('a subscriber that comes back to a task that has ended gets what it has not seen, and is refused when that is nothing', async () => {
  const { response } = await stream('hello');
  const events = await collect(read(response));
  const [seen, last] = events.slice(-2);
  const comeBack = (id: string | undefined) =>
    open(`/a2a/echo/tasks/${taskOf(events[0]).id}:subscribe`, undefined, { 'last-event-id': id ?? '' });
  const again = await comeBack(seen?.id);
  assert.deepEqual(await collect(read(again.response)), [last]);
  const late = await comeBack(last?.id);
  assert.equal(late.response.status, 400);
  assert.match(await late.response.text(), /UNSUPPORTED_OPERATION/);
});

test('a reader that leaves ends its own stream and nothing else', async () => {
  const first = await stream('wait');
  const events = read(first.response);
  const task = taskOf((await events.next()).value ?? undefined);
  const second = await open(`/a2a/echo/tasks/${task.id}:subscribe`, undefined);
  const others = read(second.response);
  await others.next();
  await until(() => tasks.readers === 2);
  first.leave.abort();
  await until(() => tasks.readers === 1);
  assert.equal(tasks.task(task.id).state, 'working');
  tasks.task(task.id).setState('completed');
  assert.equal((await others.next()).value?.id, '3');
});

test('a caller that leaves a blocking send leaves the task running', async () => {
  const before = tasks.contexts.length;
  const leave = new AbortController();
  const answer = fetch(`${gateway.url}/a2a/echo/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: sendBody('wait'),
    signal: leave.signal,
  });
  await until(() => tasks.contexts.length > before);
  leave.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  const page = await fetch(`${gateway.url}/a2a/echo/tasks?status=TASK_STATE_WORKING`);
  assert.equal(((await page.json()) as { totalSize: number }).totalSize, 1);
});

test('a silent stream gets a comment, so that both ends notice a dead connection', async () => {
  const { response, leave } = await stream('wait');
  const events = read(response);
  await events.next();
  await events.next();
  await clock.advance(10_000);
  await clock.advance(10_000);
  assert.equal((await events.next()).value?.data, ': alive');
  leave.abort();
});

test('more streams than the limit are refused with 429 and when to come back', async () => {
  await until(() => tasks.readers === 0);
  const opened = [await stream('wait'), await stream('wait'), await stream('wait')];
  const refused = await stream('wait');
  assert.equal(refused.response.status, 429);
  assert.equal(refused.response.headers.get('retry-after'), '1');
  assert.match(await refused.response.text(), /QUEUE_FULL/);
  for (const { leave } of opened) leave.abort();
  await until(() => tasks.readers === 0);
});

test('a reader that stops reading costs no memory, holds up nobody, and misses nothing when it reads on', async () => {
  const pulledAtFirst = tasks.pulled;
  const stalled = await openStalled('flood');
  await until(() => tasks.pulled > pulledAtFirst + 10);
  await untilStill(() => tasks.pulled);
  const page = await fetch(`${gateway.url}/a2a/echo/tasks?pageSize=1`);
  const [task] = ((await page.json()) as { tasks: { id: string }[] }).tasks;
  assert.ok(task);
  const usedBytes = await measureBytes();
  const pulledBefore = tasks.pulled;
  const healthy = await open(`/a2a/echo/tasks/${task.id}:subscribe`, undefined, { 'last-event-id': '1' });
  assert.deepEqual(await readIds(healthy.response), range(2, chunks + 4));
  const pulledByStalled = tasks.pulled - pulledBefore - chunks - 1;
  assert.ok(pulledByStalled < 400, `the stalled reader's stream was pulled ${pulledByStalled} times more`);
  const grownBytes = (await measureBytes()) - usedBytes;
  assert.ok(grownBytes < 20_000_000, `memory grew by ${grownBytes} bytes`);
  assert.deepEqual(await readRawIds(stalled), range(1, chunks + 4));
});

/** Resolves when the figure has been the same for a quarter of a second: what lies between the two ends is full. */
async function untilStill(read: () => number): Promise<void> {
  for (let before = Number.NaN; before !== read(); ) {
    before = read();
    await delay(250);
  }
}

async function openStalled(text: string): Promise<Socket> {
  const { hostname, port, host } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const body = sendBody(text);
  const head = `POST /a2a/echo/message:stream HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-type: application/json`;
  socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

async function readIds(response: Response): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of read(response)) ids.push(Number(id));
  return ids;
}

/** Every event is a chunk of its own that begins with its id. */
async function readRawIds(socket: Socket): Promise<number[]> {
  const ids: number[] = [];
  let text = '';
  for await (const bytes of socket) {
    text = text.slice(-40) + String(bytes);
    for (const [, id] of text.matchAll(/\nid: (\d+)\n/g)) if (Number(id) !== ids.at(-1)) ids.push(Number(id));
  }
  return ids;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** What is held once nothing more can be freed: buffers are let go of by a thread beside the collector, so it is asked until it stays. */
async function measureBytes(): Promise<number> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  let least = Number.POSITIVE_INFINITY;
  for (let still = 0; still < 5; still++) {
    collect();
    await delay(20);
    const { heapUsed, external } = process.memoryUsage();
    if (heapUsed + external < least - 100_000) still = 0;
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoFolder } from '../../src/gateway/grpc/load-service.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { createGrpcClient } from '../support/grpc-client.ts';
import { callHttp, type HttpAnswer } from '../support/http-call.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { residentMb } from './node-program.ts';

const linux = { skip: process.platform !== 'linux' && 'resident memory is read from /proc', timeout: 180_000 };
const streams = 2_000;
/** Of them, those whose reader takes nothing. */
const stalled = 100;
const bodyBytes = 1024 * 1024;
const maxQueued = 20;
/** The test itself keeps the machine busy. */
const slowestCallMs = 10_000;

let node: TestNode;
let gate: Gate;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  gate = await openGate(folder);
  const limits = { streams, bodyBytes, bodiesBytes: 16 * bodyBytes };
  node = await startTestNode({ settings: { limits, tasks: { maxQueued } } });
  const environment = { GATE: gate.path, SECRET: 'x' };
  const source = { kind: 'folder', path: fixtureAgent('node') } as const;
  await Promise.all(['busy', 'other'].map((agentId) => deployHealthy(node, { source, environment, agentId })));
});

after(async () => {
  await gate?.close();
  await node?.close();
  await removeFolder(folder);
});

interface Send {
  readonly agent?: string;
  readonly skill: string;
  readonly data: object;
  readonly returnImmediately?: boolean;
}

function send({ agent = 'busy', skill, data, returnImmediately = false }: Send): Promise<HttpAnswer> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data }], metadata: { skill } };
  return callHttp({
    ...{ method: 'POST', url: `${node.url}/a2a/${agent}/message:send` },
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message, configuration: { returnImmediately } }),
  });
}

function taskIdOf({ body }: HttpAnswer): string {
  return (body as { task: { id: string } }).task.id;
}

/** One reader of a task's stream, on a connection of its own. */
class Reader {
  readonly #socket: Socket;
  #text = '';

  constructor(taskId: string) {
    const { hostname, port } = new URL(node.url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('error', () => {});
    const head = `POST /a2a/busy/tasks/${taskId}:subscribe HTTP/1.1\r\nhost: localhost\r\na2a-version: 1.0\r\ncontent-length: 2`;
    this.#socket.write(`${head}\r\ncontent-type: application/json\r\n\r\n{}`);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
    });
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d+)/.exec(this.#text)?.[1] ?? 0);
  }

  get retryAfter(): string | undefined {
    return /^retry-after: (\d+)/im.exec(this.#text)?.[1];
  }

  has(text: string): boolean {
    return this.#text.includes(text);
  }

  stall(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Opens so many, a few at a time, and waits until each has its first bytes. */
async function openReaders(taskId: string, count: number): Promise<readonly Reader[]> {
  const readers: Reader[] = [];
  while (readers.length < count) {
    const next = Array.from({ length: Math.min(100, count - readers.length) }, () => new Reader(taskId));
    await waitUntil('they are answered', () => next.every((reader) => reader.status !== 0));
    readers.push(...next);
  }
  return readers;
}

/** Calls of others while something goes on: how many there were, and the slowest. */
async function callBeside(during: Promise<unknown>): Promise<{ readonly calls: number; readonly slowestMs: number }> {
  let isOver = false;
  let calls = 0;
  let slowestMs = 0;
  const ended = during.finally(() => {
    isOver = true;
  });
  do {
    const startedMs = performance.now();
    const { status: code } = await send({ agent: 'other', skill: 'text', data: { name: 'Ada' } });
    assert.equal(code, 200);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    calls++;
  } while (!isOver);
  await ended;
  return { calls, slowestMs };
}

test(
  '2,000 streams cost a bounded memory, stalled readers among them; the next is told to come back, and others go on',
  linux,
  async (t) => {
    const taskId = taskIdOf(
      await send({ skill: 'steps', data: { gates: ['first', 'second'] }, returnImmediately: true }),
    );
    await gate.arrived('first');
    for (const warmUp of await openReaders(taskId, 50)) warmUp.close();
    const beforeMb = residentMb(node.pid);
    const readers = await openReaders(taskId, streams);
    assert.ok(readers.every((reader) => reader.status === 200));
    for (const reader of readers.slice(0, stalled)) reader.stall();

    const [refused] = await openReaders(taskId, 1);
    assert.equal(refused?.status, 429);
    assert.ok(Number(refused?.retryAfter) >= 1);
    refused?.close();

    gate.open('first');
    const served = readers.slice(stalled);
    const told = waitUntil('all have the next artifact', () => served.every((reader) => reader.has('second ')), 60_000);
    const { calls, slowestMs } = await callBeside(told);
    const grownMb = residentMb(node.pid) - beforeMb;
    t.diagnostic(`${Math.round(grownMb)} MB more; ${calls} calls beside, the slowest ${Math.round(slowestMs)} ms`);
    assert.ok(grownMb < 200, `memory grew by ${grownMb} MB`);
    assert.ok(slowestMs < slowestCallMs, `a call of others took ${slowestMs} ms`);
    gate.open('second');
    await waitUntil('all are told the end', () => served.every((reader) => reader.has('TASK_STATE_COMPLETED')), 60_000);
    for (const reader of readers) reader.close();
    await waitUntil('there is room again', async () => {
      const [again] = await openReaders(taskId, 1);
      const isAnswered = again?.status !== 429;
      again?.close();
      return isAnswered;
    });
  },
);

test(
  '200 bodies just under the limit at once cost a bounded memory; those for which there is no room are told to come back',
  linux,
  async (t) => {
    const padding = 'x'.repeat(bodyBytes - 1_000);
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'GetTask',
      params: { id: 'none', metadata: { padding } },
    });
    const post = (text: string): Promise<HttpAnswer> =>
      callHttp({
        ...{ method: 'POST', url: `${node.url}/a2a/busy`, body: text },
        headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
      });
    const beforeMb = residentMb(node.pid);
    let peakMb = beforeMb;
    const watch = setInterval(() => {
      peakMb = Math.max(peakMb, residentMb(node.pid));
    }, 20);
    const sent = Array.from({ length: 200 }, () => post(body));
    const { calls, slowestMs } = await callBeside(Promise.all(sent)).finally(() => clearInterval(watch));
    const answers = await Promise.all(sent);
    const refused = answers.filter((answer) => answer.status === 429);
    t.diagnostic(
      `${refused.length} of 200 refused; at most ${Math.round(peakMb - beforeMb)} MB more; ${calls} calls beside, the slowest ${Math.round(slowestMs)} ms`,
    );
    assert.ok(refused.length > 0 && refused.length < 200);
    assert.ok(answers.every((answer) => answer.status === 429 || answer.status === 200));
    assert.ok(refused.every(({ headers }) => Number(headers['retry-after']) >= 1));
    assert.ok(peakMb - beforeMb < 200, `memory grew by ${peakMb - beforeMb} MB`);
    assert.ok(slowestMs < slowestCallMs, `a call of others took ${slowestMs} ms`);
    const over = `POST /a2a/busy HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bodyBytes + 1}\r\n`;
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname);
    socket.write(`${over}content-type: application/json\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    assert.match(head.toString(), /^HTTP\/1\.1 413 /);
  },
);

test('a full queue tells the next caller to come back, and the agents beside it go on', linux, async () => {
  const hold = (): Promise<HttpAnswer> => send({ skill: 'together', data: { gate: 'queue' }, returnImmediately: true });
  const answers: HttpAnswer[] = [];
  while (answers.at(-1)?.status !== 429 && answers.length < 2_000) answers.push(await hold());
  const refused = answers.at(-1);
  assert.equal(refused?.status, 429);
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.equal((await send({ agent: 'other', skill: 'text', data: { name: 'Ada' } })).status, 200);
  gate.open('queue');
  await waitUntil('there is room again', async () => (await hold()).status === 200);
});

test('by gRPC a caller has so many streams and no more, together with those over HTTP, and is told when to come back', async () => {
  const limited = await startTestNode({
    settings: { limits: { perCaller: { streams: 2 } }, identity: { modes: ['keys'] } },
  });
  const load = (file: string, name: string): ServiceDefinition =>
    loadSync(file, { includeDirs: [protoFolder], enums: String })[name] as ServiceDefinition;
  const { grpcAddress = '' } = await limited.client.node.status();
  const health = createGrpcClient(grpcAddress, load('grpc/health/v1/health.proto', 'grpc.health.v1.Health'));
  const a2a = createGrpcClient(grpcAddress, load('lf/a2a/v1/a2a.proto', 'lf.a2a.v1.A2AService'));
  try {
    const keyOf = async (subject: string): Promise<Record<string, string>> => {
      const { key } = await limited.client.keys.create({ subject, roles: [] });
      return { authorization: `Bearer ${key}` };
    };
    const [ada, bob] = [await keyOf('ada'), await keyOf('bob')];
    const watch = (headers: Record<string, string>) => health.stream('Watch', { service: 'parley' }, headers);
    const open = [watch(ada), watch(ada)];
    for (const stream of open) {
      stream.on('error', () => {});
      await once(stream, 'data');
    }
    const message = { message_id: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'who is there?' }] };
    const failure = await new Promise<ServiceError>((resolve) => {
      a2a.stream('SendStreamingMessage', { message }, ada).on('error', resolve).resume();
    });
    assert.equal(failure.code, status.RESOURCE_EXHAUSTED);
    assert.deepEqual(failure.metadata.get('parley-code'), ['RATE_LIMITED']);
    assert.deepEqual(failure.metadata.get('retry-after-ms'), ['1000']);
    assert.ok(failure.metadata.get('grpc-status-details-bin').toString().includes('RetryInfo'));
    const overHttp = await callHttp({
      ...{ method: 'POST', url: `${limited.url}/message:stream` },
      headers: { ...ada, 'content-type': 'application/json', 'a2a-version': '1.0' },
      body: JSON.stringify({ message: { ...message, messageId: randomUUID() } }),
    });
    assert.deepEqual([overHttp.status, overHttp.headers['retry-after']], [429, '1']);
    const other = watch(bob);
    other.on('error', () => {});
    await once(other, 'data');
    open[0]?.cancel();
    await waitUntil(
      'there is room again',
      () =>
        new Promise<boolean>((resolve) => {
          const again = watch(ada);
          again.once('data', () => resolve(true)).once('error', () => resolve(false));
          open.push(again);
        }),
    );
    for (const stream of [...open, other]) stream.cancel();
  } finally {
    health.close();
    a2a.close();
    await limited.close();
  }
});

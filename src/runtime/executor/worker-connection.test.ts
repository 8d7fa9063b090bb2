import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { encodeFrame } from '../worker-protocol/codec.ts';
import type { WorkerFrame } from '../worker-protocol/frames.ts';
import { WorkerConnection } from './worker-connection.ts';

interface Wire {
  readonly connection: WorkerConnection;
  readonly writes: string[];
  readonly broken: ParleyError[];
  say(...frames: WorkerFrame[]): void;
}

function connect(windowBytes = 1_000): Wire {
  const writes: string[] = [];
  const broken: ParleyError[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString('latin1'));
      done();
    },
  });
  const connection = new WorkerConnection({
    socket,
    maxFrameBytes: 10_000,
    windowBytes,
    onControl() {},
    onBroken: (error) => broken.push(error),
    onCallsEnded() {},
  });
  const say = (...frames: WorkerFrame[]): void => {
    socket.emit('data', Buffer.concat(frames.map((frame) => encodeFrame(frame))));
  };
  return { connection, writes, broken, say };
}

const invoke = { skill: 's', parts: [], caller: { id: 'c', roles: [], path: [] }, callToken: 't', correlationId: 'c' };
const status = (call: string, text: string): WorkerFrame => ({
  type: 'event',
  call,
  event: { kind: 'status', parts: [{ text }] },
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('all calls of one turn leave in one write', async () => {
  const { connection, writes } = connect();
  for (const call of ['a', 'b', 'c']) connection.open({ ...invoke, call }, []);
  assert.equal(writes.length, 0);
  await turn();
  assert.equal(writes.length, 1);
});

test('credit comes back as events are taken, not as they arrive', async () => {
  const { connection, writes, say } = connect();
  const call = connection.open({ ...invoke, call: 'a' }, []);
  await turn();
  say(...Array.from({ length: 8 }, () => status('a', 'x'.repeat(50))));
  await turn();
  assert.equal(writes.length, 1);
  while (call.take() !== undefined);
  await turn();
  assert.match(writes.slice(1).join(''), /"type":"credit","call":"a"/);
});

test('a worker that sends without credit has broken the protocol', () => {
  const { connection, broken, say } = connect();
  connection.open({ ...invoke, call: 'a' }, []);
  for (let index = 0; index < 4; index++) say(status('a', 'x'.repeat(5_000)));
  assert.equal(broken[0]?.code, 'WORKER_PROTOCOL');
});

test('events and the result of one chunk are there together, in order', () => {
  const { connection, say } = connect();
  const call = connection.open({ ...invoke, call: 'a' }, []);
  say(status('a', 'one'), { type: 'result', call: 'a', as: 'artifact', state: 'completed', parts: [{ text: 'two' }] });
  const kinds = [call.take(), call.take(), call.take(), call.take()].map((event) => event?.kind);
  assert.deepEqual(kinds, ['status', 'artifact', 'end', undefined]);
  assert.equal(call.over, true);
  assert.equal(connection.inFlight, 0);
});

test('what comes for a call that is over is dropped', () => {
  const { connection, broken, say } = connect();
  say(status('nobody', 'x'));
  assert.equal(connection.inFlight, 0);
  assert.deepEqual(broken, []);
});

test('closing ends every open call with the failure', async () => {
  const { connection } = connect();
  const call = connection.open({ ...invoke, call: 'a' }, []);
  const waiting = call.wait();
  connection.close(new ParleyError('WORKER_LOST', 'gone'));
  await waiting;
  assert.equal(call.failure?.code, 'WORKER_LOST');
});

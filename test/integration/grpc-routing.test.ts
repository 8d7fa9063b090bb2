import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { endOf, type GrpcDoor, openGrpcDoor } from '../support/grpc-door.ts';
import { formatHeads } from '../support/raw-heads.ts';
import { waitUntil } from '../support/wait-until.ts';

const head = { ':status': 200, 'content-type': 'application/grpc' };

test('a worker that is faster than its caller is held back, and so is a caller', async (t) => {
  const chunk = Buffer.alloc(64 * 1024);
  const count = { sent: 0 };
  const pump = (stream: ServerHttp2Stream): void => {
    count.sent++;
    stream.write(chunk, (error) => error ?? pump(stream));
  };
  let down: ServerHttp2Stream | undefined;
  const door = await openGrpcDoor(t, (stream) => {
    down = stream;
    stream.respond(head);
    pump(stream);
  });
  const call = door.call();
  call.on('error', () => {});
  await once(call, 'response');
  await waitUntil('nothing moves any more', async () => {
    const before = count.sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return before > 0 && count.sent === before;
  });
  assert.ok(count.sent < 100, `${count.sent} chunks were taken from the worker, and nobody reads them`);
  for (let written = 0; written < 100; written++) call.write(chunk);
  await waitUntil('the way to the worker is full', () => call.writableNeedDrain);
  assert.ok(down && down.readableLength < 200 * 1024 && call.writableLength > 4_000_000);
  call.close(8);
  await waitUntil('the place is free', () => door.taken() === 0);
});

test('a caller that leaves ends the call at the worker', async (t) => {
  const ended: number[] = [];
  const door = await openGrpcDoor(t, (stream) => {
    stream.respond(head);
    stream.on('close', () => ended.push(stream.rstCode ?? -1));
  });
  const call = door.call();
  await once(call, 'response');
  assert.equal(door.taken(), 1);
  call.close(8);
  await waitUntil('the worker knows', () => ended.length === 1);
  assert.deepEqual([ended, door.taken()], [[8], 0]);
});

for (const [code, status, parleyCode] of [
  [7, '14', 'AGENT_UNAVAILABLE'],
  [8, '1', 'CANCELED'],
  [2, '13', 'INVALID_AGENT_RESPONSE'],
] as const) {
  test(`a worker that resets a call with ${code} makes it end with status ${status}`, async (t) => {
    const door = await openGrpcDoor(t, (stream) => stream.close(code));
    const call = door.call();
    call.end();
    const end = await endOf(call);
    assert.deepEqual([end['grpc-status'], end['parley-code'], door.taken()], [status, parleyCode, 0]);
  });
}

test('a worker whose connection breaks off behind its head ends the call with trailers', async (t) => {
  const door = await openGrpcDoor(t, (stream) => {
    stream.respond(head);
    stream.write('some', () => stream.session?.destroy());
  });
  const end = await endOf(door.call());
  assert.deepEqual([end['grpc-status'], end['parley-code']], ['14', 'WORKER_LOST']);
});

test('a worker that does not listen any more is UNAVAILABLE, and the place is free again', async (t) => {
  const door = await openGrpcDoor(t, () => {});
  door.worker.close();
  const end = await endOf(door.call());
  assert.deepEqual([end['grpc-status'], door.taken()], ['14', 0]);
});

test('a worker that answers before it has read all is heard', async (t) => {
  const door = await openGrpcDoor(t, (stream) => stream.respond({ ...head, 'grpc-status': '5' }, { endStream: true }));
  const call = door.call();
  call.write(Buffer.alloc(1_000_000));
  assert.equal((await endOf(call))['grpc-status'], '5');
  call.destroy();
  await waitUntil('the place is free', () => door.taken() === 0);
});

test('a call whose time is up ends for its caller and at the worker, even if neither looks at it', async (t) => {
  let isOver = false;
  const door = await openGrpcDoor(t, (stream) => stream.on('close', () => (isOver = true)));
  const end = await endOf(door.call({ 'grpc-timeout': '50m' }));
  assert.equal(end['grpc-status'], '4');
  await waitUntil('the worker knows', () => isOver && door.taken() === 0);
});

test('what only the node says is taken from what a worker says', async (t) => {
  const door = await openGrpcDoor(t, (stream) => {
    stream.respond({ ...head, 'parley-code': 'FORGED', 'my-key': 'mine', 'grpc-status': '0' }, { endStream: true });
  });
  const end = await endOf(door.call());
  assert.deepEqual([end['parley-code'], end['my-key']], [undefined, 'mine']);
});

type Fields = readonly (readonly [string, string])[];

const goodHead: Fields = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const goodEnd: Fields = [['grpc-status', '0']];

/** A door whose worker answers with these fields, whatever HTTP/2 says of them. */
async function openRawDoor(t: TestContext, head: Fields, end: Fields): Promise<GrpcDoor> {
  let socket: Socket | undefined;
  const door = await openGrpcDoor(t, ({ id = 0 }) => {
    socket?.write(Buffer.concat([formatHeads(id, head), formatHeads(id, end, true)]));
  });
  door.worker.on('connection', (opened: Socket) => {
    socket = opened;
  });
  return door;
}

const wrongAnswers: readonly (readonly [string, Fields, Fields])[] = [
  ['a status that is none', [[':status', '999']], goodEnd],
  ['a field of a connection in its head', [...goodHead, ['http2-settings', 'x']], goodEnd],
  ['a field of a connection in its trailers', goodHead, [...goodEnd, ['http2-settings', 'x']]],
];

for (const [name, head, end] of wrongAnswers) {
  test(`a worker that answers with ${name} fails its call, and nothing else`, async (t) => {
    const door = await openRawDoor(t, head, end);
    for (let calls = 0; calls < 2; calls++) {
      const call = door.call();
      call.end();
      const last = await endOf(call);
      assert.deepEqual([last['grpc-status'], last['parley-code']], ['13', 'INVALID_AGENT_RESPONSE']);
    }
    assert.equal(door.taken(), 0);
  });
}

test('metadata with several values goes through both ways, also under names of which HTTP knows but one value', async (t) => {
  const valuesOf = (raw: readonly string[]): readonly string[] =>
    raw.filter((_value, index) => raw[index - 1] === 'content-md5');
  const twice: Fields = [
    ['content-md5', 'one'],
    ['content-md5', 'two'],
  ];
  const door = await openRawDoor(t, [...goodHead, ...twice], goodEnd);
  const seen: (readonly string[])[] = [];
  door.worker.on('stream', (_stream, _headers, _flags, raw: readonly string[]) => seen.push(valuesOf(raw)));
  const call = door.call({ 'content-md5': ['one', 'two'] });
  call.on('response', (_headers, _flags, raw: readonly string[]) => seen.push(valuesOf(raw)));
  call.end();
  assert.equal((await endOf(call))['grpc-status'], '0');
  assert.deepEqual(seen, [
    ['one', 'two'],
    ['one', 'two'],
  ]);
});

test('a deployment that is starting, disabled or without place refuses', async (t) => {
  const door = await openGrpcDoor(t, () => {});
  door.announce({ status: 'starting' });
  assert.equal((await endOf(door.call()))['parley-code'], 'AGENT_UNAVAILABLE');
  door.announce({ status: 'disabled' });
  assert.equal((await endOf(door.call()))['parley-code'], 'AGENT_DISABLED');
  const { surfaces } = door.services.registry.find('echo');
  assert.ok(surfaces?.grpc);
  door.announce({ surfaces: { ...surfaces, grpc: { ...surfaces.grpc, take: () => undefined } } });
  assert.equal((await endOf(door.call()))['parley-code'], 'AGENT_UNAVAILABLE');
});

test('no more calls are open at once than streams may be', async (t) => {
  const door = await openGrpcDoor(t, (stream) => stream.respond(head), { limits: { streams: 1 } });
  const first = door.call();
  await once(first, 'response');
  const end = await endOf(door.call());
  assert.deepEqual([end['grpc-status'], end['parley-code'], door.taken()], ['8', 'QUEUE_FULL', 1]);
  first.close(8);
});

test('a node that stops ends calls that go on with UNAVAILABLE', async (t) => {
  const door = await openGrpcDoor(t, (stream) => stream.respond(head));
  const call = door.call();
  await once(call, 'response');
  const end = endOf(call);
  await door.gateway.stop(AbortSignal.timeout(50));
  const { 'grpc-status': status, 'grpc-message': message } = await end;
  assert.equal(status, '14');
  assert.match(String(message), /how far its worker had got is not known/);
});

test('what is not gRPC is refused as such', async (t) => {
  const door = await openGrpcDoor(t, () => assert.fail('It reached the worker.'));
  assert.equal((await endOf(door.call({ 'content-type': 'text/plain' })))[':status'], 415);
});

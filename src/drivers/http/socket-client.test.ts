import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hasCode, type ParleyError } from '../../base/index.ts';
import { createSocketClient } from './socket-client.ts';
import type { SocketClient, SocketHandler, SocketRequest } from './socket-port.ts';

interface Opened {
  readonly client: SocketClient;
  readonly socketPath: string;
}

async function open(context: TestContext, server: Server, headTimeoutMs = 5_000): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-socket-'));
  const socketPath = join(folder, 'a.sock');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(socketPath);
  await once(server, 'listening');
  const client = createSocketClient({ connectTimeoutMs: 1_000, headTimeoutMs });
  context.after(async () => {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { client, socketPath };
}

const serve = (listener: RequestListener): Server => createHttpServer(listener);

function createRequest(socketPath: string, rest: Partial<SocketRequest> = {}): SocketRequest {
  return { socketPath, method: 'GET', path: '/', headers: [], body: undefined, upgrade: false, ...rest };
}

/** What a handler was told, in order; `over` settles with the last of it. */
function listen(): {
  readonly handler: SocketHandler;
  readonly told: string[];
  readonly over: Promise<ParleyError | undefined>;
} {
  const told: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers<ParleyError | undefined>();
  const tell = (what: string, last?: () => void): void => {
    told.push(what);
    last?.();
  };
  const handler: SocketHandler = {
    onHead: (status) => tell(`head ${status}`),
    onData: (chunk) => tell(String(Buffer.from(chunk))),
    onEnd: () => tell('end', () => resolve(undefined)),
    onUpgrade: (_headers, socket) => {
      socket.destroy();
      tell('upgrade', () => resolve(undefined));
    },
    onError: (error) => tell(error.code, () => resolve(error)),
  };
  return { handler, told, over };
}

async function* twice(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('one ');
  yield Buffer.from('two');
}

test('a request with a body is answered', async (context) => {
  const { client, socketPath } = await open(
    context,
    serve((request, response) => void request.pipe(response)),
  );
  const { handler, told, over } = listen();
  client.send(createRequest(socketPath, { method: 'POST', body: twice() }), handler);
  await over;
  assert.deepEqual([told[0], told.slice(1, -1).join(''), told.at(-1)], ['head 200', 'one two', 'end']);
});

const failures = [
  { what: 'nobody listens', code: 'UNREACHABLE', path: '/nowhere/a.sock', server: () => createServer() },
  { what: 'no answer begins', code: 'DEADLINE_EXCEEDED', server: () => createServer(() => {}) },
  {
    what: 'the other side hangs up',
    code: 'WORKER_LOST',
    server: () => createServer((socket) => void socket.destroy()),
  },
  {
    what: 'it is not HTTP',
    code: 'AGENT_ERROR',
    server: () => createServer((socket) => void socket.once('data', () => socket.end('hello\r\n\r\n'))),
  },
];

for (const { what, code, path, server } of failures) {
  test(`${what}: ${code}`, async (context) => {
    const { client, socketPath } = await open(context, server(), 100);
    const { handler, told, over } = listen();
    client.send(createRequest(path ?? socketPath), handler);
    await over;
    assert.deepEqual(told, [code]);
  });
}

test('what the body throws is the request’s own error', async (context) => {
  const { client, socketPath } = await open(
    context,
    serve((request, response) => void request.pipe(response)),
  );
  const { handler, over } = listen();
  const thrown = Object.assign(new Error('no more'), { cause: undefined });
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one');
    throw thrown;
  }
  client.send(createRequest(socketPath, { method: 'POST', body: body() }), handler);
  const error = await over;
  assert.equal(error?.cause, thrown);
});

test('what was called off tells its handler nothing, and the other side notices', async (context) => {
  const closed = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { client, socketPath } = await open(
    context,
    serve((request) => {
      request.socket.once('close', closed.resolve);
      asked.resolve();
    }),
  );
  const { handler, told } = listen();
  const running = client.send(createRequest(socketPath), handler);
  await asked.promise;
  running.abort();
  await closed.promise;
  const second = client.send(createRequest(socketPath), handler);
  second.abort();
  assert.deepEqual(told, []);
});

test('a closed client breaks off what is under way and takes nothing new', async (context) => {
  const asked = Promise.withResolvers<void>();
  const { client, socketPath } = await open(
    context,
    serve(() => asked.resolve()),
  );
  const first = listen();
  client.send(createRequest(socketPath), first.handler);
  await asked.promise;
  await client.close();
  assert.ok(hasCode(await first.over, 'WORKER_LOST'));
  const second = listen();
  client.send(createRequest(socketPath), second.handler);
  assert.ok(hasCode(await second.over, 'UNREACHABLE'));
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { loadProtoJson } from '../../src/gateway/grpc/proto-json.ts';
import { createGateway, type Gateway } from '../../src/gateway/index.ts';
import { createFrontDoorServices } from '../../src/testing/index.ts';
import { createGrpcClient } from '../support/grpc-client.ts';
import { heldBytes } from './held-bytes.ts';
import { type Corpus, mutate } from './mutate.ts';
import { createRandom } from './random.ts';

const messages = 4_000;
const connections = 1_500;
const growthBytes = 48 * 1024 * 1024;

let gateway: Gateway;
let port: number;

before(async () => {
  gateway = createGateway({ port: 0, grpcPort: 0, version: '1.2.3' });
  await gateway.start();
  gateway.admit(createFrontDoorServices());
  port = Number(gateway.grpcAddress?.split(':').at(-1));
  await ping();
});

after(() => gateway.stop(AbortSignal.timeout(2_000)));

/** An ordinary call, which must go on as before. */
async function ping(): Promise<void> {
  const client = createGrpcClient(`127.0.0.1:${port}`, loadService('pixell/agent.proto', 'pixell.agent.AgentService'));
  const answer = await client.call<{ message: string }>('Ping', {}, { 'x-deployment-id': 'echo' });
  client.close();
  assert.equal(answer.message, 'pong');
}

const send = loadProtoJson('lf/a2a/v1/a2a.proto', 'lf.a2a.v1.SendMessageRequest').encode({
  message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hello' }, { data: { a: [1, { b: null }] } }] },
});

/** A message in its frame: a flag, the length, the bytes. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const frames: Corpus = {
  seeds: [frame(send), frame(Buffer.alloc(0)), Buffer.concat([frame(send), frame(send)]), frame(send).subarray(0, 20)],
  words: ['\u0000\u0000\u0000\u0000', '\u0001', '\u007f\u00ff\u00ff\u00ff', '\u0000\u0000\u0000\u0000\u0005'].map(
    (word) => Buffer.from(word, 'latin1'),
  ),
};

const bothWays = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const paths = [
  '/lf.a2a.v1.A2AService/SendMessage',
  '/lf.a2a.v1.A2AService/SendStreamingMessage',
  '/lf.a2a.v1.A2AService/ListTasks',
  '/a2a.v1.A2AService/SendMessage',
  '/pixell.agent.AgentService/Invoke',
  '/grpc.health.v1.Health/Check',
  bothWays,
  '/shop.Shop/Buy',
  '/nothing',
  '/',
];

/** Resolves when the call is over, however it ended, with its status if it had one. */
function callWith(session: ClientHttp2Session, path: string, body: Buffer): Promise<string | undefined> {
  return new Promise((resolve) => {
    let status: string | undefined;
    const headers = {
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'x-deployment-id': 'echo',
    };
    const stream = session.request(headers);
    const note = (fields: Readonly<Record<string, unknown>>): void => {
      status ??= fields['grpc-status'] as string | undefined;
    };
    stream.on('response', note).on('trailers', note);
    stream.on('error', () => {}).on('close', () => resolve(status));
    stream.resume();
    // A stream both ways may wait for more; it ends when its caller leaves.
    if (path === bothWays) stream.setTimeout(500, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.end(body);
  });
}

test(`${messages} damaged messages and frames of messages each end their call, and nothing else`, async (t) => {
  const random = createRandom(7);
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const round = async (count: number): Promise<number> => {
    let answered = 0;
    for (let done = 0; done < count; done += 20) {
      const calls = Array.from({ length: 20 }, () => callWith(session, random.pick(paths), mutate(frames, random)));
      answered += (await Promise.all(calls)).filter((status) => status !== undefined).length;
    }
    return answered;
  };
  await round(400);
  const before = heldBytes();
  const answered = await round(messages);
  t.diagnostic(`${answered} of ${messages} had a status`);
  assert.ok(answered > messages * 0.9);
  assert.ok(heldBytes() - before < growthBytes, 'memory stays as it is');
  session.close();
  await ping();
});

/** The first bytes that a real client sends. */
async function recordClient(): Promise<Buffer> {
  const recorded: Buffer[] = [];
  const listener = createServer((socket: Socket) => socket.on('data', (chunk: Buffer) => recorded.push(chunk)));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port: at } = listener.address() as { port: number };
  const session = connectHttp2(`http://127.0.0.1:${at}`);
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': paths[0],
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {}).end(frame(send));
  while (Buffer.concat(recorded).length < 24 + 9 + frame(send).length) await new Promise((done) => setTimeout(done, 5));
  session.destroy();
  listener.close();
  return Buffer.concat(recorded);
}

test(`${connections} connections that speak damaged HTTP/2 disturb nobody`, async () => {
  const random = createRandom(11);
  const corpus: Corpus = {
    seeds: [
      await recordClient(),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'),
    ],
    words: [
      '\u0000\u0000\u0004\u0008\u0000',
      '\u0000\u0000\u0000\u0004\u0001',
      '\u00ff\u00ff\u00ff',
      'PRI * HTTP/2.0\r\n\r\n',
      '\u0000\u0000\u0008\u0006\u0000',
    ].map((word) => Buffer.from(word, 'latin1')),
  };
  const speak = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.resume();
    socket.end(mutate(corpus, random));
    await once(socket, 'close');
  };
  const before = heldBytes();
  for (let done = 0; done < connections; done += 50) await Promise.all(Array.from({ length: 50 }, speak));
  assert.ok(heldBytes() - before < growthBytes, 'memory stays as it is');
  await ping();
});

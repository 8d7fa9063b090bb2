import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, type Component, type Logger, nodeHttp, ParleyError } from '../../base/index.ts';
import type { NodeCalls } from '../../security/index.ts';
import { nodeAnswerHeader, nodeCallHeader, toWireError } from './wire.ts';

/** A call of another node, proved to be one. */
export interface InnerCall {
  readonly from: string;
  /** By so much this node's clock is ahead of that of the other one. */
  readonly aheadMs: number;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
  /** Aborts when the other node leaves. */
  readonly signal: AbortSignal;
}

/** Answers JSON, or line by line; an error before the first line is the answer's status. */
export type InnerHandler = (call: InnerCall) => Promise<unknown> | AsyncIterable<object>;

export interface InnerDoorOptions {
  readonly selfId: string;
  readonly host: string;
  readonly port: number;
  readonly calls: NodeCalls;
  readonly handlers: Readonly<Record<string, InnerHandler>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where the other nodes reach this one. */
export interface InnerDoor extends Component {
  readonly port: number;
}

const maxBodyBytes = 256 * 1024 * 1024;
/** A line that says that the node lives, well within what the other one waits. */
const heartbeatMs = 5_000;

/** A listener of its own: nothing but calls signed with the fabric's key come through. */
export function createInnerDoor(options: InnerDoorOptions): InnerDoor {
  const server = nodeHttp.createServer((request, response) => void answer(request, response, options));
  // Nodes keep their connections, and an invocation lasts as long as its work.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 60_000;
  return {
    name: 'inner door',
    get port() {
      return (server.address() as AddressInfo | null)?.port ?? options.port;
    },
    start: () => listen(server, options),
    stop: (signal) => close(server, signal),
  };
}

function listen(server: Server, { host, port }: InnerDoorOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `This node cannot listen for the other nodes on ${host}:${port} (${cause.message}). Choose another node.listen.`;
      reject(new ParleyError('CONFIG_INVALID', message, { cause }));
    });
    server.listen({ host, port }, resolve);
  });
}

async function close(server: Server, signal: AbortSignal): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const endNow = (): void => server.closeAllConnections();
  signal.addEventListener('abort', endNow, { once: true });
  server.closeIdleConnections();
  if (signal.aborted) endNow();
  await closed.finally(() => clearInterval(sweep));
  signal.removeEventListener('abort', endNow);
}

async function answer(request: IncomingMessage, response: ServerResponse, options: InnerDoorOptions): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort(new ParleyError('CANCELED', 'The calling node has left.')));
  try {
    const { call, handler } = await open(request, response, left.signal, options);
    const given = handler(call);
    if (Symbol.asyncIterator in given) await writeLines(given, response, left.signal);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify((await given) ?? {}));
  } catch (thrown) {
    if (left.signal.aborted || response.destroyed) return;
    const error = ParleyError.from(thrown);
    if (error.code === 'INTERNAL') options.logger.error('a call of another node failed', { error: error.message });
    if (!response.headersSent) response.writeHead(error.entry.http, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: toWireError(error) }));
  }
}

async function open(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  { selfId: to, calls, handlers, clock }: InnerDoorOptions,
): Promise<{ call: InnerCall; handler: InnerHandler }> {
  const path = request.url ?? '';
  const handler = request.method === 'POST' && Object.hasOwn(handlers, path) ? handlers[path] : undefined;
  if (!handler) throw new ParleyError('NOT_FOUND', 'There is nothing here but for the other nodes of the fabric.');
  const token = request.headers[nodeCallHeader];
  const body = await readBody(request);
  const { from, nonce, aheadMs } = calls.verify(typeof token === 'string' ? token : undefined, {
    ...{ to, path, body, nowMs: clock.now() },
  });
  response.setHeader(nodeAnswerHeader, calls.signAnswer(nonce, to));
  const { headers } = request;
  return { handler, call: { from, aheadMs, body: JSON.parse(body.toString('utf8')), headers, signal } };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new ParleyError('PAYLOAD_TOO_LARGE', `The body is over ${maxBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** One JSON text a line; waits for a reader that is slow. The last line says what went wrong, if something did. */
async function writeLines(lines: AsyncIterable<object>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const beat = setInterval(() => response.write('\n'), heartbeatMs);
  try {
    for await (const line of lines) {
      if (signal.aborted) return;
      if (!response.write(`${JSON.stringify(line)}\n`)) await drained(response);
    }
  } catch (thrown) {
    response.write(`${JSON.stringify({ error: toWireError(thrown) })}\n`);
  } finally {
    clearInterval(beat);
    response.end();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

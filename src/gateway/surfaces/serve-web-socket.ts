import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { nodeHttp, ParleyError } from '../../base/index.ts';
import type { SurfacePlace } from '../../registry/index.ts';
import { retryAfterSeconds } from '../edge/retry-after.ts';
import { formatFailure, plainWire } from '../edge/wire.ts';
import { addressWorker } from './proxy-request.ts';
import { createAnswerHeaders, createOwnHeaders } from './response-headers.ts';
import { settleCaller } from './settle-caller.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import { requireServing, servesNothing, takePlace, toCallerError } from './take-place.ts';
import type { UpstreamExchange, UpstreamHandler, UpstreamHeaders } from './upstream.ts';
import type { Visited } from './visit.ts';

/** A request that asks for a web socket, and the connection that is to become one. */
export interface SocketVisit extends Visited {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly correlationId: string;
}

/** True for the only upgrade that is passed on; any other request goes on as if it had not asked. */
export function isWebSocket({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Connects the caller with a worker, byte for byte, when the worker agrees; else passes on its answer. Never throws. */
export async function serveWebSocket(desk: SurfaceDesk, visit: SocketVisit): Promise<void> {
  let place: SurfacePlace | undefined;
  try {
    desk.checkOrigin(visit.request.headers);
    const principal = await settleCaller(desk, visit);
    requireServing(visit.endpoint);
    if (visit.socket.destroyed) return;
    if (!desk.upstream) throw servesNothing(visit.endpoint);
    place = takePlace(visit.endpoint);
    const to = addressWorker(desk, visit, { place, principal });
    const piped = new PipedSocket(desk, visit, place);
    piped.run((handler) => desk.upstream?.send({ method: 'GET', body: undefined, upgrade: true, ...to }, handler));
  } catch (thrown) {
    place?.release();
    refuseWebSocket(visit.socket, thrown);
  }
}

/** Answers what does not become a web socket, and closes the connection. */
export function refuseWebSocket(socket: Duplex, thrown: unknown): void {
  const error = ParleyError.from(thrown);
  const { status, body } = formatFailure(plainWire, error);
  const retryAfter = retryAfterSeconds(error, status);
  const headers = ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
  if (retryAfter !== undefined) headers.push('retry-after', String(retryAfter));
  socket.end(formatHead(status, [...headers, 'connection', 'close']) + body);
}

class PipedSocket implements UpstreamHandler {
  readonly #desk: SurfaceDesk;
  readonly #visit: SocketVisit;
  readonly #place: SurfacePlace;
  #exchange: UpstreamExchange | undefined;
  #forget: (() => void) | undefined;
  #isHeadSent = false;

  constructor(desk: SurfaceDesk, visit: SocketVisit, place: SurfacePlace) {
    this.#desk = desk;
    this.#visit = visit;
    this.#place = place;
  }

  run(send: (handler: UpstreamHandler) => UpstreamExchange | undefined): void {
    const { socket } = this.#visit;
    this.#forget = this.#desk.exchanges.add(() => socket.destroy());
    socket.once('close', () => this.#closed());
    this.#exchange = send(this);
  }

  onUpgrade(headers: UpstreamHeaders, worker: Duplex): void {
    const { socket } = this.#visit;
    const head = [...this.#answerHeaders(headers), 'connection', 'Upgrade', 'upgrade', 'websocket'];
    socket.write(formatHead(101, head));
    socket.once('close', () => worker.destroy());
    worker.once('close', () => socket.destroy());
    worker.once('error', () => socket.destroy());
    socket.pipe(worker).pipe(socket);
    if (socket.destroyed) worker.destroy();
  }

  onHead(status: number, headers: UpstreamHeaders): void {
    this.#isHeadSent = true;
    // Without a length of its own the answer ends with the connection.
    this.#visit.socket.write(formatHead(status, [...this.#answerHeaders(headers), 'connection', 'close']));
  }

  onData(chunk: Uint8Array): void {
    const { socket } = this.#visit;
    if (socket.write(chunk)) return;
    this.#exchange?.pause();
    socket.once('drain', () => this.#exchange?.resume());
  }

  onEnd(): void {
    this.#visit.socket.end();
  }

  onError(error: ParleyError): void {
    const { socket, endpoint } = this.#visit;
    if (this.#isHeadSent) socket.destroy();
    else refuseWebSocket(socket, toCallerError(error, endpoint));
  }

  #answerHeaders(headers: UpstreamHeaders): readonly string[] {
    const { request, prefix, correlationId } = this.#visit;
    return createAnswerHeaders(
      { request, prefix, ownHeaders: createOwnHeaders(prefix, correlationId, undefined) },
      headers,
    );
  }

  #closed(): void {
    this.#exchange?.abort();
    this.#forget?.();
    this.#place.release();
  }
}

function formatHead(status: number, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${status} ${nodeHttp.STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

import type { ClientHttp2Stream, Http2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { letGo } from '../grpc/let-go.ts';

export interface PipedCallOptions {
  /** The caller's side. */
  readonly down: ServerHttp2Stream;
  /** The worker's side. */
  readonly up: ClientHttp2Stream;
  /** The worker has nothing more to do with the call. */
  readonly onOver: () => void;
  /** The worker's side broke off without a status; the caller still waits for one. */
  readonly onBroken: (reason: BrokenCall) => void;
}

/** How a worker's side ended without a status. */
export interface BrokenCall {
  /** True: the connection is gone, and the worker with it; false: the worker ended this call alone. */
  readonly lost: boolean;
  /** The HTTP/2 error code that it gave. */
  readonly rstCode: number;
  readonly cause: Error | undefined;
}

const noError = 0;
const protocolError = 1;
const cancel = 8;

/** The end of a call whose worker's own trailers cannot be passed on. */
const wrongTrailers = {
  'grpc-status': '13',
  'grpc-message': 'The agent ended the call with trailers that HTTP/2 forbids.',
  'parley-code': 'INVALID_AGENT_RESPONSE',
};

/** Whose streams they are: one listener of each kind serves all calls, and a call that is over leaves nothing behind on its streams. */
const ofCall: unique symbol = Symbol('call');

interface OfCall {
  [ofCall]?: PipedCall | undefined;
}

type DownStream = ServerHttp2Stream & OfCall;
type UpStream = ClientHttp2Stream & OfCall;

/** Passes a call's bytes both ways as they come, and only as fast as they are taken; then its trailers. */
export class PipedCall {
  readonly #options: PipedCallOptions;
  readonly #session: ClientHttp2Stream['session'];
  #trailers: IncomingHttpHeaders | undefined;
  #error: Error | undefined;
  #isAnswered = false;

  constructor(options: PipedCallOptions) {
    this.#options = options;
    const { down, up } = options;
    // A stream that is closed does not know it any more.
    this.#session = up.session;
    listenDown(down, this);
    listenUp(up, this);
    if (down.closed) this.cancel();
  }

  /** Ends the worker's side; the caller is told nothing. */
  cancel(): void {
    const { up } = this.#options;
    this.#isAnswered = true;
    if (!up.closed) up.close(cancel);
  }

  sendRequest(chunk: Buffer): void {
    const { down, up } = this.#options;
    // A worker may answer before it has read all: the rest is for nobody.
    if (!up.writable || up.write(chunk)) return;
    down.pause();
    up.once('drain', () => down.resume());
  }

  endRequest(): void {
    this.#options.up.end();
  }

  /** The caller is gone, or has all. */
  leave(): void {
    const { down, up } = this.#options;
    if (!up.closed) up.close(cancel);
    release(down);
  }

  sendHead(rawHeaders: readonly string[], flags: number): void {
    const { down } = this.#options;
    if (this.#isAnswered || down.destroyed || down.headersSent) return;
    const isAll = (flags & endStreamFlag) !== 0;
    try {
      down.respond(withoutOwnHeads(rawHeaders), isAll ? { endStream: true } : { waitForTrailers: true });
    } catch (thrown) {
      this.#refuse(thrown);
      return;
    }
    if (!isAll) return;
    this.#isAnswered = true;
    letGo(down);
  }

  /** The worker has said what HTTP/2 does not let anybody pass on: a status that is none, two values where there is one. */
  #refuse(thrown: unknown): void {
    const { onBroken } = this.#options;
    this.cancel();
    onBroken({ lost: false, rstCode: protocolError, cause: thrown instanceof Error ? thrown : undefined });
  }

  sendAnswer(chunk: Buffer): void {
    const { down, up } = this.#options;
    if (this.#isAnswered || down.destroyed || down.write(chunk)) return;
    up.pause();
    down.once('drain', () => up.resume());
  }

  takeTrailers(trailers: IncomingHttpHeaders): void {
    this.#trailers = trailers;
  }

  sendTrailers(): void {
    const { down } = this.#options;
    try {
      down.sendTrailers(withoutOwnWords(this.#trailers ?? {}));
    } catch {
      down.sendTrailers(wrongTrailers);
    }
    letGo(down);
  }

  /** Without trailers the worker's side has not ended but broken off, and closes. */
  endAnswer(): void {
    if (this.#trailers === undefined || this.#isAnswered) return;
    this.#isAnswered = true;
    this.#options.down.end();
  }

  takeError(error: Error): void {
    this.#error = error;
  }

  /** The worker's side is closed. */
  close(): void {
    const { down, up, onOver, onBroken } = this.#options;
    onOver();
    release(up);
    if (up.readableEnded) this.endAnswer();
    if (this.#isAnswered || down.destroyed || down.closed) return;
    this.#isAnswered = true;
    const lost = this.#session?.destroyed !== false;
    onBroken({ lost, rstCode: up.rstCode ?? noError, cause: this.#error });
  }
}

function listenDown(down: DownStream, call: PipedCall): void {
  down[ofCall] = call;
  down.on('data', onRequest).on('end', onRequestEnd).on('wantTrailers', onWantTrailers).on('close', onLeft);
}

function listenUp(up: UpStream, call: PipedCall): void {
  up[ofCall] = call;
  up.on('response', onHead).on('data', onAnswer).on('trailers', onTrailers).on('end', onAnswerEnd);
  up.on('error', onError).on('close', onClosed);
}

/** Node keeps streams until the next full collection: what they served is not kept with them. */
function release(stream: Http2Stream & OfCall): void {
  stream[ofCall] = undefined;
}

function onRequest(this: DownStream, chunk: Buffer): void {
  this[ofCall]?.sendRequest(chunk);
}

function onRequestEnd(this: DownStream): void {
  this[ofCall]?.endRequest();
}

function onWantTrailers(this: DownStream): void {
  this[ofCall]?.sendTrailers();
}

function onLeft(this: DownStream): void {
  this[ofCall]?.leave();
}

function onHead(this: UpStream, _headers: IncomingHttpHeaders, flags: number, rawHeaders: readonly string[]): void {
  this[ofCall]?.sendHead(rawHeaders, flags);
}

function onAnswer(this: UpStream, chunk: Buffer): void {
  this[ofCall]?.sendAnswer(chunk);
}

function onTrailers(this: UpStream, trailers: IncomingHttpHeaders): void {
  this[ofCall]?.takeTrailers(trailers);
}

function onAnswerEnd(this: UpStream): void {
  this[ofCall]?.endAnswer();
}

function onError(this: UpStream, error: Error): void {
  this[ofCall]?.takeError(error);
}

function onClosed(this: UpStream): void {
  this[ofCall]?.close();
}

/** NGHTTP2_FLAG_END_STREAM: the head is all there is. */
const endStreamFlag = 1;

/** Under these names only the node speaks. */
const own = 'parley-';

function withoutOwnHeads(rawHeaders: readonly string[]): readonly string[] {
  const isPassed = (index: number): boolean => rawHeaders[index - (index % 2)]?.startsWith(own) !== true;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!isPassed(index)) return rawHeaders.filter((_, at) => isPassed(at));
  }
  return rawHeaders;
}

function withoutOwnWords(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  for (const name in headers) {
    if (name.startsWith(own)) delete headers[name];
  }
  return headers;
}

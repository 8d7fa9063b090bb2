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
const cancel = 8;

/** Passes a call's bytes both ways as they come, and only as fast as they are taken; then its trailers. */
export class PipedCall {
  readonly #options: PipedCallOptions;
  readonly #session: ClientHttp2Stream['session'];
  #trailers: IncomingHttpHeaders | undefined;
  #error: Error | undefined;
  #isAnswered = false;

  constructor(options: PipedCallOptions) {
    this.#options = options;
    // A stream that is closed does not know it any more.
    this.#session = options.up.session;
    this.#sendRequest();
    this.#sendAnswer();
    if (options.down.closed) this.cancel();
  }

  /** Ends the worker's side; the caller is told nothing. */
  cancel(): void {
    const { up } = this.#options;
    this.#isAnswered = true;
    if (!up.closed) up.close(cancel);
  }

  #sendRequest(): void {
    const { down, up } = this.#options;
    down.on('data', (chunk: Buffer) => {
      // A worker may answer before it has read all: the rest is for nobody.
      if (!up.writable || up.write(chunk)) return;
      down.pause();
      up.once('drain', () => down.resume());
    });
    down.on('end', () => up.end());
    down.on('close', () => {
      if (!up.closed) up.close(cancel);
      release(down);
    });
  }

  #sendAnswer(): void {
    const { down, up } = this.#options;
    up.on('response', (_headers, flags, rawHeaders) => this.#onHead(rawHeaders, flags));
    up.on('data', (chunk: Buffer) => {
      if (down.destroyed || down.write(chunk)) return;
      up.pause();
      down.once('drain', () => up.resume());
    });
    up.on('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    up.on('end', () => {
      if (this.#trailers !== undefined) this.#end();
    });
    up.on('error', (error: Error) => {
      this.#error = error;
    });
    up.on('close', () => this.#closed());
  }

  #onHead(rawHeaders: readonly string[], flags: number): void {
    const { down } = this.#options;
    if (down.destroyed || down.headersSent) return;
    const passed = withoutOwnHeads(rawHeaders);
    if ((flags & endStreamFlag) !== 0) {
      this.#isAnswered = true;
      down.respond(passed, { endStream: true });
      letGo(down);
      return;
    }
    down.once('wantTrailers', () => {
      down.sendTrailers(withoutOwnWords(this.#trailers ?? {}));
      letGo(down);
    });
    down.respond(passed, { waitForTrailers: true });
  }

  #end(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#options.down.end();
  }

  #closed(): void {
    const { down, up, onOver, onBroken } = this.#options;
    onOver();
    release(up);
    if (this.#trailers !== undefined && up.readableEnded) this.#end();
    if (this.#isAnswered || down.destroyed || down.closed) return;
    this.#isAnswered = true;
    const lost = this.#session?.destroyed !== false;
    onBroken({ lost, rstCode: up.rstCode ?? noError, cause: this.#error });
  }
}

/** What is over lets go of its call: Node keeps streams until the next full collection, and with them what listens to them. */
function release(stream: Http2Stream): void {
  stream.removeAllListeners().on('error', ignore);
}

function ignore(): void {}

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

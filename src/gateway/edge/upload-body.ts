import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { type Clock, ParleyError, withTimeout } from '../../base/index.ts';

/** Media types whose bodies are handed on as they come. */
export const uploadTypes: readonly string[] = ['application/octet-stream', 'application/zip'];

const silenceMs = 30_000;
const wholeMs = 15 * 60_000;

/**
 * The bytes of an upload as they come. DEADLINE_EXCEEDED when nothing comes for 30 s. Who stops reading leaves the connection as
 * it is, so that the answer still reaches the caller.
 */
export async function* readUpload(body: unknown, clock: Clock): AsyncGenerator<Uint8Array, void, undefined> {
  if (!(body instanceof Readable)) throw notAnUpload();
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  for (;;) {
    const next = await withTimeout(clock, chunks.next(), silenceMs).catch(brokenOff);
    if (next === undefined)
      throw new ParleyError('DEADLINE_EXCEEDED', 'The upload stood still for 30 s; send it again.');
    if (next.done) return;
    yield next.value;
  }
}

/** How long a request may take to arrive is one figure for a whole listener: while an upload comes in, it is a larger one. */
export class UploadTime {
  readonly #server: Server;
  readonly #usualMs: number;
  #uploads = 0;

  constructor(server: Server, usualMs: number) {
    this.#server = server;
    this.#usualMs = usualMs;
  }

  /** From now on, until the returned function is called. */
  begin(): () => void {
    this.#uploads++;
    this.#server.requestTimeout = Math.max(wholeMs, this.#usualMs);
    return () => {
      this.#uploads--;
      if (this.#uploads === 0) this.#server.requestTimeout = this.#usualMs;
    };
  }
}

function brokenOff(cause: unknown): never {
  throw new ParleyError('CANCELED', 'The upload was broken off by its sender.', { cause });
}

function notAnUpload(): ParleyError {
  const message = `The body must be the package itself, sent as ${uploadTypes.join(' or ')}.`;
  return new ParleyError('CONTENT_TYPE_NOT_SUPPORTED', message);
}

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { hasCode, ParleyError } from '../../base/index.ts';
import { formatSseComment } from '../../protocol/index.ts';
import type { OpenCall } from './open-calls.ts';

export interface EventStreamOptions<T> {
  readonly raw: ServerResponse;
  readonly headers: Readonly<Record<string, number | string | string[] | undefined>>;
  readonly call: OpenCall;
  /** Each value goes out in one write. */
  readonly values: AsyncIterable<T>;
  /** The text of the server-sent events of one value. */
  format(value: T): string;
  /** The text of the event that says why the stream broke off. */
  formatFailure(error: ParleyError): string;
  /** Called once, when the first value is there and the answer begins. */
  begin(): void;
}

/**
 * Sends values as server-sent events. What fails before the first value is thrown, with nothing sent; later failures become the
 * last event. Pulls the next value only when the reader has taken the one before: a reader that stops costs no memory.
 */
export async function sendEventStream<T>(options: EventStreamOptions<T>): Promise<void> {
  const { raw, call } = options;
  const iterator = options.values[Symbol.asyncIterator]();
  let next = await iterator.next();
  if (raw.destroyed) return closeSource(iterator);
  options.begin();
  raw.writeHead(200, { ...options.headers, ...eventStreamHeaders } as OutgoingHttpHeaders);
  if (next.done) raw.flushHeaders();
  try {
    while (!next.done && !call.signal.aborted) {
      call.touch();
      if (!raw.write(options.format(next.value))) await drained(raw, call.signal);
      next = await iterator.next();
    }
    finish(raw, call.signal);
  } catch (thrown) {
    finish(raw, call.signal, options.formatFailure(ParleyError.from(thrown)));
  } finally {
    await closeSource(iterator);
  }
}

const eventStreamHeaders: OutgoingHttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

const farewell = formatSseComment('the node is stopping; resume with Last-Event-ID');

/** Ends the answer: with the failure, with a word that it can be resumed, or, when the reader lags or has left, at once. */
function finish(raw: ServerResponse, signal: AbortSignal, failure?: string): void {
  if (!signal.aborted) {
    raw.end(failure);
    return;
  }
  if (!hasCode(signal.reason, 'UNAVAILABLE') || raw.writableNeedDrain) raw.destroy();
  else raw.end(farewell);
}

function drained(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      raw.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    raw.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}

async function closeSource(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The stream is over for its reader; what its source says while closing concerns nobody.
  }
}

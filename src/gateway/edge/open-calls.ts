import type { ServerResponse } from 'node:http';
import { ParleyError } from '../../base/index.ts';
import { formatSseComment } from '../../protocol/index.ts';

/** A call whose answer takes its time; counted until the response is closed. */
export interface OpenCall {
  /** Aborts when the caller leaves (CANCELED) or the node stops (UNAVAILABLE). */
  readonly signal: AbortSignal;
  /** From now on the answer is a stream. QUEUE_FULL when there are too many. */
  becomeStream(): void;
  /** Something was just written: no heartbeat is due. */
  touch(): void;
}

const retryAfterMs = 1_000;

/** The calls and streams that are open: each is told when its caller leaves, all are told when the node stops. */
export class OpenCalls {
  readonly #maxStreams: number;
  readonly #calls = new Set<TrackedCall>();
  readonly #streams = new Set<TrackedCall>();

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#streams.size;
  }

  open(raw: ServerResponse): OpenCall {
    const call = new TrackedCall(raw, () => this.#countStream(call));
    this.#calls.add(call);
    raw.once('close', () => {
      this.#calls.delete(call);
      this.#streams.delete(call);
      if (!raw.writableFinished) call.abort(callerLeft());
    });
    return call;
  }

  /** Writes a comment into every stream that was silent since the last time; one whose reader lags gets none. */
  beat(): void {
    for (const stream of this.#streams) stream.beat();
  }

  /** Ends every stream; its reader can go on later, from the last event it has. */
  endStreams(): void {
    for (const stream of this.#streams) stream.abort(stopping());
  }

  /** Takes the answer away from calls that are still waiting; the work behind them goes on. */
  endCalls(): void {
    for (const call of this.#calls) call.abort(stopping());
  }

  #countStream(call: TrackedCall): void {
    if (this.#streams.size >= this.#maxStreams) throw tooManyStreams(this.#maxStreams);
    this.#streams.add(call);
  }
}

class TrackedCall implements OpenCall {
  readonly becomeStream: () => void;
  readonly #raw: ServerResponse;
  readonly #controller = new AbortController();
  #silent = true;

  constructor(raw: ServerResponse, becomeStream: () => void) {
    this.#raw = raw;
    this.becomeStream = becomeStream;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  touch(): void {
    this.#silent = false;
  }

  abort(reason: ParleyError): void {
    this.#controller.abort(reason);
  }

  beat(): void {
    const raw = this.#raw;
    if (this.#silent && raw.headersSent && !raw.writableNeedDrain && !raw.writableEnded) {
      raw.write(formatSseComment('alive'));
    }
    this.#silent = true;
  }
}

function callerLeft(): ParleyError {
  return new ParleyError('CANCELED', 'The caller closed the connection.');
}

function stopping(): ParleyError {
  const message = 'The node is stopping. The task goes on; ask for it again in a moment.';
  return new ParleyError('UNAVAILABLE', message, { retryAfterMs });
}

function tooManyStreams(limit: number): ParleyError {
  const message = `${limit} streams are open, which is the limit. Close one, or call again later.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs, details: { limit } });
}

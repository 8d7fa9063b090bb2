import type { ServerResponse } from 'node:http';
import { ParleyError, TransientSet } from '../../base/index.ts';
import { formatSseComment } from '../../protocol/index.ts';
import type { StreamLimit } from './stream-limit.ts';

/** A call whose answer takes its time; counted until the response is closed. */
export interface OpenCall {
  /** Aborts when the caller leaves (CANCELED) or the node stops (UNAVAILABLE). */
  readonly signal: AbortSignal;
  /** From now on the answer is a stream of that caller. QUEUE_FULL when there are too many, RATE_LIMITED when it has too many. */
  becomeStream(caller: string): void;
  /** Something was just written: no heartbeat is due. */
  touch(): void;
}

const retryAfterMs = 1_000;

/** The calls and streams that are open: each is told when its caller leaves, all are told when the node stops. */
export class OpenCalls {
  readonly #limit: StreamLimit;
  readonly #calls = new TransientSet<TrackedCall>();
  readonly #streams = new TransientSet<TrackedCall>();

  /** `limit`: what other bindings count their streams with, too. */
  constructor(limit: StreamLimit) {
    this.#limit = limit;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#streams.size;
  }

  open(raw: ServerResponse): OpenCall {
    const call = new TrackedCall(raw, (caller) => this.#countStream(call, caller));
    const place = this.#calls.add(call);
    raw.once('close', () => {
      this.#calls.remove(place);
      call.release?.();
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

  #countStream(call: TrackedCall, caller: string): void {
    const release = this.#limit.take(caller);
    const place = this.#streams.add(call);
    call.release = () => {
      this.#streams.remove(place);
      release();
    };
  }
}

class TrackedCall implements OpenCall {
  readonly becomeStream: (caller: string) => void;
  /** Says, once it is a stream, that it is over. */
  release: (() => void) | undefined;
  readonly #raw: ServerResponse;
  readonly #controller = new AbortController();
  #silent = true;

  constructor(raw: ServerResponse, becomeStream: (caller: string) => void) {
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

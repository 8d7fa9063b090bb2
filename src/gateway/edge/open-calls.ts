import type { ServerResponse } from 'node:http';
import { ParleyError } from '../../base/index.ts';
import { formatSseComment } from '../../protocol/index.ts';

/** A call whose answer takes its time; counted until the response is closed. */
export interface OpenCall {
  /** Aborts when the caller leaves (CANCELED) or the node stops (UNAVAILABLE). */
  readonly signal: AbortSignal;
  /** From now on the answer is a stream of that caller. QUEUE_FULL when there are too many, RATE_LIMITED when it has too many. */
  becomeStream(caller: string): void;
  /** Something was just written: no heartbeat is due. */
  touch(): void;
}

/** How many streams may be open at once. */
export interface StreamLimits {
  readonly streams: number;
  /** Of one caller; undefined: as many as there may be. */
  readonly streamsPerCaller?: number | undefined;
}

const retryAfterMs = 1_000;

/** The calls and streams that are open: each is told when its caller leaves, all are told when the node stops. */
export class OpenCalls {
  readonly #limits: StreamLimits;
  readonly #calls = new Set<TrackedCall>();
  readonly #streams = new Set<TrackedCall>();
  /** How many streams each caller has; only those that have some are in it. */
  readonly #ofCaller = new Map<string, number>();

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Streams that are open now. */
  get streams(): number {
    return this.#streams.size;
  }

  open(raw: ServerResponse): OpenCall {
    const call = new TrackedCall(raw, (caller) => this.#countStream(call, caller));
    this.#calls.add(call);
    raw.once('close', () => {
      this.#forget(call);
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
    const { streams, streamsPerCaller } = this.#limits;
    if (this.#streams.size >= streams) throw tooManyStreams(streams);
    if (streamsPerCaller !== undefined) this.#countOf(call, caller, streamsPerCaller);
    this.#streams.add(call);
  }

  #countOf(call: TrackedCall, caller: string, limit: number): void {
    const open = this.#ofCaller.get(caller) ?? 0;
    if (open >= limit) throw tooManyOfCaller(caller, limit);
    this.#ofCaller.set(caller, open + 1);
    call.caller = caller;
  }

  #forget(call: TrackedCall): void {
    this.#calls.delete(call);
    this.#streams.delete(call);
    if (call.caller === undefined) return;
    const left = (this.#ofCaller.get(call.caller) ?? 1) - 1;
    if (left > 0) this.#ofCaller.set(call.caller, left);
    else this.#ofCaller.delete(call.caller);
  }
}

class TrackedCall implements OpenCall {
  readonly becomeStream: (caller: string) => void;
  /** Whose stream it is, when those of each caller are counted. */
  caller: string | undefined;
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

function tooManyStreams(limit: number): ParleyError {
  const message = `${limit} streams are open, which is the limit. Close one, or call again later.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs, details: { limit } });
}

function tooManyOfCaller(caller: string, limit: number): ParleyError {
  const message = `${caller} has ${limit} streams open, which is the limit for one caller. Close one first.`;
  return new ParleyError('RATE_LIMITED', message, { retryAfterMs, details: { limit } });
}

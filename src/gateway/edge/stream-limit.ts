import { ParleyError } from '../../base/index.ts';

/** How many streams may be open at once, over all bindings. */
export interface StreamLimits {
  readonly streams: number;
  /** Of one caller; undefined: as many as there may be. */
  readonly streamsPerCaller?: number | undefined;
}

/** Counts the streams that are open at once. */
export interface StreamLimit {
  /**
   * Counts one until what is given back is called, at most once. QUEUE_FULL when there are too many, RATE_LIMITED when that caller has
   * too many; without a caller it is in the count of all alone.
   */
  take(caller?: string): () => void;
}

/** No stream is open yet. */
export function createStreamLimit({ streams, streamsPerCaller }: StreamLimits): StreamLimit {
  let open = 0;
  /** Only callers that have some are in it. */
  const ofCaller = new Map<string, number>();
  const leave = (caller: string): void => {
    const left = (ofCaller.get(caller) ?? 1) - 1;
    if (left > 0) ofCaller.set(caller, left);
    else ofCaller.delete(caller);
  };
  return {
    take(caller) {
      if (open >= streams) throw tooMany(streams);
      const counted = streamsPerCaller === undefined ? undefined : caller;
      if (counted !== undefined && streamsPerCaller !== undefined) {
        const own = ofCaller.get(counted) ?? 0;
        if (own >= streamsPerCaller) throw tooManyOfCaller(counted, streamsPerCaller);
        ofCaller.set(counted, own + 1);
      }
      open++;
      return () => {
        open--;
        if (counted !== undefined) leave(counted);
      };
    },
  };
}

const retryAfterMs = 1_000;

function tooMany(limit: number): ParleyError {
  const message = `${limit} streams are open, which is the limit. Close one, or call again later.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs, details: { limit } });
}

function tooManyOfCaller(caller: string, limit: number): ParleyError {
  const message = `${caller} has ${limit} streams open, which is the limit for one caller. Close one first.`;
  return new ParleyError('RATE_LIMITED', message, { retryAfterMs, details: { limit } });
}

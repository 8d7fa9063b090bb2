import { ParleyError } from '../../base/index.ts';

/** Counts the streams that are open at once. */
export interface StreamLimit {
  /** Counts one until what is given back is called. QUEUE_FULL when there are too many. */
  take(): () => void;
}

/** No stream is open yet. */
export function createStreamLimit(max: number): StreamLimit {
  let open = 0;
  return {
    take() {
      if (open >= max) {
        const message = `${max} streams are open, which is the limit. Close one, or call again later.`;
        throw new ParleyError('QUEUE_FULL', message, { retryAfterMs: 1_000, details: { limit: max } });
      }
      open++;
      return () => {
        open--;
      };
    },
  };
}

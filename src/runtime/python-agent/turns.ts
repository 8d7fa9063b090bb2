import { abortable, ParleyError } from '../../base/index.ts';

/** One after the other, in the order they came. */
export interface Turns {
  /** True while somebody has the turn or waits for it. */
  readonly busy: boolean;
  /** Runs `work` when all before it have ended. QUEUE_FULL when too many wait; CANCELED when the signal aborts before its turn. */
  take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** `maxWaiting`: how many may stand behind the one whose turn it is. */
export function createTurns(maxWaiting: number): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let present = 0;
  return {
    get busy() {
      return present > 0;
    },
    async take(signal, work) {
      if (present > maxWaiting) throw full(maxWaiting);
      present++;
      const before = last;
      const turn = abortable(before, signal).then(work, () => {
        throw new ParleyError('CANCELED', 'The caller left before its code was run.');
      });
      // Whoever gives up its place must not let the next one in before those ahead of it have ended.
      last = Promise.allSettled([before, turn]);
      return turn.finally(() => present--);
    },
  };
}

function full(maxWaiting: number): ParleyError {
  const message = `${maxWaiting} executions wait for this session already. Wait for their answers, or use another session.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs: 1_000 });
}

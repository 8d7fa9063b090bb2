import { computeBackoffMs, hasCode } from '../../base/index.ts';

const backoff = { baseMs: 20, multiplier: 2, maxMs: 1_000 };

/** Runs what is safe to do twice, again and again while Redis is away, for so long; then throws what it said last. */
export async function retryWhileAway<T>(limitMs: number, run: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await run();
    } catch (thrown) {
      const pauseMs = computeBackoffMs(backoff, attempt);
      if (!hasCode(thrown, 'UNAVAILABLE') || performance.now() + pauseMs > endMs) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

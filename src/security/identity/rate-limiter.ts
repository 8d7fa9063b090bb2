import type { Clock } from '../../base/index.ts';

/** How often something may happen. */
export interface Rate {
  /** In the long run. */
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

/** Token buckets by name. */
export interface RateLimiter {
  /** Takes one token; 0: it was there. Else nothing is taken, and so many milliseconds later there will be one. */
  take(name: string): number;
  /** Buckets that are kept: those that are not full. */
  readonly size: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const maxBuckets = 10_000;
/** What is refilled in several steps may miss one by rounding. */
const rounding = 1e-6;

/** A limiter in memory. A full bucket is as good as none: over the bound these go first, then the oldest. */
export function createRateLimiter({ perSecond, burst }: Rate, clock: Pick<Clock, 'now'>): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const refilled = ({ tokens, atMs }: Bucket, nowMs: number): number =>
    Math.min(burst, tokens + ((nowMs - atMs) / 1_000) * perSecond);
  const add = (name: string, nowMs: number): Bucket => {
    if (buckets.size >= maxBuckets) makeRoom(buckets, (bucket) => refilled(bucket, nowMs) >= burst);
    const bucket: Bucket = { tokens: burst, atMs: nowMs };
    buckets.set(name, bucket);
    return bucket;
  };
  return {
    take(name) {
      const nowMs = clock.now();
      const bucket = buckets.get(name) ?? add(name, nowMs);
      bucket.tokens = refilled(bucket, nowMs);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1 - rounding) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000 - rounding);
      bucket.tokens -= 1;
      return 0;
    },
    get size() {
      return buckets.size;
    },
  };
}

function makeRoom(buckets: Map<string, Bucket>, isFull: (bucket: Bucket) => boolean): void {
  for (const [name, bucket] of buckets) if (isFull(bucket)) buckets.delete(name);
  for (const oldest of buckets.keys()) {
    if (buckets.size < maxBuckets) return;
    buckets.delete(oldest);
  }
}

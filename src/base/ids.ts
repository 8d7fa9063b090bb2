import { randomFillSync } from 'node:crypto';

const poolSize = 4096;
const pool = Buffer.alloc(poolSize);
let used = poolSize;
let lastMs = 0;
let counter = 0;

function randomBytes(count: number): Buffer {
  if (used + count > poolSize) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}

/** A UUIDv7 (RFC 9562) that sorts after every id made before it in this process: journals stay append-only on disk. */
export function createId(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = randomBytes(2).readUInt16BE() & 0x7ff;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const tail = randomBytes(8).toString('hex');
  const variant = ((Number.parseInt(tail[0] ?? '0', 16) & 0x3) | 0x8).toString(16);
  const middle = counter.toString(16).padStart(3, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${middle}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`;
}

/** `length` random lower-case hex digits, for names that a person types. */
export function createShortId(length = 8): string {
  return randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length);
}

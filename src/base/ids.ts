import { randomFillSync } from 'node:crypto';

const poolSize = 4096;
const pool = Buffer.alloc(poolSize);
let used = poolSize;
let lastMs = 0;
let counter = 0;

function nextByte(): number {
  if (used === poolSize) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++] ?? 0;
}

/** Two digits of each byte. */
const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function nextHex(bytes: number): string {
  let digits = '';
  for (let count = 0; count < bytes; count++) digits += hex[nextByte()] ?? '';
  return digits;
}

/** What ids of one millisecond begin with. */
let prefix = '';

function advanceTo(ms: number): void {
  lastMs = ms;
  const time = ms.toString(16).padStart(12, '0');
  prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

/** A UUIDv7 (RFC 9562) that sorts after every id made before it in this process: journals stay append-only on disk. */
export function createId(nowMs: number = Date.now()): string {
  if (nowMs > lastMs) {
    advanceTo(nowMs);
    counter = ((nextByte() << 8) | nextByte()) & 0x7ff;
  } else if (++counter > 0xfff) {
    advanceTo(lastMs + 1);
    counter = 0;
  }
  const middle = counter.toString(16).padStart(3, '0');
  const variant = hex[(nextByte() & 0x3f) | 0x80] ?? '';
  return `${prefix}${middle}-${variant}${nextHex(1)}-${nextHex(6)}`;
}

/** `length` random lower-case hex digits, for names that a person types. */
export function createShortId(length = 8): string {
  return nextHex(Math.ceil(length / 2)).slice(0, length);
}

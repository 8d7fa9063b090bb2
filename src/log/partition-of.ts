const seed = 0x9747b28c;
const m = 0x5bd1e995;

/**
 * The partition of a key: murmur2 of its UTF-8 bytes modulo the count, as Kafka's own clients have it, so that records of one key
 * meet in one partition whoever publishes them.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions;
}

function murmur2(data: Buffer): number {
  let hash = seed ^ data.length;
  const whole = data.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let block = Math.imul(data.readInt32LE(at), m);
    block = Math.imul(block ^ (block >>> 24), m);
    hash = Math.imul(hash, m) ^ block;
  }
  return finish(mixTail(hash, data.subarray(whole)));
}

function mixTail(hash: number, tail: Buffer): number {
  if (tail.length === 0) return hash;
  return Math.imul(hash ^ tail.readUIntLE(0, tail.length), m);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), m);
  return mixed ^ (mixed >>> 15);
}

import type { RedisClient } from '../../drivers/redis/index.ts';
import { sizeOfRecord } from '../check-input.ts';
import type { LogRecord, PartitionRange, ReadPage, TopicPartition } from '../port.ts';
import type { LogKeys } from './keys.ts';
import { decodeRecords } from './record-codec.ts';
import { seekScript } from './record-scripts.ts';

/** As many records are asked for at once as come to at most so many bytes, were all as large as the largest. */
const chunkBytes = 1024 * 1024;
const maxChunkRecords = 1_000;
/** Where there are large ones so many are asked for at first; then as many as come to about so many bytes, by the size of those that came. */
const firstUnsureRecords = 32;
const maxUnsureRecords = 128;
const maxPageBytes = 8 * 1024 * 1024;

/** A partition at one moment. */
export interface PartitionHead {
  readonly endOffset: number;
  /** How often the topic had grown when records were last appended. */
  readonly generation: number;
  /** Bytes of the largest record that was ever appended; 0: not known. */
  readonly largest: number;
}

/** Where a page begins. */
export interface PageStart {
  readonly offset: number;
  readonly limit: number;
  readonly head: PartitionHead;
}

/** Reads partitions. */
export class RecordReader {
  readonly #redis: RedisClient;
  readonly #keys: LogKeys;

  constructor(redis: RedisClient, keys: LogKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The partition as it is now. */
  async head(place: TopicPartition): Promise<PartitionHead> {
    const reply = await this.#redis.command('hmget', this.#keys.meta(place), 'next', 'gen', 'largest');
    const [endOffset = 0, generation = 0, largest = 0] = Array.isArray(reply) ? reply.map(Number) : [];
    return { endOffset, generation, largest };
  }

  /** Records from the offset on, none from behind the head. */
  async readFrom(place: TopicPartition, from: PageStart): Promise<ReadPage> {
    const { offset, limit, head } = from;
    const { endOffset } = head;
    const records: LogRecord[] = [];
    let next = offset;
    let bytes = 0;
    while (next < endOffset && records.length < limit && bytes < maxPageBytes) {
      const count = Math.min(chunkOf(head, records.length, bytes), limit - records.length);
      const ids = [`${next + 1}-0`, `${endOffset}-0`, 'COUNT', count];
      const chunk = decodeRecords(place, await this.#redis.bytes('xrange', this.#keys.stream(place), ...ids));
      records.push(...chunk);
      bytes += chunk.reduce((sum, record) => sum + sizeOfRecord(record), 0);
      next = chunk.length < count ? endOffset : (chunk.at(-1)?.offset ?? next) + 1;
    }
    return { records, nextOffset: next, endOffset };
  }

  /** The offset of the first record with this timestamp or a later one. */
  async seek(place: TopicPartition, sinceMs: number): Promise<number> {
    const named = [this.#keys.stream(place), this.#keys.meta(place)];
    return Number(await this.#redis.script({ script: seekScript, keys: named, args: [sinceMs] }));
  }

  /** What there is. */
  async range(place: TopicPartition): Promise<PartitionRange> {
    const [oldest, next] = await Promise.all([
      this.#redis.command('xrange', this.#keys.stream(place), '-', '+', 'COUNT', 1),
      this.#redis.command('hget', this.#keys.meta(place), 'next'),
    ]);
    const endOffset = Number(next ?? 0);
    const first: unknown = Array.isArray(oldest) ? oldest[0] : undefined;
    const beginOffset = Array.isArray(first) ? Number.parseInt(String(first[0]), 10) - 1 : endOffset;
    return { partition: place.partition, beginOffset, endOffset };
  }
}

function chunkOf({ largest }: PartitionHead, records: number, bytes: number): number {
  const sure = largest === 0 ? 0 : Math.min(maxChunkRecords, Math.floor(chunkBytes / largest));
  if (records === 0) return Math.max(sure, firstUnsureRecords);
  const fitting = Math.floor((chunkBytes * records) / Math.max(1, bytes));
  return Math.max(1, sure, Math.min(maxUnsureRecords, fitting));
}

import type { RedisClient } from '../../drivers/redis/index.ts';
import { sizeOfRecord } from '../check-input.ts';
import type { LogRecord, PartitionRange, ReadPage, TopicPartition } from '../port.ts';
import type { LogKeys } from './keys.ts';
import { decodeRecords } from './record-codec.ts';
import { seekScript } from './record-scripts.ts';

/** So many records are asked for at first: they may be large. Once their size is known, as many as come to about so many bytes, within bounds. */
const firstChunkRecords = 32;
const maxChunkRecords = 128;
const chunkBytes = 1024 * 1024;
const maxPageBytes = 8 * 1024 * 1024;

/** Reads partitions. */
export class RecordReader {
  readonly #redis: RedisClient;
  readonly #keys: LogKeys;

  constructor(redis: RedisClient, keys: LogKeys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Records from the offset on. */
  async readFrom({ topic, partition }: TopicPartition, offset: number, limit: number): Promise<ReadPage> {
    const place = { topic, partition };
    const endOffset = Number((await this.#redis.command('hget', this.#keys.meta(place), 'next')) ?? 0);
    const records: LogRecord[] = [];
    let next = offset;
    let bytes = 0;
    while (next < endOffset && records.length < limit && bytes < maxPageBytes) {
      const count = Math.min(chunkOf(records.length, bytes), limit - records.length);
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

function chunkOf(records: number, bytes: number): number {
  if (records === 0) return firstChunkRecords;
  const fitting = Math.floor((chunkBytes * records) / Math.max(1, bytes));
  return Math.min(maxChunkRecords, Math.max(1, fitting));
}

import { createHash } from 'node:crypto';
import { type Clock, ParleyError, systemClock } from '../../base/index.ts';
import { createRedisScript, openRedis, type RedisClient } from '../../drivers/redis/index.ts';
import type { BlobStore } from '../blob-port.ts';
import { type RedisStoreOptions, type ResolvedStoreOptions, resolveRedisStoreOptions } from './redis-store-options.ts';
import { retryWhileAway } from './retry.ts';

export type RedisBlobsOptions = Omit<RedisStoreOptions, 'schema'>;

/** Blobs and the connection of their own that they come and go by, so that nobody waits behind them. */
export interface OpenedBlobs {
  readonly blobs: BlobStore;
  close(): Promise<void>;
}

const digestPattern = /^[0-9a-f]{64}$/;
const firstBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** KEYS: blob, ages. ARGV: sha256, now. Makes the blob young, and answers how many bytes there are of it. */
const touchScript = createRedisScript(`
redis.call('zadd', KEYS[2], ARGV[2], ARGV[1])
return redis.call('strlen', KEYS[1])
`);

/** KEYS: blob, ages. ARGV: sha256, time. Removes a blob that was last put before that time. */
const removeScript = createRedisScript(`
local age = redis.call('zscore', KEYS[2], ARGV[1])
if not age or tonumber(age) >= tonumber(ARGV[2]) then return 0 end
redis.call('zrem', KEYS[2], ARGV[1])
return redis.call('unlink', KEYS[1])
`);

/** Opens the blobs in Redis; UNREACHABLE when it is not there. */
export async function openRedisBlobs(options: RedisBlobsOptions): Promise<OpenedBlobs> {
  const { url, logger, clock = systemClock } = options;
  const redis = await openRedis({ url, ...(logger && { logger }), name: 'parley-blobs' });
  return { blobs: new RedisBlobs(redis, resolveRedisStoreOptions(options), clock), close: () => redis.close() };
}

class RedisBlobs implements BlobStore {
  readonly #redis: RedisClient;
  readonly #options: ResolvedStoreOptions;
  readonly #clock: Clock;

  constructor(redis: RedisClient, options: ResolvedStoreOptions, clock: Clock) {
    this.#redis = redis;
    this.#options = options;
    this.#clock = clock;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const [blob] = this.#keysOf(sha256);
    await retryWhileAway(this.#options.commitTimeoutMs, async () => {
      // Young before it is looked for: from here on no sweep takes it.
      const size = await this.#touch(sha256);
      if (size === bytes.length && size > 0) return;
      await this.#redis.command('set', blob, bytes);
      if (this.#options.replicas) await this.#touch(sha256);
    });
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array> {
    if (!digestPattern.test(sha256)) throw notFound(sha256);
    const [blob] = this.#keysOf(sha256);
    const bytes = await this.#reading(() => this.#redis.bytes('get', blob));
    if (!(bytes instanceof Buffer)) throw notFound(sha256);
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    const advice = 'Restore it from a backup, or put the same bytes again after removing its key.';
    throw new ParleyError('STORE_DAMAGED', `The blob ${sha256} is damaged: its bytes have changed. ${advice}`);
  }

  async sweep(beforeMs: number, isUsed: (sha256: string) => Promise<boolean>): Promise<number> {
    let removed = 0;
    for (const byte of firstBytes) {
      const [, ages] = this.#keysOf(byte);
      const old = await this.#reading(() => this.#redis.command('zrangebyscore', ages, '-inf', `(${beforeMs}`));
      for (const sha256 of old as readonly string[]) {
        if (!(await isUsed(sha256))) removed += await this.#remove(sha256, beforeMs);
      }
    }
    return removed;
  }

  async #touch(sha256: string): Promise<number> {
    const { replicas } = this.#options;
    const args = [sha256, this.#clock.now()];
    return Number(await this.#redis.script({ script: touchScript, keys: this.#keysOf(sha256), args, replicas }));
  }

  async #remove(sha256: string, beforeMs: number): Promise<number> {
    const call = { script: removeScript, keys: this.#keysOf(sha256), args: [sha256, beforeMs] };
    return Number(await this.#reading(() => this.#redis.script(call)));
  }

  /** Blobs are spread by their first byte, which is their hash tag. */
  #keysOf(sha256: string): readonly [blob: string, ages: string] {
    const tag = `{${this.#options.prefix}:b:${sha256.slice(0, 2)}}`;
    return [`${tag}:${sha256}`, `${tag}:ages`];
  }

  #reading<T>(run: () => Promise<T>): Promise<T> {
    return retryWhileAway(this.#options.readTimeoutMs, run);
  }
}

function notFound(sha256: string): ParleyError {
  return new ParleyError('NOT_FOUND', `There is no blob ${sha256.slice(0, 80)}. It was removed, or never put.`);
}

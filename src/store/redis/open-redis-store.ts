import { silentLogger, systemClock } from '../../base/index.ts';
import { openRedis, type RedisClient, type RedisOptions } from '../../drivers/redis/index.ts';
import { createKeys } from './keys.ts';
import { type OpenedRedisStore, RedisStore } from './redis-store.ts';
import { type RedisStoreOptions, resolveRedisStoreOptions } from './redis-store-options.ts';

/** Opens the store in Redis: UNREACHABLE when it is not there, CONFIG_INVALID for a wrong address. Who opens it closes it. */
export async function openRedisStore(options: RedisStoreOptions): Promise<OpenedRedisStore> {
  const { url, schema, clock = systemClock, logger = silentLogger } = options;
  const resolved = resolveRedisStoreOptions(options);
  const redis = await openRedis({ url, logger });
  const writer = resolved.replicas ? await openWriter(redis, { url, logger, name: 'parley-commits' }) : redis;
  const skewMs = (await readTimeMs(redis).catch((thrown) => closeAll([redis, writer], thrown))) - clock.now();
  return new RedisStore({
    redis,
    writer,
    keys: createKeys(resolved.prefix),
    schema,
    clock,
    logger,
    options: resolved,
    leaseNow: options.clock && (() => clock.now()),
    skewMs,
  });
}

/** Who waits for replicas holds up all that comes behind on the same connection: reading has another. */
async function openWriter(reader: RedisClient, options: RedisOptions): Promise<RedisClient> {
  return await openRedis(options).catch((thrown: unknown) => closeAll([reader], thrown));
}

async function closeAll(clients: readonly RedisClient[], thrown: unknown): Promise<never> {
  for (const client of clients) await client.close();
  throw thrown;
}

async function readTimeMs(redis: RedisClient): Promise<number> {
  const [time] = await redis.everywhere('time');
  const [seconds, micros] = Array.isArray(time) ? time.map(Number) : [];
  return (seconds ?? 0) * 1_000 + Math.floor((micros ?? 0) / 1_000);
}

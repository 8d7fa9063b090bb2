import type { RedisClient } from '../../drivers/redis/index.ts';
import type { StoreStatus } from '../port.ts';
import { type Keys, shards } from './keys.ts';

/** Writes something, and adds up the figures of all shards. `bytes` is the memory of the servers, whoever uses it. */
export async function readStatus(redis: RedisClient, keys: Keys): Promise<StoreStatus> {
  await redis.command('set', keys.probe, 'written');
  const [figures, memory] = await Promise.all([
    Promise.all(shards.map((shard) => redis.command('hmget', keys.meta(shard), 'e', 'd'))),
    redis.everywhere('info', 'memory'),
  ]);
  return {
    events: figures.reduce<number>((sum, figure) => sum + Number((figure as readonly unknown[])[0]), 0),
    documents: figures.reduce<number>((sum, figure) => sum + Number((figure as readonly unknown[])[1]), 0),
    bytes: memory.reduce<number>((sum, info) => sum + usedMemory(String(info)), 0),
  };
}

function usedMemory(info: string): number {
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0);
}

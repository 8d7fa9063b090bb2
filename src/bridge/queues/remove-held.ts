import type { RedisClient } from '../../drivers/redis/index.ts';

/** Takes a message that is dealt with out of the holding list. */
export async function removeHeld(redis: RedisClient, holding: string, raw: string): Promise<void> {
  await redis.command('LREM', holding, 1, raw);
}

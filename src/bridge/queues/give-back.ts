import type { RedisClient } from '../../drivers/redis/index.ts';
import { holdingKey, queueKey } from '../keys.ts';

/** Puts what a dead node holds back to the end of the queue where the next is taken from, in its old order. Answers how many. */
export async function giveBack(redis: RedisClient, queueId: string, nodeId: string): Promise<number> {
  let count = 0;
  while ((await redis.command('LMOVE', holdingKey(queueId, nodeId), queueKey(queueId), 'LEFT', 'RIGHT')) !== null)
    count++;
  return count;
}

import type { RedisClient } from '../../drivers/redis/index.ts';
import type { DueTimer } from '../port.ts';
import { compareText } from './index-member.ts';
import { type Keys, shards } from './keys.ts';

interface FoundTimer extends DueTimer {
  readonly shard: number;
  readonly member: string;
}

export interface TimerSource {
  readonly redis: RedisClient;
  readonly keys: Keys;
}

export interface TimerPage {
  readonly nowMs: number;
  readonly limit: number;
}

/** The timers of all shards whose time has come, oldest first. */
export async function readDueTimers(source: TimerSource, page: TimerPage): Promise<readonly DueTimer[]> {
  const { redis, keys } = source;
  const found = await Promise.all(shards.map((shard) => dueIn(shard, source, page)));
  const first = found.flat().sort(byTime).slice(0, page.limit);
  return await Promise.all(
    first.map(async ({ shard, member, key, name, dueAtMs }) => {
      const payload = await redis.command('hget', keys.payloads(shard), member);
      return { key, name, dueAtMs, payload: typeof payload === 'string' ? payload : '' };
    }),
  );
}

async function dueIn(
  shard: number,
  { redis, keys }: TimerSource,
  { nowMs, limit }: TimerPage,
): Promise<readonly FoundTimer[]> {
  const range = ['-inf', nowMs, 'withscores', 'limit', 0, limit] as const;
  const texts = (await redis.command('zrangebyscore', keys.timers(shard), ...range)) as readonly string[];
  return texts.flatMap((member, at) => {
    if (at % 2 === 1) return [];
    const [key = '', name = ''] = member.split('\0');
    return [{ shard, member, key, name, dueAtMs: Number(texts[at + 1]), payload: '' }];
  });
}

function byTime(left: DueTimer, right: DueTimer): number {
  return left.dueAtMs - right.dueAtMs || compareText(left.key, right.key) || compareText(left.name, right.name);
}

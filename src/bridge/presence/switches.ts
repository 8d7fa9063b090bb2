import type { RedisClient } from '../../drivers/redis/index.ts';
import { switchesKey } from '../keys.ts';

/** Agents that somebody switched, on (true) or off; the others are as is usual for their kind. */
export type Switches = ReadonlyMap<string, boolean>;

/** As all nodes of this Redis know them. */
export async function readSwitches(redis: RedisClient): Promise<Switches> {
  const reply = (await redis.command('HGETALL', switchesKey)) as readonly string[];
  return new Map(Object.entries(toRecord(reply)).map(([id, value]) => [id, value === 'on']));
}

/** Switches an agent for all nodes, until somebody switches it again. */
export async function writeSwitch(redis: RedisClient, id: string, on: boolean): Promise<void> {
  await redis.command('HSET', switchesKey, id, on ? 'on' : 'off');
}

/** The fields of a hash, as HGETALL answers them. */
export function toRecord(reply: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < reply.length; i += 2) record[reply[i] ?? ''] = reply[i + 1] ?? '';
  return record;
}

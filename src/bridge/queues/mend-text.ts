import { createRedisScript, type RedisClient } from '../../drivers/redis/index.ts';

const replacement = '\uFFFD';

const replaceScript = createRedisScript(`
if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[1], ARGV[2])
return 1`);

/**
 * A message whose bytes are no UTF-8 comes as a text that Redis does not find in the list. It is put there in place of them, so that the message
 * is dealt with, and taken out, like any other.
 */
export async function mendText(redis: RedisClient, holding: string, raw: string): Promise<void> {
  if (!raw.includes(replacement)) return;
  const text = Buffer.from(raw);
  const held = await redis.bytes('LRANGE', holding, 0, -1);
  const found = Array.isArray(held) ? held.find((item) => isDamaged(item, raw, text)) : undefined;
  if (Buffer.isBuffer(found)) await redis.script({ script: replaceScript, keys: [holding], args: [found, raw] });
}

function isDamaged(item: unknown, raw: string, text: Buffer): boolean {
  return Buffer.isBuffer(item) && !item.equals(text) && item.toString('utf8') === raw;
}

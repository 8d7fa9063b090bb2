import { createHash } from 'node:crypto';
import type { RedisScript } from './port.ts';

/** A script of ours. It begins with `#!lua`, so that Redis refuses it whole, before its first write, when memory is full. */
export function createRedisScript(body: string): RedisScript {
  const lua = `#!lua\n${body}`;
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

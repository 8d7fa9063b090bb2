import { createHash } from 'node:crypto';
import type { RedisScript } from './port.ts';

/**
 * A script of ours. It begins with `#!lua`, so that Redis refuses it whole, before its first write, when memory is full; one that `frees`
 * memory is carried out then, too.
 */
export function createRedisScript(body: string, { frees = false }: { readonly frees?: boolean } = {}): RedisScript {
  const lua = `#!lua${frees ? ' flags=allow-oom' : ''}\n${body}`;
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}

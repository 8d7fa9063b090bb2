import { createRedisScript, type RedisScript } from '../../drivers/redis/index.ts';
import { sharedLua } from './script-parts.ts';

/** So many documents one call removes from one collection. */
export const sweepBatch = 50;

/**
 * KEYS: a shard's, then the expiry sets of collections. ARGV: tag, now, the collections. Removes a few documents whose time has
 * come. 1 when more may be waiting.
 */
export const sweepScript: RedisScript = createRedisScript(
  `${sharedLua}
local tag, now, more = ARGV[1], ARGV[2], 0
for n = 7, #KEYS do
  local gone = call('zrangebyscore', KEYS[n], '-inf', now, 'limit', 0, ${sweepBatch})
  for _, key in ipairs(gone) do
    local field = ARGV[n - 4] .. '\\0' .. key
    local document = about(call('hget', DOCUMENTS, field))
    if document then purge(tag, field, key, KEYS[n], document) else call('zrem', KEYS[n], key) end
  end
  if #gone == ${sweepBatch} then more = 1 end
end
return more
`,
  { frees: true },
);

/**
 * KEYS: a shard's, then the expiry set of one collection. ARGV: tag, collection, then pairs of key and end. Removes the documents
 * that still end then: one that was put again meanwhile stays.
 */
export const overflowScript: RedisScript = createRedisScript(
  `${sharedLua}
for n = 3, #ARGV, 2 do
  local key, field = ARGV[n], ARGV[2] .. '\\0' .. ARGV[n]
  local document = about(call('hget', DOCUMENTS, field))
  if document and document[1] == tonumber(ARGV[n + 1]) then purge(ARGV[1], field, key, KEYS[7], document) end
end
`,
  { frees: true },
);

/**
 * KEYS: who sweeps. ARGV: id, for how many ms. 1 when that one sweeps now. Also on a server whose memory is full, where an ordinary SET is refused: there nobody
 * would ever make room.
 */
export const leadScript: RedisScript = createRedisScript(
  `
local leader = redis.call('get', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1
`,
  { frees: true },
);

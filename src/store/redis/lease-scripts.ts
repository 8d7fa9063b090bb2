import { createRedisScript, type RedisScript } from '../../drivers/redis/index.ts';

/** The time that is given, in ms, else that of Redis: a clock that is set must not end what another node holds. */
const timeOf = `
local function timeOf(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('time')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

/**
 * KEYS: the lease. ARGV: holder, for how many ms, the time or ''. Answers the epoch and whether all shards have it ('1'), or nothing when somebody else
 * holds the lease.
 */
export const claimScript: RedisScript = createRedisScript(`${timeOf}
local lease = KEYS[1]
local now = timeOf(ARGV[3])
local last = string.format('%d', now + ARGV[2])
local holder, epoch, ends, raised = unpack(redis.call('hmget', lease, 'holder', 'epoch', 'ends', 'raised'))
if holder == ARGV[1] then
  redis.call('hset', lease, 'ends', last)
  return {epoch, raised == epoch and '1' or '0'}
end
if holder and holder ~= '' and tonumber(ends) > now then return nil end
epoch = string.format('%d', (tonumber(epoch or '0')) + 1)
redis.call('hset', lease, 'holder', ARGV[1], 'epoch', epoch, 'ends', last)
return {epoch, '0'}
`);

/** KEYS: the lease. ARGV: epoch, for how many ms, the time or ''. 1 when the lease is still of this epoch, which all shards have now. */
export const grantScript: RedisScript = createRedisScript(`${timeOf}
local holder, epoch = unpack(redis.call('hmget', KEYS[1], 'holder', 'epoch'))
if epoch ~= ARGV[1] or not holder or holder == '' then return 0 end
redis.call('hset', KEYS[1], 'raised', epoch, 'ends', string.format('%d', timeOf(ARGV[3]) + ARGV[2]))
return 1
`);

/** KEYS: the lease. ARGV: epoch. Gives it back when it is still of this epoch. */
export const releaseScript: RedisScript = createRedisScript(`
if redis.call('hget', KEYS[1], 'epoch') == ARGV[1] then redis.call('hset', KEYS[1], 'holder', '') end
`);

/** KEYS: meta of a shard. ARGV: field, epoch. From here on commits of lower epochs are refused. */
export const raiseScript: RedisScript = createRedisScript(`
local known = tonumber(redis.call('hget', KEYS[1], ARGV[1]) or '0')
if known < tonumber(ARGV[2]) then redis.call('hset', KEYS[1], ARGV[1], ARGV[2]) end
`);

/** KEYS: meta of a shard. ARGV: field, epoch. From here on commits of this epoch are refused. */
export const lowerScript: RedisScript = createRedisScript(`
if redis.call('hget', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('hdel', KEYS[1], ARGV[1]) end
`);

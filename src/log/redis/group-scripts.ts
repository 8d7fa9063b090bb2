import { createRedisScript, type RedisScript } from '../../drivers/redis/index.ts';

const head = `
local call = redis.call
local time = call('time')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function at(ms) return string.format('%d', ms) end
`;

const ownership = `${head}
local GROUPS, group, member = KEYS[1], ARGV[1], ARGV[2]
local OWNER, UNTIL, COMMITTED = 'o:' .. group, 'u:' .. group, 'c:' .. group
local owner = call('hget', GROUPS, OWNER)
`;

/** Takes the partition when it is free or its owner has not been heard of: answers where the group goes on, or -1. */
export const claimScript: RedisScript = createRedisScript(`${ownership}
if owner and owner ~= member and tonumber(call('hget', GROUPS, UNTIL)) > nowMs then return -1 end
call('hset', GROUPS, OWNER, member, UNTIL, at(nowMs + tonumber(ARGV[3])))
local committed = call('hget', GROUPS, COMMITTED)
if not committed and ARGV[4] == 'latest' then
  committed = call('hget', KEYS[2], 'next') or '0'
  call('hset', GROUPS, COMMITTED, committed)
end
return tonumber(committed or '0')
`);

/** Keeps the partition: 0 when it has another owner. */
export const renewScript: RedisScript = createRedisScript(`${ownership}
if owner ~= member then return 0 end
call('hset', GROUPS, UNTIL, at(nowMs + tonumber(ARGV[3])))
return 1
`);

/** Sets where the group goes on: 0 when the partition has another owner. */
export const commitScript: RedisScript = createRedisScript(`${ownership}
if owner ~= member then return 0 end
call('hset', GROUPS, COMMITTED, ARGV[3])
return 1
`);

/** Lets the partition go, if it is the member's. */
export const releaseScript: RedisScript = createRedisScript(`${ownership}
if owner ~= member then return 0 end
call('hdel', GROUPS, OWNER, UNTIL)
return 1
`);

/** Says that the member is there, and answers who else is: id and topics of each. Who has not been heard of is forgotten. */
export const beatScript: RedisScript = createRedisScript(`${head}
local MEMBERS, SEATS = KEYS[1], KEYS[2]
for _, gone in ipairs(call('zrangebyscore', MEMBERS, '-inf', at(nowMs))) do
  call('zrem', MEMBERS, gone)
  call('hdel', SEATS, gone)
end
local isNew = call('zscore', MEMBERS, ARGV[1]) == false
call('zadd', MEMBERS, at(nowMs + tonumber(ARGV[3])), ARGV[1])
call('hset', SEATS, ARGV[1], ARGV[2])
if isNew then call('publish', MEMBERS, ARGV[1]) end
return call('hgetall', SEATS)
`);

/** Says that the member has gone. */
export const leaveScript: RedisScript = createRedisScript(`
redis.call('zrem', KEYS[1], ARGV[1])
redis.call('hdel', KEYS[2], ARGV[1])
redis.call('publish', KEYS[1], ARGV[1])
return 1
`);

import { createRedisScript, type RedisScript } from '../../drivers/redis/index.ts';

const head = `
local call = redis.call
local STREAM, META = KEYS[1], KEYS[2]
local function figure(name) return tonumber(call('hget', META, name) or '0') end
local function digits(number) return string.format('%d', number) end
local function id(offset) return string.format('%d-0', offset + 1) end
local function offsetOf(entry) return tonumber(string.match(entry[1], '^%d+')) - 1 end
local function field(entry, name)
  for n = 1, #entry[2], 2 do if entry[2][n] == name then return entry[2][n + 1] end end
end
local function highOf(entry) return tonumber(field(entry, 'm') or field(entry, 't')) end
local function sizeOf(entry)
  return #(field(entry, 'k') or '') + #(field(entry, 'v') or '') + #(field(entry, 'h') or '')
end
`;

/**
 * Appends records: answers the first offset, or -1 when the topic has grown since the caller looked. The first call of a generation
 * notes where the partition ended before; without records it does only that.
 */
export const appendScript: RedisScript = createRedisScript(`${head}
local LATEST = KEYS[3]
local at = 0
local function text() at = at + 1; return ARGV[at] end
local function number() return tonumber(text()) end

local generation, compacted, count = number(), text() == '1', number()
local known, first = figure('gen'), figure('next')
if generation < known then return -1 end
if generation > known then
  for n = known + 1, generation do call('hset', META, 'end:' .. n, digits(first)) end
  call('hset', META, 'gen', generation)
end
if count == 0 then return first end

local high, bytes, largest = figure('high'), figure('bytes'), figure('largest')
local function forget(key, offset)
  local older = call('hget', LATEST, key)
  if older then call('xdel', STREAM, id(tonumber(older))) end
  call('hset', LATEST, key, digits(offset))
end
for n = 0, count - 1 do
  local hasValue, key, value, headers, time = text() == '1', text(), text(), text(), text()
  local entry, fields = { 't', time }, 2
  local function add(name, cell)
    entry[fields + 1], entry[fields + 2], fields = name, cell, fields + 2
  end
  if key ~= '' then add('k', key) end
  if hasValue then add('v', value) end
  if headers ~= '' then add('h', headers) end
  if tonumber(time) < high then add('m', digits(high)) else high = tonumber(time) end
  call('xadd', STREAM, id(first + n), unpack(entry))
  local size = #key + #value + #headers
  bytes, largest = bytes + size, math.max(largest, size)
  if compacted and key ~= '' then forget(key, first + n) end
end
call('hset', META, 'next', digits(first + count), 'high', digits(high), 'bytes', digits(bytes), 'largest', digits(largest))
call('publish', STREAM, '')
return first
`);

/** The offset of the first record that has, or comes behind, a timestamp: by halving, because the greatest one so far never goes back. */
export const seekScript: RedisScript = createRedisScript(`${head}
local since = tonumber(ARGV[1])
local low, high = 0, figure('next')
while low < high do
  local middle = math.floor((low + high) / 2)
  local entry = call('xrange', STREAM, id(middle), '+', 'COUNT', 1)[1]
  if not entry or highOf(entry) >= since then high = middle else low = offsetOf(entry) + 1 end
end
return low
`);

/** Removes the oldest records, a small batch of them: those before a time, and those over the bytes. Answers how many. */
export const trimScript: RedisScript = createRedisScript(
  `${head}
local before, limit, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bytes, last, removed = figure('bytes'), nil, 0
for _, entry in ipairs(call('xrange', STREAM, '-', '+', 'COUNT', most)) do
  if highOf(entry) >= before and bytes <= limit then break end
  bytes = bytes - sizeOf(entry)
  last, removed = offsetOf(entry), removed + 1
end
if last then
  call('xtrim', STREAM, 'MINID', id(last + 1))
  call('hset', META, 'bytes', digits(bytes))
end
return removed
`,
  { frees: true },
);

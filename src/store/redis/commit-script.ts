import { createRedisScript, type RedisScript } from '../../drivers/redis/index.ts';
import { sharedLua } from './script-parts.ts';

/**
 * Carries out commits on one key, each whole or not at all, and answers for each: `ok`, `fenced`, `present`, or the number of
 * the journal's last event when that was not the expected one. A commit that is there already, by its id, is `ok`: it may be
 * sent again. What the arguments are says `encodeCommits`.
 */
export const commitScript: RedisScript = createRedisScript(`${sharedLua}
local at = 0
local function text() at = at + 1; return ARGV[at] end
local function number() return tonumber(text()) end

local tag, key, now = text(), text(), text()
local nowMs = tonumber(now)

local function isOurs(journal, version, id)
  local element = call('lindex', journal, version)
  return element and string.match(element, '^%d+,%d+,([^|]*)|') == id
end

local function readAppend()
  local journal = number()
  if journal == 0 then return nil end
  local append = { journal = KEYS[journal], kind = text(), version = number(), events = {} }
  for n = 1, number() do append.events[n] = text() end
  return append
end

local function readDocuments()
  local documents = {}
  for n = 1, number() do
    local collection = text()
    local change = { field = collection .. '\\0' .. key, expiring = KEYS[number()], absent = text() == '1', text = text() }
    change.old = about(call('hget', DOCUMENTS, change.field))
    documents[n] = change
  end
  return documents
end

local function readTimers()
  local timers = {}
  for n = 1, number() do timers[n] = { member = key .. '\\0' .. text(), due = text(), payload = text() } end
  return timers
end

local function readCommit()
  local commit = { id = text(), lease = text(), epoch = text(), drop = number() }
  commit.append, commit.documents, commit.timers = readAppend(), readDocuments(), readTimers()
  return commit
end

local function isThere(commit)
  local append = commit.append
  if append and #append.events > 0 then return isOurs(append.journal, append.version, commit.id) end
  for _, change in ipairs(commit.documents) do
    if change.absent and change.old and change.old[3] == commit.id then return true end
  end
  return false
end

local function refusal(commit)
  if commit.lease ~= '' and call('hget', META, 'f:' .. commit.lease) ~= commit.epoch then return 'fenced' end
  for _, change in ipairs(commit.documents) do
    local old = change.old
    if old and old[1] > 0 and old[1] <= nowMs then
      purge(tag, change.field, key, change.expiring, old)
      change.old = nil
    end
  end
  local append = commit.append
  local version = append and call('llen', append.journal)
  if append and version ~= append.version then return version end
  for _, change in ipairs(commit.documents) do
    if change.absent and change.old then return 'present' end
  end
  return nil
end

-- Places go by the server's time as well: what one that has lost its last changes gives out anew lies behind what readers have passed.
local startedAt
local function takePlaces(count)
  if not startedAt then
    local time = call('time')
    startedAt = tonumber(time[1]) * 1000000 + tonumber(time[2])
  end
  local last = math.max(tonumber(call('hget', META, 'p') or '0'), startedAt) + count
  call('hset', META, 'p', string.format('%d', last))
  return last
end

local function writeEvents(append, id)
  local events = append.events
  local count = #events
  if count == 0 then return end
  local last = takePlaces(count)
  local elements = {}
  for n = 1, count do
    local position = string.format('%d', last - count + n)
    elements[n] = now .. ',' .. position .. ',' .. (n == 1 and id or '') .. '|' .. events[n]
  end
  inChunks('rpush', append.journal, elements)
  call('xadd', LOG, string.format('%d-0', last), 'k', append.kind, 'i', key, 's', append.version + 1, 'n', count)
  call('hincrby', META, 'e', count)
  call('publish', append.journal, id)
end

local function putDocument(change)
  local document, old = about(change.text), change.old
  call('hset', DOCUMENTS, change.field, change.text)
  local wanted = {}
  for n = 4, #document do wanted[document[n]] = true end
  for n = 4, old and #old or 0 do
    if wanted[old[n]] then wanted[old[n]] = nil else call('zrem', INDEX, old[n]) end
  end
  for member in pairs(wanted) do call('zadd', INDEX, 0, member) end
  if document[1] > 0 then call('zadd', change.expiring, document[1], key)
  elseif old and old[1] > 0 then call('zrem', change.expiring, key) end
  if not old then call('hincrby', META, 'd', 1) end
end

local function writeTimer(timer)
  if timer.due == '' then
    call('zrem', TIMERS, timer.member)
  else
    call('zadd', TIMERS, timer.due, timer.member)
  end
  if timer.payload ~= '' and timer.due ~= '' then call('hset', PAYLOADS, timer.member, timer.payload)
  else call('hdel', PAYLOADS, timer.member) end
end

local function write(commit)
  if commit.drop > 0 then dropJournal(KEYS[commit.drop]) end
  if commit.append then writeEvents(commit.append, commit.id) end
  for _, change in ipairs(commit.documents) do
    if change.text ~= '' then putDocument(change)
    elseif change.old then removeDocument(change.field, key, change.expiring, change.old) end
  end
  for _, timer in ipairs(commit.timers) do writeTimer(timer) end
end

local outcomes = {}
for n = 1, number() do
  local commit = readCommit()
  local outcome = 'ok'
  if not isThere(commit) then
    outcome = refusal(commit) or 'ok'
    if outcome == 'ok' then write(commit) end
  end
  outcomes[n] = outcome
end
return outcomes
`);

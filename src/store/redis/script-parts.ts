/**
 * Lua that several scripts begin with. KEYS: 1 meta, 2 log, 3 documents, 4 index, 5 timers, 6 payloads of one shard, then the
 * journals and expiry sets that are named by their number. `tag` and `key` are set by the script.
 */
export const sharedLua = `
local META, LOG, DOCUMENTS, INDEX, TIMERS, PAYLOADS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local call = redis.call

local function inChunks(command, name, items)
  for first = 1, #items, 500 do
    call(command, name, unpack(items, first, math.min(first + 499, #items)))
  end
end

-- Removes a journal, and what the log says of it: the log's entries are named after the position of an append's last event.
local function dropJournal(journal)
  local count = call('llen', journal)
  if count == 0 then return end
  local entries, last = {}, nil
  for first = 0, count - 1, 1000 do
    for _, text in ipairs(call('lrange', journal, first, first + 999)) do
      local position, id = string.match(text, '^%d+,(%d+),([^|]*)|')
      if id ~= '' and last then entries[#entries + 1] = last .. '-0' end
      last = position
    end
  end
  entries[#entries + 1] = last .. '-0'
  inChunks('xdel', LOG, entries)
  call('unlink', journal)
  call('hincrby', META, 'e', -count)
end

local function about(text)
  if not text then return nil end
  return cjson.decode(string.sub(text, 1, string.find(text, '\\n', 1, true) - 1))
end

local function removeMembers(document)
  for at = 4, #document do call('zrem', INDEX, document[at]) end
end

local function removeDocument(field, key, expiring, document)
  call('hdel', DOCUMENTS, field)
  call('hincrby', META, 'd', -1)
  removeMembers(document)
  if document[1] > 0 then call('zrem', expiring, key) end
end

-- A document whose time has come goes with the journal it owns.
local function purge(tag, field, key, expiring, document)
  if document[2] ~= '' then dropJournal(tag .. ':j:' .. document[2] .. ':' .. key) end
  removeDocument(field, key, expiring, document)
end
`;

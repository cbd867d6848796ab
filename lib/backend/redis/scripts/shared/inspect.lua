-- A picture of the stream in one step. Entries have no place by name: the first ones are looked at, see SCAN.
-- KEYS: root
-- Returns { { address, length, held, live members, ms the oldest has waited or '', … }, delayed, 0, dead letters,
--   { consumer, member, expiry, weight, held, waiting, done, failed, paused 0/1, … }, counters, now }
--@include message
local SCAN, STRETCH = 10000, 1000
local length, held, held_by, pending, since = {}, {}, {}, {}, {}

local last = '0-0'
local groups = redis.pcall('XINFO', 'GROUPS', S)
for _, group in ipairs(groups.err and {} or groups) do
  local g = {}
  for i = 1, #group, 2 do
    g[group[i]] = group[i + 1]
  end
  if g.name == G then
    last = g['last-delivered-id']
    for _, entry in ipairs(call('XPENDING', S, G, '-', '+', SCAN)) do
      pending[entry[1]] = true
      held_by[entry[2]] = (held_by[entry[2]] or 0) + 1
    end
  end
end

-- one that was handed out and is not pending is done, and waits to be trimmed
local function look(entry, unread)
  local m = (unread or pending[entry[1]]) and decode((fields(entry)))
  if m then
    length[m.n] = (length[m.n] or 0) + 1
    held[m.n] = (held[m.n] or 0) + (unread and 0 or 1)
    since[m.n] = since[m.n] or unread and tonumber(string.match(entry[1], '^%d+')) or nil
  end
end

local function scan(from, to, unread)
  local seen = 0
  while seen < SCAN do
    local entries = redis.pcall('XRANGE', S, from, to, 'COUNT', STRETCH)
    if entries.err then
      return
    end
    for _, entry in ipairs(entries) do
      look(entry, unread)
    end
    seen = seen + #entries
    if #entries < STRETCH then
      return
    end
    from = '(' .. entries[#entries][1]
  end
end
if last ~= '0-0' then
  scan('-', last, false)
end
scan('(' .. last, '+', true)

for _, address in ipairs(call('SMEMBERS', $streams)) do
  length[address] = length[address] or 0
end
local names = {}
for address, n in pairs(length) do
  local at = #names
  names[at + 1], names[at + 2] = address, n
  names[at + 3], names[at + 4] = held[address] or 0, call('HLEN', $claims .. address)
  names[at + 5] = since[address] and string.format('%.0f', math.max(0, clock() - since[address])) or ''
end

local consumers = {}
local members = call('HGETALL', $members)
for i = 1, #members, 2 do
  local c = members[i]
  local at, kept = #consumers, call('HGET', $resting, c)
  consumers[at + 1], consumers[at + 2] = c, members[i + 1]
  consumers[at + 3], consumers[at + 4] = call('ZSCORE', $expiries, c) or '0', kept or call('HGET', $weights, c)
  consumers[at + 5], consumers[at + 6] = held_by[c] or 0, 0
  consumers[at + 7] = call('HGET', $work, 'done ' .. c) or '0'
  consumers[at + 8] = call('HGET', $work, 'failed ' .. c) or '0'
  consumers[at + 9] = kept and 1 or 0
end
return { names, call('ZCARD', $due), 0, call('XLEN', $dead), consumers, call('HGETALL', $counters), string.format('%.0f', clock()) }

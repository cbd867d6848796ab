-- A picture of the app in one step.
-- KEYS: root
-- Returns { { address, length, held, live members, ms the oldest head has waited or '', … }, delayed, gated, dead letters,
--   { consumer, member, expiry, weight, held, waiting, done, failed, paused 0/1, … }, counters }
--@include message
--@include place
--@include held
--@include unread
local names, held_by, held_under = {}, {}, {}

-- by address: when what heads its stream, or a lane, was written
local since = {}
local function note_head(address, key)
  local _, first = unread(key)
  if not first then
    return
  end
  if not address then
    local m = decode((fields(first)))
    address = m and m.n
  end
  if address then
    since[address] = math.min(since[address] or written(first), written(first))
  end
end

-- what was handed over from lanes, by address and by consumer
local members = call('HGETALL', $members)
local waiting = {}
for i = 1, #members, 2 do
  local c = members[i]
  held_by[c], waiting[c] = 0, 0
  local seen = {}
  local named = call('HGETALL', $namesOf .. c)
  for j = 1, #named, 2 do
    local key = lane(c, named[j + 1])
    if named[j] ~= '' and not seen[key] then
      seen[key] = true
      local length, held = call('XLEN', key), 0
      for address, n in pairs(length > 0 and held_in(key) or {}) do
        held = held + n
        held_under[address] = (held_under[address] or 0) + n
      end
      held_by[c] = held_by[c] + held
      waiting[c] = waiting[c] + length - held
      if length > held then
        note_head(nil, key)
      end
    end
  end
end

local addresses = {}
for _, address in ipairs(call('SMEMBERS', $streams)) do
  addresses[address] = true
end
for _, address in ipairs(call('HKEYS', $attended)) do
  addresses[address] = true
end
local sorted = {}
for address in pairs(addresses) do
  sorted[#sorted + 1] = address
end
table.sort(sorted)
for _, address in ipairs(sorted) do
  local stream = $stream .. address
  local pending = redis.pcall('XPENDING', stream, 'g')
  local held = 0
  if not pending.err then
    held = pending[1]
    for _, of in ipairs(pending[4] or {}) do
      held_by[of[1]] = (held_by[of[1]] or 0) + tonumber(of[2])
    end
  end
  local live = 0
  local claims = call('HGETALL', $claims .. address)
  for i = 1, #claims, 2 do
    live = live + (string.sub(claims[i], 1, 1) == 'S' and tonumber(claims[i + 1]) or 0)
  end
  note_head(address, stream)
  local at = #names
  names[at + 1], names[at + 2] = address, call('XLEN', stream) + tonumber(call('HGET', $laned, address) or 0)
  names[at + 3], names[at + 4] = held + (held_under[address] or 0), live
  names[at + 5] = since[address] and string.format('%.0f', math.max(0, clock() - since[address])) or ''
end

local gated = 0
for _, n in ipairs(call('HVALS', $gated)) do
  gated = gated + tonumber(n)
end
local consumers = {}
for i = 1, #members, 2 do
  local c = members[i]
  local at, kept = #consumers, call('HGET', $resting, c)
  consumers[at + 1], consumers[at + 2] = c, members[i + 1]
  consumers[at + 3], consumers[at + 4] = call('ZSCORE', $expiries, c) or '0', kept or call('HGET', $weights, c)
  consumers[at + 5], consumers[at + 6] = held_by[c], waiting[c]
  consumers[at + 7] = call('HGET', $work, 'done ' .. c) or '0'
  consumers[at + 8] = call('HGET', $work, 'failed ' .. c) or '0'
  consumers[at + 9] = kept and 1 or 0
end
return { names, call('ZCARD', $due), gated, call('XLEN', $dead), consumers, call('HGETALL', $counters), string.format('%.0f', clock()) }

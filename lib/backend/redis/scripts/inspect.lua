-- A picture of the app in one step.
-- KEYS: root
-- Returns { { address, length, held, live members, … }, delayed, gated, dead letters, { consumer, member, expiry, lane, … }, counters }
--@include message
local names = {}
for _, address in ipairs(call('SMEMBERS', $streams)) do
  local stream = $stream .. address
  local held = redis.pcall('XPENDING', stream, 'g')
  local live = 0
  local claims = call('HGETALL', $claims .. address)
  for i = 1, #claims, 2 do
    live = live + (claims[i] == '' and 0 or tonumber(claims[i + 1]))
  end
  local at = #names
  names[at + 1], names[at + 2] = address, call('XLEN', stream)
  names[at + 3], names[at + 4] = held.err and 0 or held[1], live
end
-- what was routed to a lane is counted under its name
local function count_lane(lane)
  local held, places = {}, {}
  for _, entry in ipairs(call('XPENDING', lane, 'g', '-', '+', 10000)) do
    held[entry[1]] = true
  end
  for i = 1, #names, 4 do
    places[names[i]] = i
  end
  for _, entry in ipairs(call('XRANGE', lane, '-', '+', 'COUNT', 10000)) do
    local m = decode((fields(entry)))
    local at = m and places[m.n]
    if at then
      names[at + 1] = names[at + 1] + 1
      names[at + 2] = names[at + 2] + (held[entry[1]] and 1 or 0)
    end
  end
end

local gated = 0
for _, n in ipairs(call('HVALS', $gated)) do
  gated = gated + tonumber(n)
end
local consumers = {}
local members = call('HGETALL', $members)
for i = 1, #members, 2 do
  local c = members[i]
  local at = #consumers
  consumers[at + 1], consumers[at + 2] = c, members[i + 1]
  consumers[at + 3] = call('ZSCORE', $expiries, c) or '0'
  consumers[at + 4] = 0
  for _, kind in ipairs({ 't:', 'r:' }) do
    local lane = $lane .. kind .. c
    local length = call('XLEN', lane)
    if length > 0 then
      count_lane(lane)
      consumers[at + 4] = consumers[at + 4] + length
    end
  end
end
return { names, call('ZCARD', $due), gated, call('XLEN', $dead), consumers, call('HGETALL', $counters) }

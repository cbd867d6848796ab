-- Bounds on waiting work. Read only where one is set.
--@need group
-- ready messages nobody was handed yet
local function unread(stream)
  local n = call('XLEN', stream)
  return n == 0 and 0 or math.max(0, n - tonumber(group_of(stream).pending))
end

-- the streams tasks of a service can wait in
local function task_streams(service)
  local streams = {}
  for _, address in ipairs(call('SMEMBERS', $serviceNames .. service)) do
    if string.sub(address, 1, 1) == 't' then
      streams[#streams + 1] = $stream .. address
    end
  end
  for _, key in ipairs(call('SMEMBERS', $taskLanes .. service)) do
    streams[#streams + 1] = key
  end
  return streams
end

-- events that the service takes: they lie in its lanes, too, and count for nothing
local function events_of(service)
  local events = {}
  for _, address in ipairs(call('SMEMBERS', $serviceNames .. service)) do
    if string.byte(address) == 101 then
      events[#events + 1] = address
    end
  end
  return events
end

-- who bounds an address: { max, overflow, streams, scope, waiting }
local bounds, by_service = {}, {}
local function bound_of(address)
  if bounds[address] ~= nil then
    return bounds[address]
  end
  local c = claim(address)
  local sole = c.sole
  local limits = sole and c.limits and cmsgpack.unpack(c.limits)
  local b = false
  if c.request then
    b = limits and { max = limits.maxWaiting, streams = { $stream .. address }, laned = address } or false
  elseif limits and limits.streamLength then
    b = by_service[sole] or { max = limits.streamLength, drop = limits.overflow == 'drop-oldest', streams = task_streams(sole), scope = 's:' .. sole, events = events_of(sole) }
    by_service[sole] = b
  elseif not sole and ARGV[4] ~= '' then
    b = { max = tonumber(ARGV[4]), drop = ARGV[5] == 'drop-oldest', streams = { $stream .. address }, scope = 'n:' .. address }
  end
  bounds[address] = b
  return b
end

-- messages of an address in lanes, those of this call included
local function lying(address)
  return tonumber(call('HGET', $laned, address) or 0) + (laned[address] or 0)
end

-- most are far from their bound: the lengths alone tell
local function waiting(b)
  local n = b.scope and tonumber(call('HGET', $gated, b.scope) or 0) or 0
  for _, stream in ipairs(b.streams) do
    n = n + call('XLEN', stream)
  end
  for _, address in ipairs(b.events or {}) do
    n = n - lying(address)
  end
  local in_lanes = b.laned and tonumber(call('HGET', $laned, b.laned) or 0) or 0
  if n + in_lanes < b.max - 256 then
    return n + in_lanes
  end
  local of_events = 0
  if in_lanes > 0 or (b.events and b.events[1]) then
--@include held
    in_lanes = in_lanes > 0 and in_lanes - held_of(b.laned) or 0
    for _, address in ipairs(b.events or {}) do
      of_events = of_events + lying(address) - held_of(address)
    end
  end
  n = b.scope and tonumber(call('HGET', $gated, b.scope) or 0) or 0
  for _, stream in ipairs(b.streams) do
    n = n + unread(stream)
  end
  return n + in_lanes - of_events
end

local dropping = {}

-- whether `n` more would be too many; counts them in otherwise
local function full(address, n)
  local b = bound_of(address)
  if not b then
    return false
  end
  b.waiting = (b.waiting or waiting(b)) + n
  if b.drop then
    dropping[b] = true
    return false
  end
  if b.waiting > b.max then
    b.waiting = b.waiting - n
    return true
  end
  return false
end

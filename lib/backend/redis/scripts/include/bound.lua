-- Bounds on waiting work. Read only where one is set.
--@need group
-- ready messages nobody was handed yet
local function unread(stream)
  local n = call('XLEN', stream)
  return n == 0 and 0 or math.max(0, n - tonumber(group_of(stream).pending))
end

-- The streams tasks of a service can wait in, and the events that lie in its lanes, too: they count for nothing.
local function task_streams(service)
  local streams, events = {}, {}
  for _, address in ipairs(call('SMEMBERS', $serviceNames .. service)) do
    if string.sub(address, 1, 1) == 't' then
      streams[#streams + 1] = $stream .. address
    elseif string.sub(address, 1, 1) == 'e' then
      events[#events + 1] = address
    end
  end
  for _, key in ipairs(call('SMEMBERS', $taskLanes .. service)) do
    streams[#streams + 1] = key
  end
  return streams, events
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
    b = by_service[sole]
    if not b then
      b = { max = limits.streamLength, drop = limits.overflow == 'drop-oldest', scope = 's:' .. sole }
      b.streams, b.events = task_streams(sole)
      by_service[sole] = b
    end
  elseif not sole and ARGV[4] ~= '' then
    b = { max = tonumber(ARGV[4]), drop = ARGV[5] == 'drop-oldest', streams = { $stream .. address }, scope = 'n:' .. address }
  end
  bounds[address] = b
  return b
end

-- most are far from their bound: the lengths alone tell
local function waiting(b)
  local n = b.scope and tonumber(call('HGET', $gated, b.scope) or 0) or 0
  for _, stream in ipairs(b.streams) do
    n = n + call('XLEN', stream)
  end
  local of_events = 0
  for _, address in ipairs(b.events or {}) do
    of_events = of_events + tonumber(call('HGET', $laned, address) or 0) + (laned[address] or 0)
  end
  local in_lanes = b.laned and tonumber(call('HGET', $laned, b.laned) or 0) or 0
  n = n + in_lanes - of_events
  if n < b.max - 256 then
    return n
  end
  if in_lanes > 0 or of_events > 0 then
--@include held
    in_lanes = in_lanes > 0 and in_lanes - held_of(b.laned) or 0
    for _, address in ipairs(b.events or {}) do
      of_events = of_events - held_of(address)
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

-- Bounds on waiting work. Read only where one is set.
local function group_of(stream)
  local ok, groups = pcall(call, 'XINFO', 'GROUPS', stream)
  local info = { pending = 0, ['last-delivered-id'] = '0-0' }
  if ok and not groups.err and groups[1] then
    for i = 1, #groups[1], 2 do
      info[groups[1][i]] = groups[1][i + 1]
    end
  end
  return info
end

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
  for _, consumer in ipairs(call('SMEMBERS', $crew .. service)) do
    streams[#streams + 1] = $lane .. 't:' .. consumer
  end
  return streams
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
    b = limits and { max = limits.maxWaiting, streams = { $stream .. address } } or false
  elseif limits and limits.streamLength then
    b = by_service[sole] or { max = limits.streamLength, drop = limits.overflow == 'drop-oldest', streams = task_streams(sole), scope = 's:' .. sole }
    by_service[sole] = b
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
  if n < b.max - 256 then
    return n
  end
  n = b.scope and tonumber(call('HGET', $gated, b.scope) or 0) or 0
  for _, stream in ipairs(b.streams) do
    n = n + unread(stream)
  end
  return n
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

local function older(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  am, bm = tonumber(am), tonumber(bm)
  return am < bm or (am == bm and tonumber(as) < tonumber(bs))
end

local function oldest_unread(streams)
  local best, source
  for _, stream in ipairs(streams) do
    if call('XLEN', stream) > 0 then
      local entry = call('XRANGE', stream, '(' .. group_of(stream)['last-delivered-id'], '+', 'COUNT', 1)[1]
      if entry and (not best or older(entry[1], best[1])) then
        best, source = entry, stream
      end
    end
  end
  return best, source
end

-- the one that has waited longest behind a key
local function oldest_gated(scope)
  local best, list
  for _, key in ipairs(call('HKEYS', $busy .. scope)) do
    local unique = call('LINDEX', waitlist(scope, key), 0)
    local body = unique and call('HGET', $bodies, unique)
    if body then
      local h, p = cmsgpack.unpack(body)
      local m = decode(h)
      if not best or m.t < best.m.t then
        best, list = { m = m, h = h, p = p }, waitlist(scope, key)
      end
    end
  end
  return best, list
end

local function drop_one(b, info)
  local entry, source = oldest_unread(b.streams)
  if entry then
    local h, p = fields(entry)
    local m = decode(h)
    stamp(m, entry[1])
    bury(m, encode(m), p, info)
    call('XDEL', source, entry[1])
    return true
  end
  local gated, list = oldest_gated(b.scope)
  if gated then
    bury(nil, gated.h, gated.p, info)
    call('LPOP', list)
    call('HDEL', $bodies, gated.m.i)
    call('HINCRBY', $gated, b.scope, -1)
    return true
  end
  return false
end

-- drop-oldest: what is over the bound once the new ones are in
local function shed()
  for b in pairs(dropping) do
    local info = { r = 'dropped', e = '{"name":"OverloadedError","message":"dropped: the queue was full","code":"OVERLOADED"}', c = '', w = clock() }
    local dropped = 0
    local excess = waiting(b) - b.max
    while dropped < excess and drop_one(b, info) do
      dropped = dropped + 1
    end
    count('dropped', dropped)
  end
end

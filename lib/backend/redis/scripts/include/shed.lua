-- drop-oldest: what is over a bound goes to the dead letters. Needs bound, gate and dead.
--@include older

-- lanes hold events, too
local function first_task(stream)
  local from = '(' .. group_of(stream)['last-delivered-id']
  local n = 1
  while true do
    local entries = call('XRANGE', stream, from, '+', 'COUNT', n)
    for _, entry in ipairs(entries) do
      local m = decode((fields(entry)))
      if m and string.byte(m.n) ~= 101 then
        return entry
      end
    end
    if #entries < n then
      return nil
    end
    from, n = '(' .. entries[n][1], 64
  end
end

local function oldest_unread(streams)
  local best, source
  for _, stream in ipairs(streams) do
    if call('XLEN', stream) > 0 then
      local entry = first_task(stream)
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
    leave_lane(source, m.n, 1)
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

-- what is over the bound once the new ones are in
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

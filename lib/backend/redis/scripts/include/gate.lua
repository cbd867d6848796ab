-- The key gate: at most one message of a key is ready or running; the others wait in its list, in order.
-- Keys are counted per scope: the one service that handles the name, or the name itself. A scope changes only
-- while none of its keys is held, so no change of routing can break an order. That of an event is its subscription's
-- service and name, whoever lives.
local function scope_of(address)
  if string.byte(address) == 101 then
    local at = 3
    for _ = 1, 2 do
      local length, from = string.match(address, '^(%d+):()', at)
      at = from + tonumber(length) + 1
    end
    return string.sub(address, 1, at - 1)
  end
  local current = call('HGET', $scopes, address)
  local sole = claim(address).sole
  local wanted = sole and 's:' .. sole or 'n:' .. address
  if current == wanted or (current and call('EXISTS', $busy .. current) == 1) then
    return current
  end
  call('HSET', $scopes, address, wanted)
  return wanted
end

local function waitlist(scope, key)
  return $waitlist .. #scope .. ':' .. scope .. ':' .. key
end

-- what the messages behind a key are counted under
local function gated_under(scope, address)
  return string.byte(address) == 101 and address or scope
end

local function less_gated(field)
  if call('HINCRBY', $gated, field, -1) <= 0 then
    call('HDEL', $gated, field)
  end
end

local function park(m, p)
  m.t = m.t or clock()
  call('HSET', $bodies, m.i, cmsgpack.pack(encode(m), p))
end

-- Lets the message in: to where it can be taken, or behind the holder of its key (the key of a request only routes it).
-- Returns whether it stays parked, and whether its sender should look at the routes again.
local function admit(m, h, p, proposal)
  if m.k and string.byte(m.n) ~= 114 then
    local scope = scope_of(m.n)
    if call('HSETNX', $busy .. scope, m.k, m.i) == 0 and call('HGET', $busy .. scope, m.k) ~= m.i then
      park(m, p)
      call('RPUSH', waitlist(scope, m.k), m.i)
      call('HINCRBY', $gated, gated_under(scope, m.n), 1)
      return true, false
    end
  end
  return false, place(m, h, p, proposal)
end

-- Frees a key its message holds: the next one is placed before it leaves the list.
local function free(address, key, unique)
  if not key or string.byte(address) == 114 then
    return
  end
  local scope = string.byte(address) == 101 and scope_of(address) or call('HGET', $scopes, address)
  if not scope or call('HGET', $busy .. scope, key) ~= unique then
    return
  end
  local list = waitlist(scope, key)
  local next = call('LINDEX', list, 0)
  if not next then
    call('HDEL', $busy .. scope, key)
    return
  end
  local body = call('HGET', $bodies, next)
  local field = scope
  if body then
    local h, p = cmsgpack.unpack(body)
    local m = decode(h)
    field = gated_under(scope, m.n)
    place(m, h, p)
  end
  call('HSET', $busy .. scope, key, next)
  call('LPOP', list)
  call('HDEL', $bodies, next)
  less_gated(field)
end

-- Parks the message until `due`; says so on the control channel when it is the next one.
local function delay(m, p, due)
  park(m, p)
  call('ZADD', $due, due, m.i)
  if call('ZRANGE', $due, 0, 0)[1] == m.i then
    call('PUBLISH', ARGV[#ARGV], 'due ' .. string.format('%.0f', due))
  end
end

-- The key gate: at most one message of a key is ready or running; the others wait in its list, in order.
-- Keys are counted per scope: the one service that handles the name, or the name itself. A scope changes only
-- while none of its keys is held, so no change of routing can break an order.
local function scope_of(address)
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

local function park(m, p)
  m.t = m.t or clock()
  call('HSET', $bodies, m.i, cmsgpack.pack(encode(m), p))
end

-- Lets the message in: to where it can be taken, or behind the holder of its key (the key of a request only routes it).
-- Returns whether it stays parked, and whether its sender should look at the routes again.
local function admit(m, h, p, proposal)
  if m.k and string.sub(m.n, 1, 1) == 't' then
    local scope = scope_of(m.n)
    if call('HSETNX', $busy .. scope, m.k, m.i) == 0 and call('HGET', $busy .. scope, m.k) ~= m.i then
      park(m, p)
      call('RPUSH', waitlist(scope, m.k), m.i)
      call('HINCRBY', $gated, scope, 1)
      return true, false
    end
  end
  return false, place(m, h, p, proposal)
end

-- Frees a key its message holds: the next one is placed before it leaves the list.
local function free(address, key, unique)
  if not key or string.sub(address, 1, 1) ~= 't' then
    return
  end
  local scope = call('HGET', $scopes, address)
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
  if body then
    local h, p = cmsgpack.unpack(body)
    place(decode(h), h, p)
  end
  call('HSET', $busy .. scope, key, next)
  call('LPOP', list)
  call('HDEL', $bodies, next)
  if call('HINCRBY', $gated, scope, -1) <= 0 then
    call('HDEL', $gated, scope)
  end
end

-- Parks the message until `due`; says so on the control channel when it is the next one.
local function delay(m, p, due)
  park(m, p)
  call('ZADD', $due, due, m.i)
  if call('ZRANGE', $due, 0, 0)[1] == m.i then
    call('PUBLISH', ARGV[#ARGV], 'due ' .. string.format('%.0f', due))
  end
end

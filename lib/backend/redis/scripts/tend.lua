-- Looks after one subscription: drops what is beyond its bounds, and the subscription itself when nobody has handled it
-- for its max age.
-- KEYS: root
-- ARGV: address, event, chunk
-- Returns { 'ok' | 'removed', dropped and not told, age of the oldest ms, max age, bytes, max bytes, more 0/1, behind 0/1 }
--@include room
--@include message
--@include place
--@include gate
--@include subscription
--@need group
--@include backlog
local address, event, chunk = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now = clock()
local live = call('EXISTS', $claims .. address) == 1
if live then
  call('HSET', $attended, address, string.format('%.0f', now))
end
local packed = call('HGET', $subscriptions .. event, address)
local s = packed and cmsgpack.unpack(packed)
if s then
  s.address = address
  if now - tonumber(call('HGET', $attended, address) or now) > s.a then
    call('HDEL', $subscriptions .. event, address)
    if call('EXISTS', $subscriptions .. event) == 0 then
      call('DEL', $log .. event)
    end
  end
end
local stands = s and call('HEXISTS', $subscriptions .. event, address) == 1
expect(chunk)

local function over(state, more)
  rest_decks()
  note_lanes()
  local untold = tonumber(call('HGET', $untold, address) or 0)
  call('HDEL', $untold, address)
  local waiting, bytes = weight_of(address)
  local oldest = waiting > 0 and oldest_of(address, 1)[1]
  return { state, untold, oldest and now - oldest.m.t or 0, s and s.a or 0, math.floor(bytes), s and s.b or 0,
    more and 1 or 0, stands and s.p and 1 or 0 }
end

-- its members join again and bring it back
if live and not stands then
  return over('ok', false)
end
-- nobody will ever take these; a retry that is due later comes to light when it is
if not stands then
  local all = drop_old(address, now, chunk)
  if not all then
    return over('removed', true)
  end
  local state = call('HDEL', $attended, address) == 1 and 'removed' or 'ok'
  call('HDEL', $unweighed, address)
  if call('XLEN', $stream .. address) == 0 then
    call('DEL', $stream .. address)
    call('SREM', $streams, address)
  end
  return over(state, false)
end

trim_log(s)
local fits = drop_old(address, now - s.a, chunk)
fits = drop_heavy(s, chunk) and fits
return over('ok', not fits)

-- Ends a membership and places again, a chunk at a time, what the consumer held.
-- KEYS: root
-- ARGV: consumer, chunk, leaving '1' or '', lost limit, error of a lost task as JSON, error of a lost request as JSON, control channel
-- Returns 'alive' (its time is not over), 'more' (call again) or 'done'
--@include message
--@include place
--@include gate
--@include dead
--@include lost
local consumer, chunk, leaving = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local now = clock()
local expiry = call('ZSCORE', $expiries, consumer)
if not leaving and expiry and tonumber(expiry) > now then
  return 'alive'
end

local meta = call('HGET', $members, consumer)
if meta then
  local service = cmsgpack.unpack(meta).service
  call('HDEL', $members, consumer)
  for _, address in ipairs(call('HKEYS', $namesOf .. consumer)) do
    if call('HINCRBY', $claims .. address, service, -1) <= 0 then
      call('HDEL', $claims .. address, service)
      if call('HLEN', $claims .. address) == 1 then
        call('DEL', $claims .. address)
      end
    end
  end
  call('SREM', $crew .. service, consumer)
  if call('EXISTS', $crew .. service) == 0 then
    call('DEL', $serviceNames .. service)
  end
  if call('GET', $leader) == consumer then
    call('DEL', $leader)
  end
  call('PUBLISH', ARGV[7], 'members ' .. call('INCR', $epoch))
end

local lost = { now = now, limit = tonumber(ARGV[4]), taskError = ARGV[5], replyError = ARGV[6], consumer = consumer }
local left = chunk

-- what it was handed from a stream
local function move_held(stream)
  local pending = redis.pcall('XPENDING', stream, 'g', '-', '+', left, consumer)
  if pending.err then
    return
  end
  for _, entry in ipairs(pending) do
    move_lost(stream, entry[1], true, not leaving, lost)
  end
  left = left - #pending
end

local names = call('HKEYS', $namesOf .. consumer)
for _, address in ipairs(names) do
  if left <= 0 then
    return 'more'
  end
  move_held($stream .. address)
end
for _, kind in ipairs({ 't:', 'r:' }) do
  local lane = $lane .. kind .. consumer
  if left <= 0 then
    return 'more'
  end
  move_held(lane)
  for _, entry in ipairs(left > 0 and call('XRANGE', lane, '-', '+', 'COUNT', left) or {}) do
    move_lost(lane, entry[1], false, false, lost)
    left = left - 1
  end
  if call('XLEN', lane) > 0 then
    return 'more'
  end
  call('DEL', lane)
end
if left <= 0 then
  return 'more'
end

-- nothing is left in its hands: forget it, and with it the streams that nobody needs now
for _, address in ipairs(names) do
  local stream = $stream .. address
  redis.pcall('XGROUP', 'DELCONSUMER', stream, 'g', consumer)
  if call('EXISTS', $claims .. address) == 0 and call('XLEN', stream) == 0 then
    call('DEL', stream)
    call('SREM', $streams, address)
    local scope = call('HGET', $scopes, address)
    if scope and call('EXISTS', $busy .. scope) == 0 then
      call('HDEL', $scopes, address)
    end
  end
end
call('DEL', $namesOf .. consumer)
call('ZREM', $expiries, consumer)
return 'done'

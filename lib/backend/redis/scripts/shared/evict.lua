-- Ends a membership and places again, a chunk at a time, what the consumer held.
-- KEYS: root
-- ARGV: consumer, chunk, leaving '1' or '', lost limit, error of a lost task as JSON, error of a lost request as JSON, control channel
-- Returns 'alive' (its time is not over), 'more' (call again) or 'done'
--@include room
--@include message
--@include place
--@include gate
--@include dead
--@include lost
local consumer, chunk, leaving = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local now = clock()
local expiry = call('ZSCORE', $expiries, consumer)
local meta = call('HGET', $members, consumer)
if meta and not leaving and expiry and tonumber(expiry) > now then
  return 'alive'
end

if meta then
  for _, name in ipairs(cmsgpack.unpack(meta).names) do
    call('HDEL', $claims .. name.address, consumer)
  end
  call('HDEL', $members, consumer)
  call('HDEL', $weights, consumer)
  call('HDEL', $resting, consumer)
  call('HDEL', $work, 'done ' .. consumer, 'failed ' .. consumer)
  if call('GET', $leader) == consumer then
    call('DEL', $leader)
  end
  -- if it only stands still, what it reads now is placed again at once; an hour later nobody stands still any more
  call('ZADD', $gone, now, consumer)
  call('ZREMRANGEBYSCORE', $gone, '-inf', now - 3600000)
  call('PUBLISH', ARGV[7], 'members ' .. call('INCR', $epoch) .. (leaving and ' left 0 ' or ' evicted 0 ') .. consumer)
end

local lost = { now = now, limit = tonumber(ARGV[4]), taskError = ARGV[5], replyError = ARGV[6], consumer = consumer }
local pending = redis.pcall('XPENDING', S, G, '-', '+', chunk, consumer)
if not pending.err then
  for _, entry in ipairs(pending) do
    move_lost(entry[1], not leaving, lost)
  end
  if #pending == chunk then
    return 'more'
  end
  redis.pcall('XGROUP', 'DELCONSUMER', S, G, consumer)
end
call('ZREM', $expiries, consumer)
return 'done'

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
-- one that is half gone is no member any more: whoever comes takes the next step
if meta and not leaving and expiry and tonumber(expiry) > now then
  return 'alive'
end

if meta then
  local service = cmsgpack.unpack(meta).service
  call('HDEL', $members, consumer)
  call('HDEL', $weights, consumer)
  call('HDEL', $resting, consumer)
  call('HDEL', $namesOf .. consumer, '')
  call('HDEL', $hashes, consumer)
  call('HDEL', $work, 'done ' .. consumer, 'failed ' .. consumer)
  local named = call('HGETALL', $namesOf .. consumer)
  local groups = {}
  for i = 1, #named, 2 do
    local address, group = named[i], named[i + 1]
    if address ~= '' then
      groups[group] = true
      local scope = scope_name(service, group)
      if call('HINCRBY', $claims .. address, 'S' .. scope, -1) <= 0 then
        call('HDEL', $claims .. address, 'S' .. scope, 'R' .. scope)
        if call('HLEN', $claims .. address) == 1 then
          call('DEL', $claims .. address)
        end
      end
    end
  end
  for group in pairs(groups) do
    local scope = scope_name(service, group)
    call('HDEL', $loaded, lane(consumer, group))
    call('SREM', $taskLanes .. service, lane(consumer, group))
    call('SREM', $peers .. scope, consumer)
    if call('EXISTS', $peers .. scope) == 1 then
      deal(scope)
    else
      call('DEL', $deck .. scope)
      call('HDEL', $rules, scope)
      call('HDEL', $picks, scope)
    end
  end
  call('SREM', $crew .. service, consumer)
  if call('EXISTS', $crew .. service) == 0 then
    call('DEL', $serviceNames .. service)
  end
  if call('GET', $leader) == consumer then
    call('DEL', $leader)
  end
  call('PUBLISH', ARGV[7], 'members ' .. call('INCR', $epoch) .. (leaving and ' left 0 ' or ' evicted 0 ') .. consumer)
end
expect(chunk)
-- how a chunk ends
local function over(state)
  rest_decks()
  note_lanes()
  return state
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

local names, lanes = {}, {}
local handled = call('HGETALL', $namesOf .. consumer)
for i = 1, #handled, 2 do
  if handled[i] ~= '' then
    names[#names + 1] = handled[i]
    lanes[lane(consumer, handled[i + 1])] = true
  end
end
for _, address in ipairs(names) do
  if left <= 0 then
    return over('more')
  end
  move_held($stream .. address)
end
for key in pairs(lanes) do
  if left <= 0 then
    return over('more')
  end
  move_held(key)
  for _, entry in ipairs(left > 0 and call('XRANGE', key, '-', '+', 'COUNT', left) or {}) do
    move_lost(key, entry[1], false, false, lost)
    left = left - 1
  end
  if call('XLEN', key) > 0 then
    return over('more')
  end
  call('DEL', key)
end
if left <= 0 then
  return over('more')
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
return over('done')

-- Stops or starts one member, which keeps its weight for afterwards.
-- KEYS: root
-- ARGV: consumer, '1' or '' to start it again, control channel
-- Returns 1, or 0 when there is no such member
--@include change-weight
local consumer, paused = ARGV[1], ARGV[2] == '1'
local weight, kept = call('HGET', $weights, consumer), call('HGET', $resting, consumer)
if not weight then
  return 0
end
if paused and not kept then
  call('HSET', $resting, consumer, weight)
  change_weight(consumer, '0', ARGV[3])
elseif kept and not paused then
  change_weight(consumer, kept, ARGV[3])
  call('HDEL', $resting, consumer)
end
return 1

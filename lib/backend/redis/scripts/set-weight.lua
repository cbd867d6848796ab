-- Changes a member's share of routed work; that of a paused one counts once it goes on.
-- KEYS: root
-- ARGV: consumer, weight, control channel
-- Returns 1, or 0 when there is no such member
--@include room
--@include change-weight
local consumer, weight = ARGV[1], ARGV[2]
local before = call('HGET', $weights, consumer)
if not before then
  return 0
end
if call('HEXISTS', $resting, consumer) == 1 then
  call('HSET', $resting, consumer, weight)
elseif before ~= weight then
  change_weight(consumer, weight, ARGV[3])
end
return 1

-- Changes a member's weight: with 0 it takes nothing new. All others are equal, whoever is free takes what comes.
-- KEYS: root
-- ARGV: consumer, weight, control channel
-- Returns 1, or 0 when there is no such member
local consumer, weight = ARGV[1], ARGV[2]
local before = call('HGET', $weights, consumer)
if not before then
  return 0
end
if before ~= weight then
  call('HSET', $weights, consumer, weight)
  call('PUBLISH', ARGV[3], 'members ' .. call('INCR', $epoch) .. ' weight ' .. weight .. ' ' .. consumer)
end
return 1

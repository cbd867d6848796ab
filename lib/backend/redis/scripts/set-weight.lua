-- Changes a member's share of routed work.
-- KEYS: root
-- ARGV: consumer, weight, control channel
-- Returns 1, or 0 when there is no such member
--@include message
--@include place
local consumer, weight = ARGV[1], ARGV[2]
local before = call('HGET', $weights, consumer)
if not before then
  return 0
end
if before ~= weight then
  call('HSET', $weights, consumer, weight)
  local service = home_of(consumer)
  call('HSET', $namesOf .. consumer, '', weight .. ' ' .. service)
  local names, dealt = call('HGETALL', $namesOf .. consumer), {}
  for i = 1, #names, 2 do
    local scope = scope_name(service, names[i + 1])
    if names[i] ~= '' and not dealt[scope] then
      dealt[scope] = true
      deal(scope)
    end
  end
  call('PUBLISH', ARGV[3], 'members ' .. call('INCR', $epoch) .. ' weight ' .. weight .. ' ' .. consumer)
end
return 1

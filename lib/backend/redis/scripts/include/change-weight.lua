-- Changes the weight that counts: the member's turns and lanes from the next message on, and what everybody is told.
--@need message
--@need place
local function change_weight(consumer, weight, channel)
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
  call('PUBLISH', channel, 'members ' .. call('INCR', $epoch) .. ' weight ' .. weight .. ' ' .. consumer)
end

-- Changes the weight that counts: with 0 a member takes nothing new. All others are equal, whoever is free takes what comes.
local function change_weight(consumer, weight, channel)
  call('HSET', $weights, consumer, weight)
  call('PUBLISH', channel, 'members ' .. call('INCR', $epoch) .. ' weight ' .. weight .. ' ' .. consumer)
end

-- Stops or starts the reading of one queue of a service, by all its members.
-- KEYS: root
-- ARGV: service, `t:` or `r:` and the queue, '1' or '' to start it again, control channel
-- Returns 1, or 0 when it was so already
--@include room
local service, pool, paused = ARGV[1], ARGV[2], ARGV[3] == '1'
local changed = call(paused and 'SADD' or 'SREM', $paused .. service, pool)
if changed == 1 then
  call('PUBLISH', ARGV[4], 'pause ' .. service)
end
return changed

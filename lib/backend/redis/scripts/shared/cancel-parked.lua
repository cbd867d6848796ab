-- Takes a delayed message out, or one that waits for its retry.
-- KEYS: root
-- ARGV: unique
-- Returns 1 when it was there
--@include room
local unique = ARGV[1]
if call('ZREM', $due, unique) == 0 then
  return 0
end
call('HDEL', $bodies, unique)
return 1

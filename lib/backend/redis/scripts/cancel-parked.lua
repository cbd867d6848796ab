-- Takes a message out of its parked place: delayed, waiting for its retry, or waiting behind its key.
-- KEYS: root
-- ARGV: unique
-- Returns 1 when it was there
--@include room
--@include message
--@include place
--@include gate
local unique = ARGV[1]
local body = call('HGET', $bodies, unique)
if not body then
  return 0
end
local m = decode((cmsgpack.unpack(body)))
if call('ZREM', $due, unique) == 1 then
  free(m.n, m.k, unique)
else
  local scope = scope_of(m.n)
  call('LREM', waitlist(scope, m.k), 1, unique)
  less_gated(gated_under(scope, m.n))
end
call('HDEL', $bodies, unique)
rest_decks()
note_lanes()
return 1

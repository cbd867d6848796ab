-- Takes back a request that was added without a look, of a name that is not open any more. Who holds it keeps it.
-- KEYS: root
-- ARGV: address, id of the entry ('' = there was no stream)
-- Returns 1, or 0 when somebody holds it, or has settled it already
local stream, id = $stream .. ARGV[1], ARGV[2]
if id ~= '' then
  local pending = redis.pcall('XPENDING', stream, 'g', id, id, 1)
  if not pending.err and pending[1] or call('XDEL', stream, id) == 0 then
    return 0
  end
end
call('HINCRBY', $counters, 'added', -1)
return 1

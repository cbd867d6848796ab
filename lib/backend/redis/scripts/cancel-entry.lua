-- Cancels a message that lies in a stream: an unread one is removed (the caller of a request is told), the holder of a running one is told.
-- KEYS: root
-- ARGV: source, id, unique, control channel, body of the error a caller gets
-- Returns 'removed', 'signalled' or 'moved' (it is not there any more)
--@include room
--@include message
--@include place
--@include gate
--@include answer
local source, id, unique = ARGV[1], ARGV[2], ARGV[3]
local entry = call('XRANGE', source, id, id)[1]
local m = entry and decode((fields(entry)))
if not m or m.i ~= unique then
  return 'moved'
end
local pending = redis.pcall('XPENDING', source, 'g', id, id, 1)
if not pending.err and pending[1] then
  call('PUBLISH', ARGV[4], 'cancel ' .. unique .. ' ' .. pending[1][2])
  return 'signalled'
end
if string.sub(m.n, 1, 1) == 'r' then
  answer(m, ARGV[5])
end
leave_lane(source, m.n, 1, true)
free(m.n, m.k, unique)
call('XDEL', source, id)
rest_decks()
note_lanes()
return 'removed'

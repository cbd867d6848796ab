-- Places what is due. A message that holds its key (a retry) goes on; another one takes its place in the order now.
-- KEYS: root
-- ARGV: chunk
-- Returns { how many, now, next due }
--@include room
--@include message
--@include place
--@include gate
--@include due
local now = clock()
expect(tonumber(ARGV[1]))
local due = call('ZRANGEBYSCORE', $due, '-inf', now, 'LIMIT', 0, tonumber(ARGV[1]))
for _, unique in ipairs(due) do
  local body = call('HGET', $bodies, unique)
  local parked = false
  if body then
    local h, p = cmsgpack.unpack(body)
    parked = admit(decode(h), h, p)
  end
  call('ZREM', $due, unique)
  if not parked then
    call('HDEL', $bodies, unique)
  end
end
rest_decks()
note_lanes()
return { #due, string.format('%.0f', now), next_due() }

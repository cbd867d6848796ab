-- Finds what consumers that are no members hold of one name: a dead one whose waiting read was served after its eviction.
-- KEYS: root
-- ARGV: address, chunk, lost limit, error of a lost task as JSON, error of a lost request as JSON
-- Returns how many messages were placed again
--@include room
--@include message
--@include place
--@include gate
--@include dead
--@include lost
local stream, chunk = $stream .. ARGV[1], tonumber(ARGV[2])
local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, 'g')
if consumers.err then
  return 0
end
local lost = { now = clock(), limit = tonumber(ARGV[3]), taskError = ARGV[4], replyError = ARGV[5] }
local moved = 0
expect(chunk)
for _, info in ipairs(consumers) do
  local c = {}
  for i = 1, #info, 2 do
    c[info[i]] = info[i + 1]
  end
  local stranger = call('HEXISTS', $members, c.name) == 0 and not call('ZSCORE', $expiries, c.name)
  if stranger and moved < chunk then
    lost.consumer = c.name
    local pending = call('XPENDING', stream, 'g', '-', '+', chunk - moved, c.name)
    for _, entry in ipairs(pending) do
      move_lost(stream, entry[1], true, true, lost)
    end
    moved = moved + #pending
    if #call('XPENDING', stream, 'g', '-', '+', 1, c.name) == 0 then
      call('XGROUP', 'DELCONSUMER', stream, 'g', c.name)
    end
  end
end
rest_decks()
note_lanes()
return moved

-- Places again what consumers hold that are no members: one of ours that read once more after its eviction, or a Go-Broker
-- worker. Such a worker gives no sign of life: it counts as dead when it has not acknowledged a message for too long.
-- KEYS: root
-- ARGV: chunk, lost limit, error of a lost task as JSON, error of a lost request as JSON, longest time in the hands of a foreign worker in ms
-- Returns how many messages were placed again
--@include room
--@include message
--@include place
--@include gate
--@include dead
--@include lost
local chunk, patience = tonumber(ARGV[1]), ARGV[5]
local consumers = redis.pcall('XINFO', 'CONSUMERS', S, G)
if consumers.err then
  return 0
end
local lost = { now = clock(), limit = tonumber(ARGV[2]), taskError = ARGV[3], replyError = ARGV[4] }
local moved = 0
for _, info in ipairs(consumers) do
  local c = {}
  for i = 1, #info, 2 do
    c[info[i]] = info[i + 1]
  end
  local stranger = call('HEXISTS', $members, c.name) == 0 and not call('ZSCORE', $expiries, c.name)
  if stranger and c.pending > 0 and moved < chunk then
    lost.consumer = c.name
    local idle = call('ZSCORE', $gone, c.name) and '0' or patience
    local pending = call('XPENDING', S, G, 'IDLE', idle, '-', '+', chunk - moved, c.name)
    for _, entry in ipairs(pending) do
      move_lost(entry[1], true, lost)
    end
    moved = moved + #pending
  end
end
return moved

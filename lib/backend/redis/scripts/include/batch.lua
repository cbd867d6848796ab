-- The idempotent producer: ARGV = its name, the number of the batch.
-- Numbers stay texts where they can: Redis spells out each number that a script hands to a command.
local producer, slot = $producer .. ARGV[1], string.sub(ARGV[2], -1)
-- A batch that was applied already gets the answer it got then. One that comes so late that its slot is used again
-- (bytes of a dead connection that the network delivers after all) is refused: nobody waits for it any more.
local seen_before = call('HMGET', producer, slot, 'top')
local applied, top = seen_before[1], tonumber(seen_before[2] or 0)
if applied == ARGV[2] then
  -- a write, for replicas to confirm: this connection may not be the one that made the first
  call('PEXPIRE', producer, 3600000)
  return {}
elseif applied and string.sub(applied, 1, #ARGV[2] + 1) == ARGV[2] .. ' ' then
  call('PEXPIRE', producer, 3600000)
  return cmsgpack.unpack(string.sub(applied, #ARGV[2] + 2))
elseif tonumber(ARGV[2]) <= top - 10 then
  return redis.error_reply('TOOLATE batch ' .. ARGV[2] .. ' of ' .. ARGV[1] .. ', ' .. top .. ' was applied')
end

-- The idempotent producer: ARGV = its name, the number of the batch.
local producer, slot = $producer .. ARGV[1], string.sub(ARGV[2], -1)
-- A batch that was applied already gets the answer it got then. One that comes so late that its slot is used again
-- (bytes of a dead connection that the network delivers after all) is refused: nobody waits for it any more.
local applied = call('HGET', producer, slot)
if applied then
  local number = tonumber(applied) or tonumber(string.match(applied, '^%d+'))
  if number == tonumber(ARGV[2]) then
    -- a write, for replicas to confirm: this connection may not be the one that made the first
    call('PEXPIRE', producer, 3600000)
    return applied == ARGV[2] and {} or cmsgpack.unpack(string.sub(applied, #ARGV[2] + 2))
  elseif number > tonumber(ARGV[2]) then
    return redis.error_reply('TOOLATE batch ' .. ARGV[2] .. ' of ' .. ARGV[1] .. ', ' .. number .. ' was applied')
  end
end

-- The last step of what batch.lua began: `answer`, `accepted`, `duplicates`. The number of a message that is alone stays a
-- text: Redis spells out each number that a script hands to a command.
call('HSET', producer, slot, answer)
if slot == '1' then
  call('PEXPIRE', producer, 3600000)
end
if accepted > 0 then
  call('HINCRBY', $counters, 'added', accepted == 1 and '1' or accepted)
end
if duplicates > 0 then
  call('HINCRBY', $counters, 'duplicates', duplicates)
end

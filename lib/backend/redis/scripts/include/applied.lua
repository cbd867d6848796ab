-- The last step of what batch.lua began: `answer`, `accepted`, `duplicates`.
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

-- The weight that counts for a new member; one that joins paused keeps its own for afterwards.
local function rest(consumer, member)
  local weight = string.format('%d', member.weight)
  if not member.paused then
    return weight
  end
  call('HSET', $resting, consumer, weight)
  return '0'
end

-- The answer every member gets: { 'alive', now, next due, leader, expired members, lost leases, weight, paused queues, paused 0/1 }.
local function alive(consumer, ttl, lost)
  local now = clock()
  local last = tonumber(call('GET', $tick) or now)
  if now - last > ttl * 2 / 3 then
    -- nobody could beat for a while: the backend was away, not the members
    for _, c in ipairs(call('ZRANGE', $expiries, 0, -1)) do
      local meta = call('HGET', $members, c)
      if meta then
        call('ZADD', $expiries, 'GT', now + cmsgpack.unpack(meta).ttl, c)
      end
    end
  end
  call('SET', $tick, string.format('%.0f', now))
  call('ZADD', $expiries, now + ttl, consumer)
  local leads = call('SET', $leader, consumer, 'NX', 'PX', ttl)
  if not leads and call('GET', $leader) == consumer then
    call('PEXPIRE', $leader, ttl)
    leads = true
  end
  local expired = call('ZRANGEBYSCORE', $expiries, '-inf', now, 'LIMIT', 0, 16)
  local service = string.match(call('HGET', $namesOf .. consumer, '') or '', '^%d+ (.*)$')
  local paused = service and call('SMEMBERS', $paused .. service) or {}
  local kept = call('HGET', $resting, consumer)
  local weight = kept or call('HGET', $weights, consumer)
  return { 'alive', string.format('%.0f', now), next_due(), leads and 1 or 0, expired, lost, weight, paused, kept and 1 or 0 }
end

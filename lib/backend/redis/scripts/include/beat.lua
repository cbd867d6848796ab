-- The answer every member gets: { 'alive', now, next due, leader, expired members, lost leases, weight, paused queues }.
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
  return { 'alive', string.format('%.0f', now), next_due(), leads and 1 or 0, expired, lost, call('HGET', $weights, consumer), paused }
end

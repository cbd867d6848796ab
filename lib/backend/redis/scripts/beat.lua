-- A sign of life. Says which of the held leases are lost.
-- KEYS: root
-- ARGV: consumer, ttl ms, msgpack of { source, id, … }
-- Returns { 'evicted', now } or { 'alive', now, next due, leader 0/1, { expired member, … }, { index of a lost lease, … }, weight, { paused queue, … }, paused 0/1 }
--@include room
--@include message
--@include due
--@include beat
local consumer, ttl = ARGV[1], tonumber(ARGV[2])
if call('HEXISTS', $members, consumer) == 0 then
  return { 'evicted', string.format('%.0f', clock()) }
end
local held, lost = cmsgpack.unpack(ARGV[3]), {}
for i = 1, #held, 2 do
  local pending = redis.pcall('XPENDING', held[i], 'g', held[i + 1], held[i + 1], 1, consumer)
  if pending.err or not pending[1] then
    lost[#lost + 1] = (i - 1) / 2
  end
end
return alive(consumer, ttl, lost)

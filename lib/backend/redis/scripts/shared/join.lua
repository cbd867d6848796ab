-- Makes a consumer a member, or repairs its membership.
-- KEYS: root
-- ARGV: consumer, ttl ms, msgpack of the member, control channel
-- Returns as beat.lua
--@include room
--@include message
--@include place
--@include due
--@include beat
local consumer, ttl = ARGV[1], tonumber(ARGV[2])
local member = cmsgpack.unpack(ARGV[3])
local failure = found_group()
if failure and not string.find(failure, 'BUSYGROUP', 1, true) then
  return { err = failure }
elseif failure then
  -- what was handed out before us, or passed over, is no business of ours
  for _, group in ipairs(call('XINFO', 'GROUPS', S)) do
    local g = {}
    for i = 1, #group, 2 do
      g[group[i]] = group[i + 1]
    end
    if g.name == G then
      call('SET', $floor, g['last-delivered-id'], 'NX')
    end
  end
end
for _, name in ipairs(member.names) do
  call('SADD', $streams, name.address)
  call('HSET', $claims .. name.address, consumer, 1)
  call(name.idempotent and 'SADD' or 'SREM', $idempotent, name.address)
end
if call('HEXISTS', $members, consumer) == 0 then
  local weight = rest(consumer, member)
  call('HSET', $weights, consumer, weight)
  member.joinedAt = clock()
  call('HSET', $members, consumer, cmsgpack.pack(member))
  call('PUBLISH', ARGV[4], 'members ' .. call('INCR', $epoch) .. ' joined ' .. weight .. ' ' .. consumer)
end
return alive(consumer, ttl, {})

-- Makes a consumer a member, or repairs its membership: names, lanes and groups.
-- KEYS: root
-- ARGV: consumer, ttl ms, msgpack of the member { service, instanceName, ttl, names = { { address, own }, … }, … }, control channel
-- Returns as beat.lua
--@include message
--@include due
--@include beat
local consumer, ttl = ARGV[1], tonumber(ARGV[2])
local member = cmsgpack.unpack(ARGV[3])

local function group(stream)
  local made = redis.pcall('XGROUP', 'CREATE', stream, 'g', '0', 'MKSTREAM')
  if type(made) == 'table' and made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
    error(made.err)
  end
end

local kinds = {}
for _, name in ipairs(member.names) do
  local address = name.address
  group($stream .. address)
  call('SADD', $streams, address)
  kinds[string.sub(address, 1, 2)] = true
end
for kind in pairs(kinds) do
  group($lane .. kind .. consumer)
end

if call('HEXISTS', $members, consumer) == 0 then
  local service = member.service
  local limits = cmsgpack.pack({ streamLength = member.streamLength, overflow = member.overflow, maxWaiting = member.maxWaiting })
  for _, name in ipairs(member.names) do
    if call('HSET', $namesOf .. consumer, name.address, name.own and '2' or '1') == 1 then
      call('HINCRBY', $claims .. name.address, service, 1)
      call('HSET', $claims .. name.address, '', limits)
    end
    call('SADD', $serviceNames .. service, name.address)
  end
  call('SADD', $crew .. service, consumer)
  member.joinedAt = clock()
  call('HSET', $members, consumer, cmsgpack.pack(member))
  call('PUBLISH', ARGV[4], 'members ' .. call('INCR', $epoch))
end
return alive(consumer, ttl, {})

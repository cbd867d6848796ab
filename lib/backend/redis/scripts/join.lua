-- Makes a consumer a member, or repairs its membership: names, lanes and groups.
-- KEYS: root
-- ARGV: consumer, ttl ms, msgpack of the member { service, instanceName, ttl, weight, hash, names = { { address, group, idempotent }, … },
--       groups = { { name, rule }, … }, subscriptions or nil, … }, control channel
-- Returns as beat.lua, or { 'conflict', group, rule of its members }
--@include room
--@include message
--@need lanes
--@need deck
--@include subscription
--@include due
--@include beat
local consumer, ttl = ARGV[1], tonumber(ARGV[2])
local member = cmsgpack.unpack(ARGV[3])

-- returns what is wrong, if anything is
local function group(stream)
  local made = redis.pcall('XGROUP', 'CREATE', stream, 'g', '0', 'MKSTREAM')
  return type(made) == 'table' and made.err and not string.find(made.err, 'BUSYGROUP', 1, true) and made
end

local service, known = member.service, call('HEXISTS', $members, consumer) == 1
local rules = {}
for _, group in ipairs(member.groups) do
  local scope = scope_name(service, group.name)
  local rule = call('HGET', $rules, scope)
  if not known and rule and rule ~= group.rule then
    return { 'conflict', group.name, rule }
  end
  rules[group.name] = group.rule
end

for _, name in ipairs(member.names) do
  local failure = group($stream .. name.address)
  if failure then
    return failure
  end
  call('SADD', $streams, name.address)
end
for name in pairs(rules) do
  local failure = group(lane(consumer, name))
  if failure then
    return failure
  end
  touched[lane(consumer, name)] = true
end

if not known then
  local limits = cmsgpack.pack({ streamLength = member.streamLength, overflow = member.overflow, maxWaiting = member.maxWaiting })
  for _, name in ipairs(member.names) do
    local scope = scope_name(service, name.group)
    if call('HSET', $namesOf .. consumer, name.address, name.group) == 1 then
      call('HINCRBY', $claims .. name.address, 'S' .. scope, 1)
      call('HSET', $claims .. name.address, '', limits)
      if string.sub(rules[name.group], 1, 9) ~= 'competing' then
        call('HSET', $claims .. name.address, 'R' .. scope, rules[name.group])
      end
    end
    call('SADD', $serviceNames .. service, name.address)
    call(name.idempotent and 'SADD' or 'SREM', $idempotent, name.address)
  end
  local weight = rest(consumer, member)
  call('HSET', $namesOf .. consumer, '', weight .. ' ' .. service)
  call('SADD', $crew .. service, consumer)
  call('HSET', $weights, consumer, weight)
  call('HSET', $hashes, consumer, string.format('%.0f', member.hash))
  for name, rule in pairs(rules) do
    local scope = scope_name(service, name)
    call('HSET', $rules, scope, rule)
    call('SADD', $peers .. scope, consumer)
    if string.sub(name, 1, 1) == 't' then
      call('SADD', $taskLanes .. service, lane(consumer, name))
    end
    deal(scope)
  end
  member.joinedAt = clock()
  call('HSET', $members, consumer, cmsgpack.pack(member))
  call('PUBLISH', ARGV[4], 'members ' .. call('INCR', $epoch) .. ' joined ' .. weight .. ' ' .. consumer)
end
-- a subscription begins once; who has it renews its bounds
for _, terms in ipairs(member.subscriptions or {}) do
  local known = call('HGET', $subscriptions .. terms.event, terms.address)
  local s = known and cmsgpack.unpack(known) or { i = call('INCR', $subscribed) }
  s.address, s.a, s.b, s.r = terms.address, terms.maxAge, terms.maxBytes, terms.retention
  if not known and terms.from == 'earliest' and call('EXISTS', $log .. terms.event) == 1 then
    s.p = string.format('%.0f-0', clock() - terms.retention)
  end
  keep_subscription(terms.event, s)
  call('HSET', $attended, terms.address, string.format('%.0f', clock()))
end
note_lanes()
return alive(consumer, ttl, {})

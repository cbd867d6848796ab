-- Placing: from nowhere or from a parked place to a stream or a lane where a consumer can take it.
--@need lanes
--@need deck
local streams, claims = {}, {}

-- Who handles an address: the only live service that does (or nil), its bounds, the only scope that does, its rule and
-- members, whether anybody does, whether it is a request's.
local function claim(address)
  local c = claims[address]
  if not c then
    c = { live = false, request = string.sub(address, 1, 1) == 'r' }
    local all = call('HGETALL', $claims .. address)
    local scopes, rules = 0, {}
    for i = 1, #all, 2 do
      local field, value = all[i], all[i + 1]
      local scope = string.sub(field, 2)
      if field == '' then
        c.limits = value
      elseif string.byte(field) == 82 then
        rules[scope] = value
      else
        local service, group = parts_of(scope)
        if not c.live then
          c.sole = service
        elseif c.sole ~= service then
          c.sole = nil
        end
        c.live, scopes = true, scopes + 1
        c.scope, c.group, c.members = scope, group, tonumber(value)
      end
    end
    if scopes ~= 1 then
      c.scope = nil
    end
    c.rule = c.scope and rules[c.scope]
    if c.rule then
      c.hashed = string.sub(c.rule, 1, 15) == 'consistent_hash'
      c.by_senders = string.sub(c.rule, -6) == '@local'
      c.picks = not (c.hashed or c.by_senders)
      c.lanes = {}
    end
    claims[address] = c
  end
  return c
end

local function stream_of(address)
  local stream = streams[address]
  if not stream then
    stream = $stream .. address
    streams[address] = stream
    if not claim(address).live then
      -- a name with live members was noted when they joined
      call('SADD', $streams, address)
    end
  end
  return stream
end

local takers = {}
-- service and weight of a live member
local function home_of(consumer)
  local weight, service = string.match(call('HGET', $namesOf .. consumer, '') or '', '^(%d+) (.*)$')
  return service, tonumber(weight)
end

-- The consumer's lane for an address if it is a live member that handles it and is not drained. `scope`: and one of its members.
local function lane_for(consumer, address, scope)
  local handles = takers[consumer]
  if not handles then
    handles = {}
    takers[consumer] = handles
  end
  local known = handles[address]
  if not known then
    local home = call('HMGET', $namesOf .. consumer, '', address)
    local weight, service = string.match(home[1] or '', '^(%d+) (.*)$')
    local group = weight and weight ~= '0' and home[2]
    known = group and { lane = lane(consumer, group), scope = scope_name(service, group) } or {}
    handles[address] = known
  end
  if not scope or scope == known.scope then
    return known.lane
  end
end

-- the lane of one of the scope's members
local function lane_of(c, consumer)
  local key = c.lanes[consumer]
  if not key then
    key = lane(consumer, c.group)
    c.lanes[consumer] = key
  end
  return key
end

-- whether all members of the scope that handle the address are drained
local function is_drained(c, address)
  if c.drained == nil then
    c.drained = true
    for id, weight in pairs(weights_of(call('SMEMBERS', $peers .. c.scope))) do
      local takes = weight > 0 and (is_whole(c) or call('HEXISTS', $namesOf .. id, address) == 1)
      c.drained = c.drained and not takes
    end
  end
  return c.drained
end

-- the lane of the proposed consumer, if it can take the message
local function proposed_lane(c, address, id)
  local shares = is_whole(c) and shares_of(c, hint)
  if shares then
    return (shares[id] or 0) > 0 and lane_of(c, id) or nil
  end
  return lane_for(id, address, c.scope)
end

-- The lane that the rule chooses, or nil: whoever is free takes it. `m` is read from the entry `v` where a rule needs it;
-- `proposal` = { consumer, epoch }, followed if that one can take it, and by `consistent_hash` if the membership is still that one.
-- Second result: whether the sender should look at the routes again.
local function choose(c, address, m, v, proposal)
  if not c.rule then
    return nil, false
  end
  local hashed, by_senders = c.hashed, c.by_senders
  if hashed or by_senders then
    local proposed = proposal and (not hashed or proposal[2] == epoch()) and proposed_lane(c, address, proposal[1])
    if proposed then
      return proposed, false
    end
  end
  local consumer
  if hashed then
    consumer = owner_in(c, address, m or decode((split(v))))
  elseif not by_senders then
    consumer = pick(c, c.rule, address, 1)[1]
  end
  return consumer and lane_of(c, consumer), hashed and consumer ~= nil or by_senders and not is_drained(c, address)
end

-- Where a message goes: the key, whether it is a lane, whether its sender should look at the routes again.
local function destination(address, m, v, proposal)
  local pinned = m and m.f and lane_for(m.f, address)
  if pinned then
    rest_decks()
    touched[pinned] = true
    return pinned, true, false
  end
  local chosen, again = choose(claim(address), address, m, v, proposal)
  return chosen or stream_of(address), chosen ~= nil, again
end

-- returns whether its sender should look at the routes again
local function place(m, h, p, proposal)
  local key, is_lane, again = destination(m.n, m, nil, proposal)
  call('XADD', key, '*', 'm', join(h, p))
  if is_lane then
    arrived(m.n)
  end
  return again
end

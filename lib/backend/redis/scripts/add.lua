-- Accepts new messages: all of a group or none of it.
-- KEYS: root
-- ARGV: producer, batch number, msgpack { m = { address, entry, options or false, … }, g = sizes of groups or nil when every message is one },
--       bound of the producer ('' = none), its overflow, control channel
-- options: { i = unique, d = delay ms, u = dedupe id, w = its window ms, q = repeatable, for so many ms on its way, r = proposal },
--       { e = channel of an event, s = whether that is sharded }, or the proposal alone
-- proposal: number of { consumer, epoch } in r, a list of the message
-- Returns { } when everything was accepted, a number when that was one request and so many more could be added without a look,
-- or { index, 'dup' | 'full' | 'none' | 'unrouted', detail, … }.
--@include batch
local batch = cmsgpack.unpack(ARGV[3])
local list = batch.m

-- Most often all are plain messages of names that one scope handles, whoever of it is free, far from every bound: they need
-- no more than this. A function that a script defines costs as much as a command, at every call.
local counts, plain, room = {}, true, nil
for i = 1, #list, 3 do
  if list[i + 2] then
    plain = false
    break
  end
  counts[list[i]] = (counts[list[i]] or 0) + 1
end
for address, n in pairs(counts) do
  if not plain then
    break
  end
  local claimed = call('HGETALL', $claims .. address)
  local limits = #claimed == 4 and (claimed[1] == '' and claimed[2] or claimed[3] == '' and claimed[4])
  limits = limits and cmsgpack.unpack(limits)
  if limits and string.byte(address) == 114 then
    local left = limits.maxWaiting and limits.maxWaiting - call('XLEN', $stream .. address) - n
    plain = not left or left >= 0
    -- there may be other senders
    room = #list == 3 and (left and math.min(32, math.floor(left / 64)) or 32)
  else
    plain = limits and not limits.streamLength
  end
end
if plain then
  local answer, accepted, duplicates = ARGV[2], #list / 3, 0
  for i = 1, #list, 3 do
    call('XADD', $stream .. list[i], '*', 'm', list[i + 1])
  end
--@include applied
  return room or {}
end

--@include message
--@include place
--@include bound
local out, seen, dedupes, accepted, duplicates = {}, {}, {}, 0, 0
expect(#list / 3)

local function report(i, what, detail)
  local at = #out
  out[at + 1], out[at + 2], out[at + 3] = (i - 1) / 3, what, detail
end

local function dedupe_key(address, o)
  return $dedupe .. #address .. ':' .. address .. ':' .. o.u
end

-- the message that was accepted with this dedupe id before
local function first_of(address, o)
  local key = dedupe_key(address, o)
  return seen[key] or call('GET', key)
end

-- how many more would wait: a delayed one does not, and a duplicate adds nothing
local function adds(i)
  local o = list[i + 2]
  if not o or type(o) == 'number' then
    return 1
  elseif o.d or (o.u and first_of(list[i], o)) or (o.q and call('EXISTS', $reply .. o.i) == 1) then
    return 0
  end
  return 1
end

local function refused(address, n)
  if string.byte(address) == 101 then
    return false
  end
  local c = claim(address)
  if n == 0 then
    return nil
  end
  return c.request and not c.live and 'none' or full(address, n) and 'full'
end

-- the address of the group's first message that cannot be accepted, and why
local function refusal(from, to)
  local news = {}
  for i = from, to, 3 do
    news[list[i]] = (news[list[i]] or 0) + adds(i)
  end
  for address, n in pairs(news) do
    local why = refused(address, n)
    if why then
      return address, why
    end
  end
end

-- what only keyed and delayed messages need is defined when the first of them comes
local gate
local function with_gate()
  if not gate then
--@include gate
    gate = { admit = admit, delay = delay }
  end
  return gate
end

-- and what only events need, when the first of those comes
local events
local function with_events()
  if not events then
--@include gate
--@include subscription
--@include fan-out
    events = { fan_out = fan_out, after = after_fan_out }
  end
  return events
end

local function accept(i)
  local address, v, o = list[i], list[i + 1], list[i + 2]
  if not o or type(o) == 'number' then
    local key, is_lane, again = destination(address, nil, v, o and batch.r[o])
    call('XADD', key, '*', 'm', v)
    if is_lane then
      arrived(address)
    end
    if again then
      report(i, 'unrouted', '')
    end
    accepted = accepted + 1
    return
  end
  local h, p = split(v)
  if o.e then
    accepted = accepted + with_events().fan_out(string.sub(address, 4), o, h, p)
    return
  end
  if o.u then
    local first = first_of(address, o)
    if first then
      duplicates = duplicates + 1
      report(i, 'dup', first)
      return
    end
    local key = dedupe_key(address, o)
    seen[key] = o.i
    dedupes[#dedupes + 1] = { key, o.i, o.w }
  end
  if o.q and not call('SET', $reply .. o.i, '', 'PX', o.q, 'NX') then
    duplicates = duplicates + 1
    report(i, 'dup', o.i)
    return
  end
  accepted = accepted + 1
  local m = decode(h)
  if o.d then
    with_gate().delay(m, p, clock() + o.d)
  else
    local _, again = with_gate().admit(m, h, p, o.r and batch.r[o.r])
    if again then
      report(i, 'unrouted', '')
    end
  end
end

local function take(from, to)
  local address, why
  if from + 2 == to then
    address, why = list[from], refused(list[from], adds(from))
  else
    address, why = refusal(from, to)
  end
  for i = from, to, 3 do
    if why then
      report(i, why, address)
    else
      accept(i)
    end
  end
end

-- Names that nothing but a bound stands against: their plain messages need no second look. A way is a stream, or the claim
-- of what routes.
local ways = {}
local function way_of(address)
  local c, bound = claim(address), bound_of(address)
  if c.request and not c.live then
    return false
  end
  return { claim = c.rule and c, stream = not c.rule and stream_of(address), bound = bound, proposed = {} }
end

local function take_single(i)
  local address, proposal = list[i], list[i + 2]
  local way = type(proposal) ~= 'table' and ways[address]
  if not way then
    take(i, i + 2)
    if ways[address] == nil and string.byte(address) ~= 101 then
      ways[address] = way_of(address)
    end
    return
  end
  if way.bound and full(address, 1) then
    report(i, 'full', address)
    return
  end
  local key, c = way.stream, way.claim
  if c then
    local chosen, again = way.proposed[proposal], false
    if not chosen then
      chosen, again = choose(c, address, nil, list[i + 1], proposal and batch.r[proposal])
      -- a proposal that was followed is followed again
      way.proposed[proposal] = not again and not c.picks and chosen or nil
    end
    if chosen then
      arrived(address)
    end
    if again then
      report(i, 'unrouted', '')
    end
    key = chosen or stream_of(address)
  end
  call('XADD', key, '*', 'm', list[i + 1])
  accepted = accepted + 1
end

-- Those of one name in a row where the rule picks; returns where the next one stands.
local function take_row(from, way)
  local address, to, c = list[from], from, way.claim
  while list[to + 3] == address and not list[to + 5] do
    to = to + 3
  end
  local n = (to - from) / 3 + 1
  if way.bound and full(address, n) then
    -- some of them may fit
    for i = from, to, 3 do
      take_single(i)
    end
    return to + 3
  end
  local ids, lanes = pick(c, c.rule, address, n), c.lanes
  for i = 1, n do
    local id = ids[i]
    call('XADD', id and (lanes[id] or lane_of(c, id)) or stream_of(address), '*', 'm', list[from + i * 3 - 2])
  end
  arrived(address, #ids)
  accepted = accepted + n
  return to + 3
end

if batch.g then
  local from = 1
  for _, size in ipairs(batch.g) do
    take(from, from + size * 3 - 1)
    from = from + size * 3
  end
else
  local i = 1
  while i <= #list do
    local way = not list[i + 2] and ways[list[i]]
    if way and way.claim and way.claim.picks then
      i = take_row(i, way)
    else
      take_single(i)
      i = i + 3
    end
  end
end
if next(dropping) then
--@include gate
--@include dead
--@include shed
  shed()
end
if events then
  events.after()
end
for _, d in ipairs(dedupes) do
  call('SET', d[1], d[2], 'PX', d[3])
end
rest_decks()
note_lanes()
local answer = #out == 0 and ARGV[2] or ARGV[2] .. ' ' .. cmsgpack.pack(out)
--@include applied
return out

-- Ends deliveries. The acknowledgement is the fence: who is not the holder any more changes nothing.
-- KEYS: root
-- ARGV: consumer, msgpack of { d, r, m, … } as in settle.lua of our own streams, control channel
--   one more verdict in m: 'decline', for a name that the consumer does not handle
-- Returns { 'source id' of each stale one, … }
--@include message
--@include place
--@include gate
--@include dead
--@include answer
local consumer, batch = ARGV[1], cmsgpack.unpack(ARGV[2])
-- How often a message is offered again to those who may handle it, and how long it waits before: 1 s, 2 s, … at most 1 min
-- for a task; 20 ms, 40 ms, … at most 500 ms for a request, whose caller waits. Each wait is shortened by up to a half, by chance:
-- two instances that get each other's messages would get them again and again, if all came back in the same order.
local OFFERS = { t = { 10, 1000, 60000 }, r = { 8, 20, 500 } }
local out, stale, done, removals = {}, {}, 0, {}

local function reject(source, id)
  local token = source .. ' ' .. id
  stale[token] = true
  out[#out + 1] = token
end

for i = 1, #batch.d, 3 do
  for _, id in ipairs(batch.d[i + 1]) do
    if call('XACK', S, G, id) == 0 then
      reject(batch.d[i], id)
    else
      done = done + 1
      removals[#removals + 1] = id
    end
  end
end

-- each reply by itself: a Go-Broker caller reads one at a time
for i = 1, #batch.r, 3 do
  local channel, frames, replies, from = batch.r[i], batch.r[i + 1], cmsgpack.unpack(batch.r[i + 2]), 1
  for j = 1, #replies, 5 do
    local list, index, length, keep, unique = unpack(replies, j, j + 4)
    local at = list * 3 - 2
    if not stale[batch.d[at] .. ' ' .. batch.d[at + 1][index]] then
      local frame = string.sub(frames, from, from + length - 1)
      if keep > 0 then
        call('SET', $reply .. unique, frame, 'PX', keep)
      end
      call('PUBLISH', channel, frame)
    end
    from = from + length
  end
end

if #batch.m > 0 then
--@include room
end
local moved = { retry = 0, expired = 0, failed = 0 }

local function error_of(name)
  local message = cjson.encode('nobody handles "' .. string.sub(name, 3) .. '"')
  return '{"name":"NoHandlerError","message":' .. message .. ',"code":"NO_HANDLER"}'
end

local seeded
local function shorter(wait)
  if not seeded then
    seeded = true
    -- without this a script has the same chances at every call
    math.randomseed(tonumber(call('TIME')[2]))
  end
  return math.random(math.ceil(wait / 2), wait)
end

local function decline(m, p)
  local most, first, longest = unpack(OFFERS[string.sub(m.n, 1, 1)])
  m.b = (m.b or 0) + 1
  if m.l and clock() >= m.t + m.l then
    moved.expired = moved.expired + 1
  elseif m.b < most or call('EXISTS', $claims .. m.n) == 1 then
    -- who handles it is there, and gets it sooner or later
    delay(m, p, clock() + shorter(math.min(longest, first * 2 ^ (m.b - 1))))
  elseif is_request(m.n) then
    answer(m, error_of(m.n))
  else
    bury(m, encode(m), p, { r = 'no_handler', e = error_of(m.n), c = consumer, w = clock() })
  end
end

local function move(entry, verdict, number, info)
  local h, p = fields(entry)
  local m = decode(h)
  if m then
    stamp(m, entry[1])
  end
  if verdict == 'dead' then
    local i = cmsgpack.unpack(info)
    i.w = clock()
    if m and number > 0 then
      m.a = (m.a or 0) + number
      moved.failed = moved.failed + 1
    elseif not m then
      i.f = entry[2]
    end
    bury(m, m and encode(m) or h, p, i)
  elseif not m then
    call('XADD', S, '*', unpack(entry[2]))
  elseif verdict == 'decline' then
    decline(m, p)
  elseif verdict == 'retry' then
    m.b = nil
    if info == '1' then
      m.a = (m.a or 0) + 1
      moved.failed = moved.failed + 1
    end
    moved.retry = moved.retry + 1
    if number > 0 then
      delay(m, p, clock() + number)
    else
      place(m, encode(m), p)
    end
  elseif verdict == 'expired' then
    moved.expired = moved.expired + 1
  else
    place(m, encode(m), p)
  end
end

local function holds(id)
  local pending = redis.pcall('XPENDING', S, G, id, id, 1, consumer)
  return not pending.err and pending[1] ~= nil
end

for i = 1, #batch.m, 5 do
  local source, id, verdict, number, info = unpack(batch.m, i, i + 4)
  local entry = holds(id) and call('XRANGE', S, id, id)[1]
  if entry then
    move(entry, verdict, number, info)
    call('XACK', S, G, id)
    removals[#removals + 1] = id
  else
    reject(source, id)
  end
end

-- the new place is written, now the old one goes
for _, id in ipairs(removals) do
  discard(id)
end
--@include tally
return out

-- Ends deliveries. The acknowledgement is the fence: who is not the holder any more changes nothing.
-- KEYS: root
-- ARGV: consumer, msgpack of { d, r, k, m, keeps }, control channel
--   d = { source, { id, … }, address, … }: done, without a key; address: of all of them, where the source is a lane, else false
--   r = { channel, frames, msgpack of { list in d, index in its ids, length, keep ms or 0, unique, … }, … }: replies of requests
--       that stand in d; the last is looked into only where it is needed
--   keeps = true when one of them is to be kept
--   k = { source, id, address, key, unique, … }: done, frees a key
--   m = { source, id, 'retry' | 'dead' | 'release' | 'forward' | 'expired', number, info or '', … }: moves; number = delay ms of a
--       retry, or 1 for a dead one whose handler ran; info = '1' when a retry costs an attempt, msgpack of include/dead.lua, or
--       whom it is forwarded to
-- Returns { 'source id' of each stale one, … }
local consumer, batch = ARGV[1], cmsgpack.unpack(ARGV[2])

-- Most often everything is done, and nobody lost what it held: that needs no more than this. A function that a script
-- defines costs as much as a command, at every call.
local done, held, times, routed, simple = 0, {}, {}, false, #batch.k + #batch.m == 0
for i = 1, #batch.d, 3 do
  local source, ids = batch.d[i], batch.d[i + 1]
  held[i] = call('XACK', source, 'g', unpack(ids))
  times[source] = (times[source] or 0) + 1
  routed = routed or batch.d[i + 2]
  simple = simple and held[i] == #ids
  done = done + held[i]
end
local out, stale = {}, {}
if simple then
--@include replies
  for i = 1, #batch.d, 3 do
    local source, ids = batch.d[i], batch.d[i + 1]
    local gone, oldest = 0
    -- What was handed over before the oldest that is still held is done and removed, or is done now: a whole beginning of a
    -- stream goes for the price of a few. (It is dearer than those few, and of a lane it may be of several addresses.)
    if #ids >= 16 and times[source] == 1 then
      oldest = call('XPENDING', source, 'g', '-', '+', 1)[1]
      gone = call('XTRIM', source, 'MINID', oldest and oldest[1] or ids[#ids])
    end
    if gone < #ids then
      call('XDEL', source, unpack(ids, not oldest and gone == #ids - 1 and #ids or 1))
    end
  end
  for i = 1, routed and #batch.d or 0, 3 do
    local source, n, address = batch.d[i], #batch.d[i + 1], batch.d[i + 2]
    if address and call('HINCRBY', $laned, address, -n) == 0 then
      call('HDEL', $laned, address)
    end
    -- it holds so much less; include/lanes.lua weighs anew what changes in other ways
    local scope = address and call('HGET', $loaded, source)
    local weight = scope and tonumber(call('HGET', $weights, consumer) or 0) or 0
    if weight > 0 then
      redis.pcall('ZADD', $deck .. scope, 'XX', 'INCR', -n / weight, consumer)
    end
  end
  local n = done == 1 and '1' or done
  call('HINCRBY', $counters, 'done', n)
  call('HINCRBY', $work, 'done ' .. consumer, n)
  return out
end

local removals = {}
--@include message
--@need lanes
local function reject(source, id)
  local token = source .. ' ' .. id
  stale[token] = true
  out[#out + 1] = token
end

-- `accepted` of them are acknowledged. An entry that is acknowledged now is still there; one that moved on is not.
local function acknowledge(source, ids, address, accepted)
  if accepted < #ids then
    accepted = #ids
    for _, id in ipairs(ids) do
      if #call('XRANGE', source, id, id) == 0 then
        reject(source, id)
        accepted = accepted - 1
      end
    end
  end
  done = done + accepted
  if address then
    leave_lane(source, address, accepted, true)
  end
  removals[#removals + 1] = { source, ids }
end

done = 0
for i = 1, #batch.d, 3 do
  acknowledge(batch.d[i], batch.d[i + 1], batch.d[i + 2], held[i])
end

--@include replies

local moved = { retry = 0, expired = 0, failed = 0 }
local finish
if #batch.k + #batch.m > 0 then
--@include room
--@include place
--@include gate
--@include dead
  finish = rest_decks
  expect(#batch.k / 5 + #batch.m / 5)
  for i = 1, #batch.k, 5 do
    local source, id, address, key, unique = unpack(batch.k, i, i + 4)
    acknowledge(source, { id }, address, call('XACK', source, 'g', id))
    if not stale[source .. ' ' .. id] then
      free(address, key, unique)
    end
  end

  local function holds(source, id)
    local pending = redis.pcall('XPENDING', source, 'g', id, id, 1, consumer)
    return not pending.err and pending[1] ~= nil
  end

  local function move(source, id, verdict, number, info)
    local entry = call('XRANGE', source, id, id)[1]
    local h, p = fields(entry)
    local m = decode(h)
    if m then
      stamp(m, id)
      leave_lane(source, m.n, 1, true)
    end
    if verdict == 'retry' then
      m.w = nil
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
    elseif verdict == 'dead' then
      local i = cmsgpack.unpack(info)
      i.w, i.s = clock(), source
      if m and number > 0 then
        m.a = (m.a or 0) + number
        moved.failed = moved.failed + 1
      end
      bury(m, m and encode(m) or h, p, i)
    elseif verdict == 'forward' and lane_for(info, m.n) then
      m.w = true
      rest_decks()
      local target = lane_for(info, m.n)
      call('XADD', target, '*', 'm', join(encode(m), p))
      touched[target] = true
      arrived(m.n)
    elseif verdict == 'release' or verdict == 'forward' then
      if m then
        m.w = m.w or verdict == 'forward' or nil
        place(m, encode(m), p)
      else
        call('XADD', source, '*', unpack(entry[2]))
      end
    else
      moved.expired = moved.expired + 1
      free(m.n, m.k, m.i)
    end
    removals[#removals + 1] = { source, { id }, true }
  end

  for i = 1, #batch.m, 5 do
    local source, id, verdict, number, info = unpack(batch.m, i, i + 4)
    if holds(source, id) then
      move(source, id, verdict, number, info)
    else
      reject(source, id)
    end
  end
end

-- the new place is written, now the old one goes
for _, r in ipairs(removals) do
  if r[3] then
    call('XACK', r[1], 'g', unpack(r[2]))
  end
  call('XDEL', r[1], unpack(r[2]))
end
if finish then
  finish()
end
note_lanes()
--@include tally
return out

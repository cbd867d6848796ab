-- Ends deliveries. The acknowledgement is the fence: who is not the holder any more changes nothing.
-- KEYS: root
-- ARGV: consumer, msgpack of { d, r, k, m, keeps }, control channel
--   d = { source, { id, … }, address, … }: done, without a key; address: of all of them, where the source is a lane, else false
--   r = { channel, frames, { source, id, length, keep ms or 0, unique, … }, … }: replies of requests that also stand in d
--   keeps = true when one of them is to be kept
--   k = { source, id, address, key, unique, … }: done, frees a key
--   m = { source, id, 'retry' | 'dead' | 'release' | 'forward' | 'expired', number, info or '', … }: moves; number = delay ms of a
--       retry, or 1 for a dead one whose handler ran; info = '1' when a retry costs an attempt, msgpack of include/dead.lua, or
--       whom it is forwarded to
-- Returns { 'source id' of each stale one, … }
local consumer, batch = ARGV[1], cmsgpack.unpack(ARGV[2])

-- Most often a lone one is done: it needs no more than this. A function that a script defines costs as much as a
-- command, at every call.
local function end_of_one(source, ids, channel, frame, reply)
  if call('XACK', source, 'g', ids[1]) == 0 then
    return false
  end
  if reply then
    if reply[4] > 0 then
      call('SET', $reply .. reply[5], frame, 'PX', reply[4])
    end
    call('PUBLISH', channel, frame)
  end
  call('XDEL', source, ids[1])
  call('HINCRBY', $counters, 'done', 1)
  call('HINCRBY', $work, 'done ' .. consumer, 1)
  return true
end
if #batch.d == 3 and #batch.d[2] == 1 and not batch.d[3] and #batch.k + #batch.m == 0
  and end_of_one(batch.d[1], batch.d[2], batch.r[1], batch.r[2], batch.r[3]) then
  return {}
end

--@include message
--@need lanes
local out, stale, removals, done = {}, {}, {}, 0

local function reject(source, id)
  local token = source .. ' ' .. id
  stale[token] = true
  out[#out + 1] = token
end

-- An entry that is acknowledged now is still there; one that moved on is not.
local function acknowledge(source, ids, address)
  local accepted = #ids
  if call('XACK', source, 'g', unpack(ids)) < #ids then
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

for i = 1, #batch.d, 3 do
  acknowledge(batch.d[i], batch.d[i + 1], batch.d[i + 2])
end

-- the frames without those of stale requests; those to keep are stored
local function sift(frames, replies)
  local from, left = 1, {}
  for i = 1, #replies, 5 do
    local source, id, length, keep, unique = unpack(replies, i, i + 4)
    if not stale[source .. ' ' .. id] then
      local frame = string.sub(frames, from, from + length - 1)
      left[#left + 1] = frame
      if keep > 0 then
        call('SET', $reply .. unique, frame, 'PX', keep)
      end
    end
    from = from + length
  end
  return table.concat(left)
end

-- replies to one channel leave in one publication
for i = 1, #batch.r, 3 do
  local channel, frames, replies = batch.r[i], batch.r[i + 1], batch.r[i + 2]
  if #out > 0 or batch.keeps then
    frames = sift(frames, replies)
  end
  if frames ~= '' then
    call('PUBLISH', channel, frames)
  end
end

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
    acknowledge(source, { id }, address)
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
      call('XADD', target, '*', 'h', encode(m), 'p', p)
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

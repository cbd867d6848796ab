-- Placing again what a consumer that is gone had in its hands.
-- lost = { now, limit, taskError, replyError, consumer }; `held`: it had been handed over and its holder did not leave in peace.
local function answer_lost(m, lost)
  local frame = cmsgpack.pack({ m.i, 0, 3, lost.replyError })
  if m.s then
    call('SET', $reply .. m.i, frame, 'PX', m.s)
  end
  if m.r then
    call('PUBLISH', m.r, frame)
  end
end

local function remove(source, id)
  call('XACK', source, 'g', id)
  call('XDEL', source, id)
end

local function move_lost(source, id, handed, counts, lost)
  local entry = call('XRANGE', source, id, id)[1]
  if not entry then
    call('XACK', source, 'g', id)
    return
  end
  local h, p = fields(entry)
  local m = decode(h)
  if m then
    leave_lane(source, m.n, 1, true)
  end
  if not m then
    if string.sub(source, 1, #$stream) == $stream then
      call('XADD', source, '*', unpack(entry[2]))
    else
      bury(nil, h, p, { r = 'undecodable', e = lost.taskError, c = lost.consumer, w = lost.now, s = source })
    end
  elseif handed and string.sub(m.n, 1, 1) == 'r' then
    answer_lost(m, lost)
    count('lost', 1)
  else
    stamp(m, id)
    if handed and counts then
      m.d = (m.d or 0) + 1
      count('lost', 1)
    end
    if m.d and m.d >= lost.limit and handed and counts then
      bury(m, encode(m), p, { r = 'lost', e = lost.taskError, c = lost.consumer, w = lost.now })
    else
      place(m, encode(m), p)
    end
  end
  remove(source, id)
end

-- Placing again what a consumer that is gone had in its hands.
-- lost = { now, limit, taskError, replyError, consumer }; `handed`: it had been handed over; `counts`: its holder did not leave in peace.
--@need answer

-- whether a request may be handled a second time
local function is_repeated(m, counts, lost)
  return call('SISMEMBER', $idempotent, m.n) == 1 and (m.d or 0) + (counts and 1 or 0) < lost.limit
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
  elseif handed and string.sub(m.n, 1, 1) == 'r' and not is_repeated(m, counts, lost) then
    answer(m, lost.replyError)
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

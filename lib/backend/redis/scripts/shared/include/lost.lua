-- Placing again what a consumer that is gone had in its hands.
-- lost = { now, limit, taskError, replyError, consumer }; `counts`: its holder did not leave in peace.
--@include answer

-- whether a request may be handled a second time
local function is_repeated(m, counts, lost)
  return call('SISMEMBER', $idempotent, m.n) == 1 and (m.d or 0) + (counts and 1 or 0) < lost.limit
end

local function move_lost(id, counts, lost)
  local entry = call('XRANGE', S, id, id)[1]
  if not entry then
    call('XACK', S, G, id)
    return
  end
  local h, p = fields(entry)
  local m = decode(h)
  if not m then
    call('XADD', S, '*', unpack(entry[2]))
  elseif is_request(m.n) and not is_repeated(m, counts, lost) then
    answer(m, lost.replyError)
    count('lost', 1)
  else
    stamp(m, id)
    if counts then
      m.d = (m.d or 0) + 1
      count('lost', 1)
    end
    if counts and m.d >= lost.limit then
      bury(m, encode(m), p, { r = 'lost', e = lost.taskError, c = lost.consumer, w = lost.now })
    else
      place(m, encode(m), p)
    end
  end
  call('XACK', S, G, id)
  discard(id)
end

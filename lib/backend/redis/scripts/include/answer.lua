-- Ends a request with an error before a handler has answered it. Who sends it again, with its id, is not kept from it.
local function answer(m, body)
  local frame = cmsgpack.pack({ m.i, 0, 3, body })
  if m.q then
    call('DEL', $reply .. m.i)
  elseif m.s then
    call('SET', $reply .. m.i, frame, 'PX', m.s)
  end
  if m.r then
    call('PUBLISH', m.r, frame)
  end
end

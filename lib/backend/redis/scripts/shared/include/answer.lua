-- Ends a request with an error before a handler has answered it: in the form its caller understands. `error` is JSON of
-- { name, message, code }. Who sends it again, with its id, is not kept from it.
local function answer(m, error)
  if m.q then
    call('DEL', $reply .. m.i)
  end
  if not m.r then
    return
  end
  if m.c then
    local message = cjson.encode(cjson.decode(error).message)
    call('PUBLISH', m.r, '{"correlation_id":' .. cjson.encode(m.c) .. ',"body":null,"error":' .. message .. '}')
    return
  end
  local frame = cmsgpack.pack({ m.i, 0, 3, error })
  if m.s and not m.q then
    call('SET', $reply .. m.i, frame, 'PX', m.s)
  end
  call('PUBLISH', m.r, frame)
end

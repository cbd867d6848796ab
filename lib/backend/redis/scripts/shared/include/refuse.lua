-- Answers a request that nobody will: in the form its caller understands. `error` is JSON of { name, message, code }.
local function refuse(m, error)
  if not m.r then
    return
  end
  if m.c then
    local message = cjson.encode(cjson.decode(error).message)
    call('PUBLISH', m.r, '{"correlation_id":' .. cjson.encode(m.c) .. ',"body":null,"error":' .. message .. '}')
    return
  end
  local frame = cmsgpack.pack({ m.i, 0, 3, error })
  if m.s then
    call('SET', $reply .. m.i, frame, 'PX', m.s)
  end
  call('PUBLISH', m.r, frame)
end

-- A message in a script, as include/message.lua of our own streams has it. `S` is the stream and `G` its group. An entry of
-- Go-Broker has no header: it gets the one it would have.
--@include header
local function is_request(address)
  return string.sub(address, 1, 1) == 'r'
end

-- an entry of the stream, or a dead letter → header bytes (none when it cannot be read), payload
local function fields(entry)
  local e = {}
  for i = 1, #entry[2], 2 do
    e[entry[2][i]] = entry[2][i + 1]
  end
  local p = e.payload or e.p or ''
  local kind = e.type == 'task' and 't:' or e.type == 'rpc' and 'r:'
  if e.h or not kind or not e.name or e.name == '' then
    return e.h, p
  end
  local m = { i = entry[1], n = kind .. e.name, t = tonumber(string.match(entry[1], '^%d+')) }
  if kind == 'r:' then
    m.r, m.c = e.reply_to ~= '' and e.reply_to or nil, e.correlation_id or ''
  end
  return encode(m), p
end

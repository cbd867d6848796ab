-- A message in a script, as include/message.lua of our own streams has it. `S` is the stream and `G` its group. An entry of
-- Go-Broker has no header: it gets the one it would have.
local function decode(h)
  if not h or string.byte(h, 1) ~= 1 then
    return nil
  end
  local ok, m = pcall(cmsgpack.unpack, string.sub(h, 2))
  if ok and type(m) == 'table' then
    return m
  end
end

local function encode(m)
  return '\1' .. cmsgpack.pack(m)
end

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

-- the server's time in ms, asked once
local time
local function clock()
  if not time then
    local t = call('TIME')
    time = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return time
end

-- when the message was accepted: its first entry's id tells, a moved one carries it
local function stamp(m, id)
  m.t = m.t or tonumber(string.match(id, '^%d+'))
end

local function count(name, n)
  if n > 0 then
    pcall(call, 'HINCRBY', $counters, name, n)
  end
end

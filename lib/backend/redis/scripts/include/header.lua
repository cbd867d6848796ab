-- A message in a script: its header as a table `m` (the letters of codec/header.ts), the header as bytes `h`, its payload `p`.
local function decode(h)
  if not h or string.byte(h, 1) ~= 1 then
    return nil
  end
  local ok, m = pcall(cmsgpack.unpack, string.sub(h, 2))
  if ok and type(m) == 'table' then
    return m
  end
end

-- An entry holds both in one field: the length of the header in four bytes, the header, the payload.
local function join(h, p)
  return struct.pack('>I4', #h) .. h .. p
end

-- What is damaged is all header.
local function split(v)
  local a, b, c, d = string.byte(v, 1, 4)
  local length = d and ((a * 256 + b) * 256 + c) * 256 + d
  if not length or length + 4 > #v then
    return v, ''
  end
  return string.sub(v, 5, length + 4), string.sub(v, length + 5)
end

local function encode(m)
  return '\1' .. cmsgpack.pack(m)
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

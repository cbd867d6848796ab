-- Hands an event to its subscriptions, to its log and to whoever listens now. Needs gate.
--@include copy
-- by subscription: bytes that came in this call; by channel: what is published, and how
local arrivals, publications, channels, commands = {}, {}, {}, {}

-- the frame of codec/event-frame.ts; `p` is binary there, which cmsgpack does not write
local function frame_of(m, p)
  local n = #p
  local size
  if n < 256 then
    size = string.char(0xc4, n)
  elseif n < 65536 then
    size = string.char(0xc5, math.floor(n / 256), n % 256)
  else
    size = string.char(0xc6, math.floor(n / 16777216), math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
  end
  local headers = m.x and next(m.x) and cmsgpack.pack(m.x)
  return (headers and '\147' or '\146') .. cmsgpack.pack(m.i) .. size .. p .. (headers or '')
end

-- returns how many copies there are
local function fan_out(event, o, h, p)
  local m = decode(h)
  local frame, unique, copies = frame_of(m, p), m.i, 0
  local list = subscriptions_of(event)
  for _, s in ipairs(list) do
    -- one that is behind finds it in the log
    if not s.p then
      arrivals[s] = (arrivals[s] or 0) + copy(s, m, unique, p)
      copies = copies + 1
    end
  end
  if list.kept then
    call('XADD', $log .. event, '*', 'm', join(h, p))
  end
  local channel = o.e
  if not publications[channel] then
    publications[channel] = {}
    commands[channel] = o.s and 'SPUBLISH' or 'PUBLISH'
    channels[#channels + 1] = channel
  end
  table.insert(publications[channel], frame)
  return copies
end

-- What comes last: a bound is looked at whenever a sixteenth of it has come.
local function after_fan_out()
  for _, channel in ipairs(channels) do
    call(commands[channel], channel, table.concat(publications[channel]))
  end
  local heavy = {}
  for s, bytes in pairs(arrivals) do
    if call('HINCRBY', $unweighed, s.address, bytes) > s.b / 16 then
      heavy[#heavy + 1] = s
    end
  end
  if #heavy == 0 then
    return
  end
--@need group
--@need backlog
  for _, s in ipairs(heavy) do
    trim_log(s)
    if drop_heavy(s, 1024) then
      call('HDEL', $unweighed, s.address)
    end
  end
end

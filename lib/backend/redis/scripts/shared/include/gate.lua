-- The key gate stands open: messages of a shared stream have no keys.
local function park(m, p)
  m.t = m.t or clock()
  call('HSET', $bodies, m.i, cmsgpack.pack(encode(m), p))
end

local function admit(m, h, p)
  place(m, h, p)
  return false, false
end

local function free() end

-- Parks the message until `due`; says so on the control channel when it is the next one.
local function delay(m, p, due)
  park(m, p)
  call('ZADD', $due, due, m.i)
  if call('ZRANGE', $due, 0, 0)[1] == m.i then
    call('PUBLISH', ARGV[#ARGV], 'due ' .. string.format('%.0f', due))
  end
end

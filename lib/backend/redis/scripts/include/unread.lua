-- What nobody was handed of a stream or lane: how many entries, and the first of them.
local function unread(key)
  local n = call('XLEN', key)
  if n == 0 then
    return 0
  end
  local info = redis.pcall('XINFO', 'GROUPS', key)
  local last = '0-0'
  local of = not info.err and info[1] or {}
  for i = 1, #of, 2 do
    if of[i] == 'pending' then
      n = n - of[i + 1]
    elseif of[i] == 'last-delivered-id' then
      last = of[i + 1]
    end
  end
  if n <= 0 then
    return 0
  end
  return n, call('XRANGE', key, '(' .. last, '+', 'COUNT', 1)[1]
end

-- when an entry was written, in ms
local function written(entry)
  return tonumber(string.match(entry[1], '^%d+'))
end

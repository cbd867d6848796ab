-- Some of what is parked: what is not due ('delayed'), or waits behind its key ('gated').
-- KEYS: root
-- ARGV: 'delayed' or 'gated', where to go on ('': from the beginning), about how many
-- Returns { where to go on ('': that was all), how many were looked at, { header, payload, ms when it is due or '' }, … }
local state, from, count = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function body_of(body, due)
  local h, p = cmsgpack.unpack(body)
  return { h, p, due }
end

-- goes on behind so many of those that are due at the same time
local function delayed()
  local start, skip = string.match(from, '^(.*):(%d+)$')
  start, skip = start or '-inf', tonumber(skip or 0)
  local list = call('ZRANGEBYSCORE', $due, start, '+inf', 'WITHSCORES', 'LIMIT', skip, count)
  local out = { '', #list / 2 }
  local last, same = start, skip
  for i = 1, #list, 2 do
    same = list[i + 1] == last and same + 1 or 1
    last = list[i + 1]
    local body = call('HGET', $bodies, list[i])
    if body then
      out[#out + 1] = body_of(body, last)
    end
  end
  if #list / 2 == count then
    out[1] = last .. ':' .. same
  end
  return out
end

local function gated()
  local reply = call('HSCAN', $bodies, from == '' and '0' or from, 'COUNT', count)
  local out = { reply[1] == '0' and '' or reply[1], #reply[2] / 2 }
  for i = 1, #reply[2], 2 do
    if not call('ZSCORE', $due, reply[2][i]) then
      out[#out + 1] = body_of(reply[2][i + 1], '')
    end
  end
  return out
end

return state == 'delayed' and delayed() or gated()

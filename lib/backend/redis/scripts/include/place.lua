-- Placing: from nowhere or from a parked place to a stream where a consumer can take it.
local streams = {}

-- The lane of its target if that is a live member that handles the name, else the stream of the name.
local function destination(address, target)
  if target and call('HEXISTS', $members, target) == 1 and call('HGET', $namesOf .. target, address) == '1' then
    return $lane .. string.sub(address, 1, 2) .. target
  end
  local stream = streams[address]
  if not stream then
    stream = $stream .. address
    streams[address] = stream
    call('SADD', $streams, address)
  end
  return stream
end

local function place(m, h, p)
  call('XADD', destination(m.n, m.f), '*', 'h', h, 'p', p)
end

-- The only live service that handles the address (or nil), whether anybody does, and whether it is a request's.
local claims = {}
local function claim(address)
  local c = claims[address]
  if not c then
    local all = call('HGETALL', $claims .. address)
    c = { sole = #all == 2 and all[1] or nil, live = #all > 0, request = string.sub(address, 1, 1) == 'r' }
    claims[address] = c
  end
  return c
end

-- Placing: from nowhere or from a parked place to a stream where a consumer can take it.
local streams, claims = {}, {}

-- Who handles an address: the only live service that does (or nil), its bounds, whether anybody does, whether it is a request's.
local function claim(address)
  local c = claims[address]
  if not c then
    c = { live = false, request = string.sub(address, 1, 1) == 'r' }
    local all = call('HGETALL', $claims .. address)
    for i = 1, #all, 2 do
      if all[i] == '' then
        c.limits = all[i + 1]
      else
        c.sole = not c.live and all[i] or nil
        c.live = true
      end
    end
    claims[address] = c
  end
  return c
end

-- The lane of its target if that is a live member that handles the name, else the stream of the name.
local function destination(address, target)
  if target and call('HEXISTS', $members, target) == 1 and call('HGET', $namesOf .. target, address) == '1' then
    return $lane .. string.sub(address, 1, 2) .. target
  end
  local stream = streams[address]
  if not stream then
    stream = $stream .. address
    streams[address] = stream
    if not claim(address).live then
      -- a name with live members was noted when they joined
      call('SADD', $streams, address)
    end
  end
  return stream
end

local function place(m, h, p)
  call('XADD', destination(m.n, m.f), '*', 'h', h, 'p', p)
end

-- Messages that were handed over from a lane and are not settled, by address. A lane hands over no more than an instance runs at once.
local function held_in(key)
  local held = {}
  local pending = redis.pcall('XPENDING', key, 'g', '-', '+', 1000)
  if pending.err or not pending[1] then
    return held
  end
  local ids = {}
  for _, entry in ipairs(pending) do
    ids[entry[1]] = true
  end
  for _, entry in ipairs(call('XRANGE', key, pending[1][1], pending[#pending][1])) do
    local m = ids[entry[1]] and decode((fields(entry)))
    if m then
      held[m.n] = (held[m.n] or 0) + 1
    end
  end
  return held
end

-- of one address, in all lanes of the members that handle it
local function held_of(address)
  local n = 0
  local c = claim(address)
  for _, id in ipairs(c.scope and call('SMEMBERS', $peers .. c.scope) or {}) do
    n = n + (held_in(lane(id, c.group))[address] or 0)
  end
  return n
end

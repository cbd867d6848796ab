-- Subscriptions of an event, as a list: { address, i = number, p = id of the last entry of the log it has (none: it has
-- caught up), a = max age ms, b = max bytes, r = retention ms }; `kept`: whether what is published goes into the log.
local subscriptions = {}
local function subscriptions_of(event)
  local list = subscriptions[event]
  if not list then
    list = { kept = false }
    local all = call('HGETALL', $subscriptions .. event)
    for i = 1, #all, 2 do
      local s = cmsgpack.unpack(all[i + 1])
      s.address = all[i]
      list[#list + 1] = s
      list.kept = list.kept or s.r > 0 or s.p ~= nil
    end
    subscriptions[event] = list
  end
  return list
end

local function keep_subscription(event, s)
  call('HSET', $subscriptions .. event, s.address, cmsgpack.pack({ i = s.i, p = s.p, a = s.a, b = s.b, r = s.r }))
end

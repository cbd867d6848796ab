-- Who can be sent messages of an address.
-- KEYS: root
-- ARGV: address
-- Returns { } when no single scope handles it, or { epoch, service, group, rule, { consumer, member, weight, load, … } }
--@include message
--@include place
local address = ARGV[1]
local c = claim(address)
if not c.scope then
  return {}
end
local ids = call('SMEMBERS', $peers .. c.scope)
table.sort(ids)
local weights, consumers = weights_of(ids), {}
for _, id in ipairs(ids) do
  if weights[id] > 0 and call('HEXISTS', $namesOf .. id, address) == 1 then
    local at = #consumers
    consumers[at + 1], consumers[at + 2] = id, call('HGET', $members, id)
    consumers[at + 3], consumers[at + 4] = weights[id], call('XLEN', lane(id, c.group))
  end
end
return { epoch(), c.sole, c.group, c.rule or 'competing', consumers }

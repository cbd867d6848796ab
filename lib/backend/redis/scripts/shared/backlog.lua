-- What waits in the stream for whoever is free, at most 1,000.
-- KEYS: root
-- ARGV: consumer
-- Returns { how many, ms the oldest has waited or '' }; false: it is no member
--@include message
if call('HEXISTS', $members, ARGV[1]) == 0 then
  return false
end
local last = '0-0'
local groups = redis.pcall('XINFO', 'GROUPS', S)
for _, group in ipairs(groups.err and {} or groups) do
  local g = {}
  for i = 1, #group, 2 do
    g[group[i]] = group[i + 1]
  end
  last = g.name == G and g['last-delivered-id'] or last
end
local entries = redis.pcall('XRANGE', S, '(' .. last, '+', 'COUNT', 1000)
local first = not entries.err and entries[1]
return { first and #entries or 0, first and string.format('%.0f', math.max(0, clock() - tonumber(string.match(first[1], '^%d+')))) or '' }

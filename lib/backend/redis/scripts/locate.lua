-- Looks for a message in a stretch of a stream.
-- KEYS: root
-- ARGV: source, first id, unique, how many entries
-- Returns { 'found', id }, { 'next', id to go on from } or { 'end' }
--@include message
local entries = call('XRANGE', ARGV[1], ARGV[2], '+', 'COUNT', tonumber(ARGV[4]))
for _, entry in ipairs(entries) do
  local h = fields(entry)
  if h and string.find(h, ARGV[3], 1, true) then
    local m = decode(h)
    if m and m.i == ARGV[3] then
      return { 'found', entry[1] }
    end
  end
end
if #entries < tonumber(ARGV[4]) then
  return { 'end' }
end
return { 'next', '(' .. entries[#entries][1] }

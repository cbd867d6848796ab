-- Gives a subscription that is behind the next entries of the log; at the end of it, it gets what is published.
-- KEYS: root
-- ARGV: address of the subscription, event, chunk, control channel
-- Returns 'more' or 'done'
--@include message
--@include place
--@include gate
--@include subscription
--@include copy
local address, event, chunk = ARGV[1], ARGV[2], tonumber(ARGV[3])
local packed = call('HGET', $subscriptions .. event, address)
local s = packed and cmsgpack.unpack(packed)
if not s or not s.p then
  return 'done'
end
s.address = address
expect(chunk)
local entries = call('XRANGE', $log .. event, '(' .. s.p, '+', 'COUNT', chunk)
local bytes = 0
for _, entry in ipairs(entries) do
  local h, p = fields(entry)
  local m = decode(h)
  stamp(m, entry[1])
  bytes = bytes + copy(s, m, m.i, p)
end
rest_decks()
note_lanes()
-- the copies are there: now they count as had
s.p = #entries == chunk and entries[#entries][1] or nil
keep_subscription(event, s)
if #entries > 0 then
  call('HINCRBY', $unweighed, address, bytes)
  count('added', #entries)
end
return s.p and 'more' or 'done'

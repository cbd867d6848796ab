-- Publishes in the order given; what has a channel in the hash slot of the app goes to its shard alone.
-- KEYS: root
-- ARGV: msgpack of { channel, message, … }
local list = cmsgpack.unpack(ARGV[1])
for i = 1, #list, 2 do
  local sharded = string.sub(list[i], 1, #T) == T
  call(sharded and 'SPUBLISH' or 'PUBLISH', list[i], list[i + 1])
end

-- Publishes in the order given.
-- KEYS: root
-- ARGV: msgpack of { channel, message, … }
local list = cmsgpack.unpack(ARGV[1])
for i = 1, #list, 2 do
  call('PUBLISH', list[i], list[i + 1])
end

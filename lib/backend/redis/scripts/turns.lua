-- Takes turns for messages that lie elsewhere.
-- KEYS: root
-- ARGV: address, how many
-- Returns { consumer, … }; empty where turns are not what routes the address
--@include message
--@include place
local address, n = ARGV[1], tonumber(ARGV[2])
local c = claim(address)
local turns = {}
if c.rule == 'round_robin' or c.rule == 'weighted' then
  expect(n)
  turns = pick(c, c.rule, address, n)
end
rest_decks()
return turns

-- A copy of an event for one subscription, with an id of its own. Needs gate.
local function copy(s, m, unique, p)
  m.n, m.i = s.address, unique .. '@' .. s.i
  local h = encode(m)
  admit(m, h, p)
  return #h + #p
end

-- Puts dead letters back with their attempts forgotten, at the end of their key.
-- KEYS: root
-- ARGV: entry id, …
-- Returns how many there were
--@include room
--@include message
--@include place
--@include gate
--@include owned
local replayed = 0
expect(#ARGV)
for _, id in ipairs(ARGV) do
  local entry = call('XRANGE', $dead, id, id)[1]
  if entry then
    local h, p = fields(entry)
    local m = decode(h)
    -- what nobody is subscribed to any more stays where it is
    local wanted = not m or is_wanted(m.n)
    if m and wanted then
      m.a, m.d = nil, nil
      stamp(m, id)
      admit(m, encode(m), p)
    elseif not m then
      local info
      for i = 1, #entry[2], 2 do
        if entry[2][i] == 'e' then
          info = cmsgpack.unpack(entry[2][i + 1])
        end
      end
      call('XADD', info.s, '*', 'm', join(h, p))
    end
    if wanted then
      call('XDEL', $dead, id)
      replayed = replayed + 1
    end
  end
end
rest_decks()
note_lanes()
return replayed

-- Puts dead letters back with their attempts forgotten.
-- KEYS: root
-- ARGV: entry id, …
-- Returns how many there were
--@include room
--@include message
--@include place
local replayed = 0
for _, id in ipairs(ARGV) do
  local entry = call('XRANGE', $dead, id, id)[1]
  if entry then
    local h, p = fields(entry)
    local m = decode(h)
    if m then
      m.a, m.d, m.b = nil, nil, nil
      stamp(m, id)
      place(m, encode(m), p)
    else
      local info
      for i = 1, #entry[2], 2 do
        if entry[2][i] == 'e' then
          info = cmsgpack.unpack(entry[2][i + 1])
        end
      end
      call('XADD', S, '*', unpack(info.f))
    end
    call('XDEL', $dead, id)
    replayed = replayed + 1
  end
end
return replayed

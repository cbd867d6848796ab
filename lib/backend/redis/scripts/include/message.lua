-- A message in a stream of our own.
--@include header
-- an entry of a stream, or a dead letter → header bytes, payload
local function fields(entry)
  local f = entry[2]
  local h, p
  for i = 1, #f, 2 do
    if f[i] == 'm' then
      return split(f[i + 1])
    elseif f[i] == 'h' then
      h = f[i + 1]
    elseif f[i] == 'p' then
      p = f[i + 1]
    end
  end
  return h, p or ''
end

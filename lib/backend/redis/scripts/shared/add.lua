-- Accepts new messages. Nothing is ever refused: a shared stream has no bound, and who handles a name is not known.
-- KEYS: root
-- ARGV: producer, batch number, msgpack { m = { address, entry, options or false, … }, … }, bound, overflow, control channel
-- options: { i = unique, d = delay ms, u = dedupe id, w = its window ms, q = repeatable, for so many ms on its way }
-- Returns { } when everything was accepted, or { index, 'dup', detail, … }.
--@include batch
--@include message
--@include place
--@include gate
local list = cmsgpack.unpack(ARGV[3]).m
local out, seen, dedupes, accepted = {}, {}, {}, 0

-- the message that was accepted with the same dedupe id before; else this one is noted
local function first_of(address, o)
  local key = $dedupe .. #address .. ':' .. address .. ':' .. o.u
  local first = seen[key] or call('GET', key)
  if not first then
    seen[key] = o.i
    dedupes[#dedupes + 1] = { key, o.i, o.w }
  end
  return first
end

for i = 1, #list, 3 do
  local address, o = list[i], list[i + 2]
  local h, p = split(list[i + 1])
  o = type(o) == 'table' and o or {}
  local first = o.u and first_of(address, o)
  if o.q and not call('SET', $reply .. o.i, '', 'PX', o.q, 'NX') then
    first = o.i
  end
  if first then
    local at = #out
    out[at + 1], out[at + 2], out[at + 3] = (i - 1) / 3, 'dup', first
  else
    accepted = accepted + 1
    if o.d then
      delay(decode(h), p, clock() + o.d)
    else
      put(address, is_request(address) and decode(h), h, p)
    end
  end
end
for _, d in ipairs(dedupes) do
  call('SET', d[1], d[2], 'PX', d[3])
end
local answer, duplicates = #out == 0 and ARGV[2] or ARGV[2] .. ' ' .. cmsgpack.pack(out), #out / 3
--@include applied
return out

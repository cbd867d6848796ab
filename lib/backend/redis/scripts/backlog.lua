-- What waits for one member: in its lanes and in the streams of its names.
-- KEYS: root
-- ARGV: consumer
-- Returns { how many, ms the oldest has waited or '' }; false: it is no member
--@include message
--@include lanes
--@include unread
local consumer = ARGV[1]
if call('HEXISTS', $members, consumer) == 0 then
  return false
end
local waiting, since = 0, nil
local function look(key)
  local n, first = unread(key)
  waiting = waiting + n
  if first then
    since = math.min(since or written(first), written(first))
  end
end

local seen = {}
local named = call('HGETALL', $namesOf .. consumer)
for i = 1, #named, 2 do
  if named[i] ~= '' then
    local key = lane(consumer, named[i + 1])
    if not seen[key] then
      seen[key] = true
      look(key)
    end
    look($stream .. named[i])
  end
end
return { waiting, since and string.format('%.0f', math.max(0, clock() - since)) or '' }

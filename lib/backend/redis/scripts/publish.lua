-- Publishes in the order given. What is kept for somebody is not published: it belongs into the queue.
-- KEYS: root
-- ARGV: msgpack of { channel, message, event or false, … }
-- Returns { index of a channel nothing was published to, … }
local list, kept = cmsgpack.unpack(ARGV[1]), {}
-- an app in which nothing is kept asks once
local asks = call('EXISTS', $attended) == 1
for i = 1, #list, 3 do
  if asks and list[i + 2] and call('EXISTS', $subscriptions .. list[i + 2]) == 1 then
    kept[#kept + 1] = (i - 1) / 3
  else
    call('PUBLISH', list[i], list[i + 1])
  end
end
return kept

-- Publishes in the order given. What is kept for somebody is not published: it belongs into the queue.
-- KEYS: root
-- ARGV: msgpack of { channel, message, event or false, … }, '1' where what has a channel in the hash slot of the app goes to its shard alone
-- Returns { index of a channel nothing was published to, … }
local list, kept = cmsgpack.unpack(ARGV[1]), {}
-- an app in which nothing is kept asks once
local asks = call('EXISTS', $attended) == 1
for i = 1, #list, 3 do
  local channel, event = list[i], list[i + 2]
  if asks and event and call('EXISTS', $subscriptions .. event) == 1 then
    kept[#kept + 1] = (i - 1) / 3
  else
    local sharded = ARGV[2] == '1' and string.sub(channel, 1, #T) == T
    call(sharded and 'SPUBLISH' or 'PUBLISH', channel, list[i + 1])
  end
end
return kept

-- What the user of this connection may not do: a script that were refused half-way would leave half a step.
-- KEYS: root
-- ARGV: a channel of the app
-- Returns { command, … }; { } also before Redis 7.0, which cannot tell
local COMMANDS = [[
  TIME GET SET DEL EXISTS PEXPIRE INCR
  HGET HSET HSETNX HDEL HEXISTS HGETALL HINCRBY HKEYS HLEN HMGET HSCAN HVALS
  LINDEX LPOP LREM RPUSH SADD SCARD SISMEMBER SMEMBERS SREM
  ZADD ZCARD ZRANGE ZRANGEBYSCORE ZREM ZSCORE
  XACK XADD XDEL XLEN XPENDING XRANGE XREVRANGE XTRIM
]]
local missing = {}
local function ask(name, ...)
  if not redis.acl_check_cmd(name, ...) then
    missing[#missing + 1] = name
  end
end
if redis.acl_check_cmd then
  for name in string.gmatch(COMMANDS, '%S+') do
    ask(name, T, T, T)
  end
  ask('XGROUP', 'CREATE', T, T, T)
  ask('XINFO', 'GROUPS', T)
  ask('MEMORY', 'USAGE', T)
  ask('PUBLISH', ARGV[1], T)
end
return missing

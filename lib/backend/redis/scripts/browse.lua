-- Some of what lies in streams and lanes: what nobody was handed yet ('waiting'), or what is held ('running').
-- KEYS: root
-- ARGV: 'waiting' or 'running', how many entries at most, then for each source its key and the id after which to go on
-- Returns for each source that was reached { entries looked at, id of the last, { id, fields, holder or '', ms or '' }, … };
-- ms: when it was handed over
--@include header
--@include older
local running, left = ARGV[1] == 'running', tonumber(ARGV[2])

-- id of the last entry that was handed over
local function handed(key)
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  for _, group in ipairs(groups.err and {} or groups) do
    local g = {}
    for i = 1, #group, 2 do
      g[group[i]] = group[i + 1]
    end
    if g.name == 'g' then
      return g['last-delivered-id']
    end
  end
  return '0-0'
end

local function waiting_in(key, after)
  local last = handed(key)
  local entries = call('XRANGE', key, '(' .. (older(after, last) and last or after), '+', 'COUNT', left)
  local found = { #entries, #entries > 0 and entries[#entries][1] or after }
  for _, entry in ipairs(entries) do
    found[#found + 1] = { entry[1], entry[2], '', '' }
  end
  return found
end

local function running_in(key, after)
  local pending = redis.pcall('XPENDING', key, 'g', '(' .. after, '+', left)
  if pending.err or #pending == 0 then
    return { 0, after }
  end
  local found = { #pending, pending[#pending][1] }
  for _, of in ipairs(pending) do
    local entry = call('XRANGE', key, of[1], of[1])[1]
    if entry then
      found[#found + 1] = { entry[1], entry[2], of[2], string.format('%.0f', clock() - of[3]) }
    end
  end
  return found
end

local out = {}
for i = 3, #ARGV, 2 do
  if left > 0 then
    local found = (running and running_in or waiting_in)(ARGV[i], ARGV[i + 1])
    out[#out + 1] = found
    left = left - found[1]
  end
end
return out

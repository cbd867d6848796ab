-- Removes entries that every group has acknowledged: Go-Broker workers leave them behind. What is pending or was not handed out
-- yet stays, and so does what was handed out before us.
-- KEYS: root
-- ARGV: id to begin with or '', chunk
-- Returns { how many were removed, id to go on from or '' }
local chunk = tonumber(ARGV[2])
local groups = redis.pcall('XINFO', 'GROUPS', S)
if groups.err or #groups == 0 then
  return { 0, '' }
end

local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function before(a, b)
  local am, as = parts(a)
  local bm, bs = parts(b)
  return am < bm or (am == bm and as < bs)
end

-- what the slowest group has been handed
local names, last = {}, nil
for _, group in ipairs(groups) do
  local g = {}
  for i = 1, #group, 2 do
    g[group[i]] = group[i + 1]
  end
  names[#names + 1] = g.name
  if not last or before(g['last-delivered-id'], last) then
    last = g['last-delivered-id']
  end
end

local from = ARGV[1] ~= '' and ARGV[1] or '(' .. (call('GET', $floor) or last)
local entries = call('XRANGE', S, from, last, 'COUNT', chunk)
if #entries == 0 then
  return { 0, '' }
end
local held = {}
for _, name in ipairs(names) do
  -- ids of entries that somebody deleted are pending too: with very many of them, nothing is certain
  local pending = call('XPENDING', S, name, entries[1][1], entries[#entries][1], chunk * 8)
  if #pending == chunk * 8 then
    return { 0, #entries == chunk and '(' .. entries[#entries][1] or '' }
  end
  for _, entry in ipairs(pending) do
    held[entry[1]] = true
  end
end
local done = {}
for _, entry in ipairs(entries) do
  if not held[entry[1]] then
    done[#done + 1] = entry[1]
  end
end
if #done > 0 then
  call('XDEL', S, unpack(done))
end
return { #done, #entries == chunk and '(' .. entries[#entries][1] or '' }

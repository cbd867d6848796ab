-- Moves messages nobody was handed yet from lanes of a consumer's peers to its own.
-- KEYS: root
-- ARGV: consumer, group, 'share' or '', age ms, at most
-- Returns how many
--@include room
--@include message
--@include place
-- how many entries of a lane are looked at
local SCAN = 4096
local taker, group, share, age, most = ARGV[1], ARGV[2], ARGV[3] == 'share', tonumber(ARGV[4]), tonumber(ARGV[5])
local service = home_of(taker)
local scope = service and scope_name(service, group)
local rule = scope and call('HGET', $rules, scope)
if not rule or call('HGET', $weights, taker) == '0' or (share and string.sub(rule, 1, 9) == 'competing') then
  return 0
end
local hashed = string.sub(rule, 1, 15) == 'consistent_hash'
local ids = call('SMEMBERS', $peers .. scope)
table.sort(ids)
local weights, all, total = weights_of(ids), 0, 0

-- the lanes with what nobody was handed in them
local lanes = {}
for _, id in ipairs(ids) do
  local key = lane(id, group)
  local n = call('XLEN', key)
  local last = '0-0'
  if n > 0 then
    local info = redis.pcall('XINFO', 'GROUPS', key)
    for i = 1, info[1] and #info[1] or 0, 2 do
      if info[1][i] == 'pending' then
        n = n - info[1][i + 1]
      elseif info[1][i] == 'last-delivered-id' then
        last = info[1][i + 1]
      end
    end
  end
  all, total = all + n, total + weights[id]
  lanes[#lanes + 1] = { id = id, key = key, unread = n, last = last }
end
local function fair(id)
  return math.floor(all * weights[id] / total)
end

local own = lane(taker, group)
local now = clock()
local handles = {}
local function may_take(m)
  if not m or (m.f and home_of(m.f)) then
    return false
  end
  if handles[m.n] == nil then
    handles[m.n] = call('HGET', $namesOf .. taker, m.n) == group
  end
  if not handles[m.n] then
    return false
  end
  return not (share and hashed) or owner_in(claim(m.n), m.n, m) == taker
end

-- the messages of a lane that may be taken: the newest first for a share, else the oldest
local function candidates(from, n)
  local found, scanned = {}, 0
  local first, last = '(' .. from.last, share and '+' or string.format('%.0f', now - age)
  local newest = share and not hashed
  while #found < n and scanned < SCAN do
    local entries = newest and call('XREVRANGE', from.key, last, first, 'COUNT', n)
      or call('XRANGE', from.key, first, last, 'COUNT', n)
    for _, entry in ipairs(entries) do
      local h, p = fields(entry)
      local m = decode(h)
      if #found < n and may_take(m) then
        found[#found + 1] = { m = m, h = h, p = p, id = entry[1] }
      end
    end
    scanned = scanned + #entries
    if #entries < n then
      break
    end
    local edge = '(' .. entries[#entries][1]
    first, last = newest and first or edge, newest and edge or last
  end
  return found
end

local function take(from, n)
  local found = candidates(from, n)
  local first, last, step = 1, #found, 1
  if share and not hashed then
    first, last, step = #found, 1, -1
  end
  for i = first, last, step do
    local e = found[i]
    stamp(e.m, e.id)
    call('XADD', own, '*', 'm', join(encode(e.m), e.p))
    arrived(e.m.n)
    touched[own] = true
    call('XDEL', from.key, e.id)
    leave_lane(from.key, e.m.n, 1)
  end
  most = most - #found
  return #found
end

local moved, missing = 0, most
if share and not hashed then
  for _, l in ipairs(lanes) do
    l.over = l.unread - fair(l.id)
    if l.id == taker then
      missing = fair(taker) - l.unread
    end
  end
else
  for _, l in ipairs(lanes) do
    l.over = l.unread
  end
end
table.sort(lanes, function(a, b)
  return a.over > b.over or (a.over == b.over and a.id < b.id)
end)
for _, l in ipairs(lanes) do
  local n = math.min(l.over, missing - moved, most)
  if l.id ~= taker and n > 0 then
    moved = moved + take(l, n)
  end
end
note_lanes()
return moved

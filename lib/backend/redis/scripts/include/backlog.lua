-- What waits for a subscription, and what is dropped of it. Needs gate, group and subscription.
--@include older
local function event_of(address)
  return string.sub(address, #scope_of(address) + 1)
end

-- where its unread messages can lie
local function sources_of(address)
  local sources, c = { $stream .. address }, claim(address)
  for _, id in ipairs(c.scope and call('SMEMBERS', $peers .. c.scope) or {}) do
    sources[#sources + 1] = lane(id, c.group)
  end
  return sources
end

-- how many wait, held ones included, and their bytes: by the mean of where most of their kind lie
local function weight_of(address)
  local best, most = nil, 0
  local count = tonumber(call('HGET', $laned, address) or 0) + (laned[address] or 0) + tonumber(call('HGET', $gated, address) or 0)
  local sources = sources_of(address)
  count = count + call('XLEN', sources[1])
  sources[#sources + 1] = $log .. event_of(address)
  for _, key in ipairs(count > 0 and sources or {}) do
    local n = call('XLEN', key)
    if n > most then
      best, most = key, n
    end
  end
  return count, best and call('MEMORY', 'USAGE', best, 'SAMPLES', 16) / most * count or 0
end

-- the oldest that nobody was handed, at most `n` of a source and no more than a script should carry, oldest first
local function oldest_of(address, n)
  local found = {}
  local waiting, bytes = weight_of(address)
  n = math.max(1, math.min(n, math.floor(8388608 / math.max(1, bytes) * waiting)))
  for _, source in ipairs(sources_of(address)) do
    local entries = call('XLEN', source) > 0
      and call('XRANGE', source, '(' .. group_of(source)['last-delivered-id'], '+', 'COUNT', n) or {}
    for _, entry in ipairs(entries) do
      local m = decode((fields(entry)))
      if m and m.n == address then
        stamp(m, entry[1])
        found[#found + 1] = { source = source, id = entry[1], m = m }
      end
    end
  end
  table.sort(found, function(a, b)
    return a.m.t < b.m.t or (a.m.t == b.m.t and older(a.id, b.id))
  end)
  return found, n
end

-- of those that wait behind a key, from the first one on: what was accepted before `until_ms`, at most `most`
local function drop_line(key, address, until_ms, most)
  local list, dropped = waitlist(scope_of(address), key), 0
  local next = call('LINDEX', list, 0)
  while next and dropped < most do
    local body = call('HGET', $bodies, next)
    local m = body and decode((cmsgpack.unpack(body)))
    if not m or m.n ~= address or m.t > until_ms then
      break
    end
    call('LPOP', list)
    call('HDEL', $bodies, next)
    less_gated(address)
    dropped = dropped + 1
    next = call('LINDEX', list, 0)
  end
  return dropped
end

-- one that waits, and whatever waits behind it that was accepted before `until_ms`
local function drop_entry(e, until_ms)
  local dropped = e.m.k and drop_line(e.m.k, e.m.n, until_ms, math.huge) or 0
  free(e.m.n, e.m.k, e.m.i)
  call('XDEL', e.source, e.id)
  leave_lane(e.source, e.m.n, 1)
  return dropped + 1
end

-- events are lost: somebody has to be told
local function note_dropped(address, n)
  if n > 0 then
    call('HINCRBY', $untold, address, n)
    count('dropped', n)
  end
end

-- what was accepted before `until_ms`; returns whether that was all of it
local function drop_old(address, until_ms, most)
  local dropped = 0
  local list, n = oldest_of(address, most)
  for i, e in ipairs(list) do
    if i > n or e.m.t > until_ms then
      break
    end
    dropped = dropped + drop_entry(e, until_ms)
  end
  note_dropped(address, dropped)
  return dropped < n
end

-- the oldest, until the others fit; returns whether they do
local function drop_heavy(s, n)
  local waiting, bytes = weight_of(s.address)
  if bytes <= s.b then
    return true
  end
  local excess = math.ceil(waiting * (bytes - s.b) / bytes)
  local dropped = 0
  for _, e in ipairs(oldest_of(s.address, n)) do
    if dropped >= math.min(excess, n) then
      break
    end
    -- one key alone may hold everything: what waits behind it comes up next
    dropped = dropped + drop_entry(e, 0)
  end
  -- the rest waits behind messages that somebody holds, or that wait for a retry
  local held_up = dropped == 0 and tonumber(call('HGET', $gated, s.address) or 0) > 0
  for _, key in ipairs(held_up and call('HKEYS', $busy .. scope_of(s.address)) or {}) do
    dropped = dropped + drop_line(key, s.address, math.huge, math.min(excess, n) - dropped)
  end
  note_dropped(s.address, dropped)
  return dropped >= excess or dropped == 0
end

-- The log is kept for the longest retention, and until those that are behind have what they still need of it, within
-- the bounds of what waits for them.
local function trim_log(s)
  local event = event_of(s.address)
  local key, list = $log .. event, subscriptions_of(event)
  local length = call('XLEN', key)
  if length == 0 then
    return
  end
  local retention, max_bytes, needed, max_age = 0, 0, nil, 0
  for _, of in ipairs(list) do
    retention, max_bytes = math.max(retention, of.r), math.max(max_bytes, of.b)
    if of.p then
      needed = (not needed or older(of.p, needed)) and of.p or needed
      max_age = math.max(max_age, of.a)
    end
  end
  local cut = string.format('%.0f-0', clock() - retention)
  local last = string.format('%.0f-0', clock() - max_age)
  call('XTRIM', key, 'MINID', '~', needed and older(needed, cut) and needed or cut)
  local forced = needed and older(needed, last) and older(last, cut) and call('XTRIM', key, 'MINID', '~', last) or 0
  length = call('XLEN', key)
  local bytes = length > 0 and call('MEMORY', 'USAGE', key, 'SAMPLES', 16) or 0
  if bytes > max_bytes then
    forced = forced + call('XTRIM', key, 'MAXLEN', '~', math.floor(length * max_bytes / bytes))
  end
  local first = call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  for _, of in ipairs(forced > 0 and list or {}) do
    if of.p and (not first or older(of.p, first[1])) then
      note_dropped(of.address, forced)
    end
  end
end

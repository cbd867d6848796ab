-- a scope's service and group
local function parts_of(scope)
  local length, at = string.match(scope, '^(%d+):()')
  local last = at + tonumber(length)
  return string.sub(scope, at, last - 1), string.sub(scope, last + 1)
end

local function scope_name(service, group)
  return #service .. ':' .. service .. ':' .. group
end

-- Picking the next member of a scope. A deck holds the members that can be picked in this call: only the first n can be
-- among the first n picks, so a call with n messages reads n members, however many there are.
local CYCLE, TIE = 720720, 0.0000009 / 1048576
local decks, hint = {}, 1

-- a call that may place `n` messages says so first
local function expect(n)
  hint = n
end

local epoch_now
local function epoch()
  epoch_now = epoch_now or call('GET', $epoch) or '0'
  return epoch_now
end

local function put_down(d)
  local args = {}
  for id, score in pairs(d.changed) do
    local at = #args
    args[at + 1], args[at + 2] = score, id
  end
  if #args > 0 then
    call('ZADD', d.key, 'XX', unpack(args))
  end
end

-- writes every deck back; the next pick reads anew
local function rest_decks()
  for _, d in pairs(decks) do
    put_down(d)
  end
  decks = {}
end

local function weights_of(ids)
  local weights = {}
  if #ids > 0 then
    for i, weight in ipairs(call('HMGET', $weights, unpack(ids))) do
      weights[ids[i]] = tonumber(weight or 0)
    end
  end
  return weights
end

-- The weights of all members of a scope, for who is to read many of them; nil for a few members.
local function shares_of(c, many)
  if c.shares == nil and many > 8 and many * 4 > c.members then
    local packed = call('HGET', $shares, c.scope)
    c.shares = packed and cmsgpack.unpack(packed) or false
  end
  return c.shares or nil
end

local function take_up(c, rule, size)
  local scope = c.scope
  weigh_touched()
  local d = { key = $deck .. scope, rule = rule, ids = {}, scores = {}, changed = {}, left = size }
  local all = call('ZRANGE', d.key, 0, size - 1, 'WITHSCORES')
  for i = 1, #all, 2 do
    d.ids[#d.ids + 1] = all[i]
    d.scores[#d.scores + 1] = tonumber(all[i + 1])
  end
  if #d.ids < size then
    d.left = math.huge
  end
  d.rows, d.picked = { { ids = d.ids, scores = d.scores, head = 1 } }, {}
  if rule ~= 'round_robin' then
    d.weights = shares_of(c, #d.ids) or weights_of(d.ids)
  end
  if rule == 'least_conn' then
    d.tie, d.entries = call('HINCRBY', $picks, scope, size) - size, {}
  end
  return d
end

local function after_pick(d, id, score)
  if d.rule == 'round_robin' then
    return score + CYCLE
  elseif d.rule == 'weighted' then
    return score + CYCLE / d.weights[id]
  end
  local tie, weight = d.tie + 1, d.weights[id]
  local entries = (d.entries[id] or entries_in(score, weight)) + 1
  d.tie, d.entries[id] = tie, entries
  return entries / weight + tie % 1048576 * TIE
end

-- The next `n` members of a deck, which has as many left. Who was picked goes behind all of its weight that were picked
-- before: picks come in order, so each of these rows is in order, and the next one is the first of some row.
local function draw(d, n)
  local rows, picked, weights, changed, out = d.rows, d.picked, d.weights, d.changed, {}
  for i = 1, n do
    local first, id, score = rows[1], nil, nil
    for j = 1, #rows do
      local row = rows[j]
      local its = row.ids[row.head]
      if its then
        local at = row.scores[row.head]
        if not id or at < score or (at == score and its < id) then
          first, id, score = row, its, at
        end
      end
    end
    if not id then
      break
    end
    first.head = first.head + 1
    score = after_pick(d, id, score)
    changed[id], out[i] = score, id
    local weight = weights and weights[id] or 1
    local row = picked[weight]
    if not row then
      row = { ids = {}, scores = {}, head = 1, last = 0 }
      picked[weight] = row
      rows[#rows + 1] = row
    end
    local last = row.last + 1
    row.ids[last], row.scores[last], row.last = id, score, last
  end
  d.left = d.left - n
  return out
end

-- not all members of the scope handle the address: the first that does
local function pick_among(c, rule, address)
  rest_decks()
  local d = take_up(c, rule, call('ZCARD', $deck .. c.scope) + 1)
  for i, id in ipairs(d.ids) do
    if call('HEXISTS', $namesOf .. id, address) == 1 then
      d.changed[id] = after_pick(d, id, d.scores[i])
      if rule ~= 'least_conn' then
        -- who does not handle it falls behind by one turn at most, or it would get everything else until it has caught up
        for j = 1, i - 1 do
          local stride = rule == 'weighted' and CYCLE / d.weights[d.ids[j]] or CYCLE
          if d.scores[j] < d.scores[i] - stride then
            d.changed[d.ids[j]] = d.scores[i] - stride
          end
        end
      end
      put_down(d)
      return id
    end
  end
end

-- whether all members of the scope handle the address
local function is_whole(c)
  if c.whole == nil then
    c.whole = call('SCARD', $peers .. c.scope) == c.members
  end
  return c.whole
end

-- whom the rule gives the next `n` messages, or as many of them as somebody can take
local function pick(c, rule, address, n)
  if not (c.whole or is_whole(c)) then
    local ids = {}
    for i = 1, n do
      ids[i] = pick_among(c, rule, address)
    end
    return ids
  end
  local d = decks[c.scope]
  if not d or d.left < n then
    if d then
      put_down(d)
    end
    d = take_up(c, rule, math.max(hint, n))
    decks[c.scope] = d
  end
  return draw(d, n)
end

-- who of the scope owns the message's key
local owners = {}
local function owner_in(c, address, m)
  local list = owners[address]
  if not list then
--@include hash
    list = { of = owner_of }
    local all = call('ZRANGE', $deck .. c.scope, 0, -1, 'WITHSCORES')
    local ids = {}
    for i = 1, #all, 2 do
      ids[#ids + 1] = all[i]
    end
    local weights = weights_of(ids)
    for i = 1, #all, 2 do
      if is_whole(c) or call('HEXISTS', $namesOf .. all[i], address) == 1 then
        list[#list + 1] = { id = all[i], hash = tonumber(all[i + 1]), weight = weights[all[i]] }
      end
    end
    owners[address] = list
  end
  return list.of(m.k or m.i, list)
end

-- A change of members or weights: everybody begins a new cycle.
local function deal(scope)
  local rule = string.match(call('HGET', $rules, scope) or 'competing', '^[^@]*')
  local key = $deck .. scope
  call('DEL', key)
  call('HDEL', $shares, scope)
  if rule == 'competing' or string.sub(rule, 1, 7) == 'custom:' then
    return
  end
  local ids = call('SMEMBERS', $peers .. scope)
  local weights = weights_of(ids)
  local _, group = parts_of(scope)
  if #ids > 8 then
    call('HSET', $shares, scope, cmsgpack.pack(weights))
  end
  for _, id in ipairs(ids) do
    local weight, score = weights[id], nil
    if rule == 'consistent_hash' then
      score = call('HGET', $hashes, id)
    elseif rule == 'least_conn' then
      call('HSET', $loaded, lane(id, group), scope)
      score = weight > 0 and call('XLEN', lane(id, group)) / weight
    else
      score = CYCLE / (rule == 'round_robin' and 1 or math.max(weight, 1)) / 2
    end
    if weight > 0 then
      call('ZADD', key, score, id)
    end
  end
end

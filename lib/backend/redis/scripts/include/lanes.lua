-- Lanes: what was routed to one consumer. Their entries are counted by address, and their loads stand in decks.
local function lane(consumer, group)
  return $lane .. #consumer .. ':' .. consumer .. ':' .. group
end

local function is_lane(source)
  return string.sub(source, 1, #$lane) == $lane
end

-- consumer of a lane
local function holder_of(source)
  local length, at = string.match(source, '^(%d+):()', #$lane + 1)
  return string.sub(source, at, at + tonumber(length) - 1)
end

-- by address: how many more lie in lanes; lanes to weigh again; by lane: entries that are to be removed at the end
local laned, touched, leaving = {}, {}, {}

local function arrived(address, n)
  laned[address] = (laned[address] or 0) + (n or 1)
end

-- `n` messages of the address leave the source; `later`: their entries still stand there
local function leave_lane(source, address, n, later)
  if is_lane(source) then
    laned[address] = (laned[address] or 0) - n
    leaving[source] = (leaving[source] or 0) + (later and n or 0)
    touched[source] = true
  end
end

-- `least_conn`: a score is entries / weight, plus a fraction below every difference between two loads that tells ties apart
local function entries_in(score, weight)
  return math.floor(score * weight + 0.000001)
end

-- the load of a lane as it is. Not worth a failure: nothing but evenness depends on it.
local function weigh(key)
  local scope = call('HGET', $loaded, key)
  local consumer = scope and holder_of(key)
  local score = scope and tonumber(call('ZSCORE', $deck .. scope, consumer))
  if score then
    local weight = tonumber(call('HGET', $weights, consumer))
    local tie = score - entries_in(score, weight) / weight
    local entries = call('XLEN', key) - (leaving[key] or 0)
    redis.pcall('ZADD', $deck .. scope, entries / weight + tie, consumer)
  end
end

local function weigh_touched()
  for key in pairs(touched) do
    weigh(key)
  end
  touched = {}
end

-- Writes down what changed in the lanes: the last step of every script that moves messages, when every entry that left is removed.
local function note_lanes()
  leaving = {}
  weigh_touched()
  for address, n in pairs(laned) do
    if n ~= 0 and redis.pcall('HINCRBY', $laned, address, n) == 0 then
      call('HDEL', $laned, address)
    end
  end
end

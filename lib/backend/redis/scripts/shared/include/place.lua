-- Placing: there is one stream, and whoever is free takes what comes.
-- Makes the group where it is missing: from the beginning, so that nothing that waits is passed over.
local function found_group()
  local made = redis.pcall('XGROUP', 'CREATE', S, G, '0', 'MKSTREAM')
  if type(made) == 'table' and made.err then
    return made.err
  end
  call('SET', $floor, '0-0')
end

local founded
-- writes an entry that both sides can read
local function put(address, m, h, p)
  if not founded then
    founded = true
    found_group()
  end
  local name = string.sub(address, 3)
  if is_request(address) then
    call('XADD', S, '*', 'type', 'rpc', 'name', name, 'payload', p, 'reply_to', m.r or '', 'correlation_id', m.c or m.i, 'h', h)
  else
    call('XADD', S, '*', 'type', 'task', 'name', name, 'payload', p, 'h', h)
  end
end

local function place(m, h, p)
  put(m.n, m, h, p)
end

-- Whether nobody else reads the stream: what is done goes at once. Else it goes when it is trimmed.
local sole
local function is_sole()
  if sole == nil then
    local groups = redis.pcall('XINFO', 'GROUPS', S)
    sole = not groups.err and #groups == 1
  end
  return sole
end

-- takes an entry that is acknowledged out of the stream
local function discard(id)
  if is_sole() then
    call('XDEL', S, id)
  end
end

-- lanes and turns are no matter here
local function rest_decks() end
local function note_lanes() end
local function leave_lane() end
local function expect() end

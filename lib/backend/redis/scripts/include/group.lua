-- The group of a stream: how many of its entries are held, and the last one it handed over.
local function group_of(stream)
  local ok, groups = pcall(call, 'XINFO', 'GROUPS', stream)
  local info = { pending = 0, ['last-delivered-id'] = '0-0' }
  if ok and not groups.err and groups[1] then
    for i = 1, #groups[1], 2 do
      info[groups[1][i]] = groups[1][i + 1]
    end
  end
  return info
end

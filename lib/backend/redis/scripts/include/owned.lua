-- Whether an address is no subscription, or one that stands. Needs gate.
local function is_wanted(address)
  return string.byte(address) ~= 101 or call('HEXISTS', $subscriptions .. string.sub(address, #scope_of(address) + 1), address) == 1
end

-- Weighted rendezvous hashing, to the bit what lib/balancer/rendezvous.ts computes.
local SPAN = 4294967296
local function times(a, b)
  local low = a % 65536
  return (low * b + ((a - low) / 65536 * b) % 65536 * 65536) % SPAN
end

local function mix(h)
  h = times(bit.bxor(h, bit.rshift(h, 16)) % SPAN, 2246822507)
  h = times(bit.bxor(h, bit.rshift(h, 13)) % SPAN, 3266489909)
  return bit.bxor(h, bit.rshift(h, 16)) % SPAN
end

local function hash(text)
  local h = 2166136261
  for i = 1, #text do
    h = times(bit.bxor(h, string.byte(text, i)) % SPAN, 16777619)
  end
  return mix(h)
end

local function owner_of(key, list)
  local h, best, least = hash(key), nil, math.huge
  for _, owner in ipairs(list) do
    local score = -math.log((mix(bit.bxor(h, owner.hash) % SPAN) + 0.5) / SPAN) / owner.weight
    if score < least or (score == least and best and owner.id < best) then
      best, least = owner.id, score
    end
  end
  return best
end

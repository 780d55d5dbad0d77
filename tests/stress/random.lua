--- Random numbers determined by a seed, on every machine and with every version of LuaJIT.
local bit = require("bit")

local Random = {}
Random.__index = Random

local random = {}

--- seed is a whole number, at least 0.
function random.new(seed)
  local self = setmetatable({ state = bit.tobit(seed * 2654435761 % 2 ^ 32 + 1) }, Random)
  for _ = 1, 8 do
    self:next()
  end
  return self
end

-- xorshift32 (Marsaglia, "Xorshift RNGs", 2003). The state is never 0.
function Random:next()
  local x = self.state
  x = bit.bxor(x, bit.lshift(x, 13))
  x = bit.bxor(x, bit.rshift(x, 17))
  x = bit.bxor(x, bit.lshift(x, 5))
  self.state = x ~= 0 and x or 88172645
  return self.state % 2 ^ 32
end

--- A whole number from first to last.
function Random:between(first, last)
  return first + self:next() % (last - first + 1)
end

--- True with this probability.
function Random:chance(share)
  return self:next() < share * 2 ^ 32
end

--- An element of a list.
function Random:pick(list)
  return list[self:between(1, #list)]
end

return random

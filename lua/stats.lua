--- Running statistics: each value is added once and not kept.
--
--     local stats = require("stats")
--     local sizes = flow.state.sizes or stats.new()
--     flow.state.sizes = sizes
--     sizes:add(flow.packet_length)
--     ... sizes:mean(), sizes:deviation()
--
-- Adding to an object from `new` costs a few nanoseconds, to one from `percentile` some tens.
-- @module stats

local native = ...

local stats = {}

--- Mean and variance of the values added (Welford's method), their count, smallest and largest. Small: a flow
-- may have several.
--
-- * `object:add(value)`
-- * `object:mean()`, `object:variance()` (of the sample, by n - 1), `object:deviation()`: 0 while there
--   are too few values
-- * `object.count`, `object.min`, `object.max`: min and max are nil without values
--
-- @return the object
function stats.new()
  return native.moments()
end

local Percentile = {}
Percentile.__index = Percentile

local function check(self, name)
  if getmetatable(self) ~= Percentile then
    error(("call it with a colon: object:%s()"):format(name), 3)
  end
end

--- Estimates a percentile by the P2 algorithm (Jain and Chlamtac, 1985), which keeps five numbers. Exact
-- for up to five values.
--
-- * `object:add(value)`
-- * `object:value()`: the estimate; nil without values
-- * `object.count`
--
-- @tparam number share which one: 0.5 is the median, 0.95 the 95th percentile
-- @return the object
function stats.percentile(share)
  if type(share) ~= "number" or not (share > 0 and share < 1) then
    error("stats.percentile(share): share is a number between 0 and 1, such as 0.95", 2)
  end
  return setmetatable({
    share = share,
    count = 0,
    height = {},
    place = { 1, 2, 3, 4, 5 },
    wanted = { 1, 1 + 2 * share, 1 + 4 * share, 3 + 2 * share, 5 },
    step = { 0, share / 2, share, (1 + share) / 2, 1 },
  }, Percentile)
end

-- The first five values, in order.
local function insert(height, count, value)
  local at = count
  while at > 1 and height[at - 1] > value do
    height[at] = height[at - 1]
    at = at - 1
  end
  height[at] = value
end

-- Which of the four cells the value falls into; the outer markers follow it.
local function find_cell(height, value)
  if value < height[1] then
    height[1] = value
    return 1
  elseif value >= height[5] then
    height[5] = value
    return 4
  end
  local cell = 1
  while value >= height[cell + 1] do
    cell = cell + 1
  end
  return cell
end

-- Height of marker i when it moves by 1 or -1: by a parabola through it and its neighbours, by a line
-- where that would leave their order.
local function moved(height, place, i, by)
  local left, right = place[i] - place[i - 1], place[i + 1] - place[i]
  local up = (height[i + 1] - height[i]) / right
  local down = (height[i] - height[i - 1]) / left
  local parabola = height[i] + by / (left + right) * ((left + by) * up + (right - by) * down)
  if height[i - 1] < parabola and parabola < height[i + 1] then
    return parabola
  end
  return height[i] + (by > 0 and up or -down)
end

local function adjust(self, i)
  local place, height = self.place, self.height
  local off = self.wanted[i] - place[i]
  if off >= 1 and place[i + 1] - place[i] > 1 then
    height[i] = moved(height, place, i, 1)
    place[i] = place[i] + 1
  elseif off <= -1 and place[i - 1] - place[i] < -1 then
    height[i] = moved(height, place, i, -1)
    place[i] = place[i] - 1
  end
end

function Percentile:add(value)
  check(self, "add")
  if type(value) ~= "number" then
    error(("object:add(value): value is a number, not a %s"):format(type(value)), 2)
  end
  local count, height, place, wanted, step = self.count + 1, self.height, self.place, self.wanted, self.step
  self.count = count
  if count <= 5 then
    insert(height, count, value)
    return
  end
  for i = find_cell(height, value) + 1, 5 do
    place[i] = place[i] + 1
  end
  for i = 1, 5 do
    wanted[i] = wanted[i] + step[i]
  end
  for i = 2, 4 do
    adjust(self, i)
  end
end

function Percentile:value()
  check(self, "value")
  local count = self.count
  if count > 5 then
    return self.height[3]
  end
  if count == 0 then
    return nil
  end
  local rank = self.share * (count - 1) + 1
  local low = rank - rank % 1
  local below, above = self.height[low], self.height[low + 1] or self.height[low]
  return below + (above - below) * (rank - low)
end

return native.module("stats", stats)

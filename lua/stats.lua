--- Running statistics: an object does not keep the added values.
--
--     local stats = require("stats")
--     local sizes = flow.state.sizes or stats.new()
--     flow.state.sizes = sizes
--     sizes:add(flow.packet_length)
--     ... sizes:mean(), sizes:deviation()
--
-- An `add` costs a few nanoseconds for an object from `new`, and some tens for one from `percentile`.
-- @module stats

local native = ...

local stats = {}

--- Mean and variance of the added values (Welford's method), their count, minimum and maximum. The object is small: a
-- flow may have several.
--
-- * `object:add(value)`
-- * `object:mean()`, `object:variance()` (of the sample, divided by n - 1), `object:deviation()`: 0 for
--   too few values
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

-- An object has all of its markers in one table, which takes a third of the memory of one table for each kind: tens
-- of thousands of flows keep such objects. The heights of the five markers start at 1, then follow their positions,
-- then their desired positions.
local PLACE, WANTED = 5, 10

--- Estimates a percentile by the P2 algorithm (Jain and Chlamtac, 1985), which keeps five markers. It is exact
-- for up to five values.
--
-- * `object:add(value)`
-- * `object:value()`: the estimate; nil without values
-- * `object.count`
--
-- @tparam number share the percentile: 0.5 is the median, 0.95 the 95th percentile
-- @return the object
function stats.percentile(share)
  if type(share) ~= "number" or not (share > 0 and share < 1) then
    error("stats.percentile(share): share is a number between 0 and 1, such as 0.95", 2)
  end
  return setmetatable({
    0, 0, 0, 0, 0,
    1, 2, 3, 4, 5,
    false, 1 + 2 * share, 1 + 4 * share, 3 + 2 * share, -- the outer markers have no increments
    share = share,
    count = 0,
  }, Percentile)
end

-- Inserts one of the first five values, in order.
local function insert(markers, count, value)
  local at = count
  while at > 1 and markers[at - 1] > value do
    markers[at] = markers[at - 1]
    at = at - 1
  end
  markers[at] = value
end

-- The cell, out of four, that contains the value. Moves an outer marker if the value is beyond it.
local function find_cell(markers, value)
  if value < markers[1] then
    markers[1] = value
    return 1
  elseif value >= markers[5] then
    markers[5] = value
    return 4
  end
  local cell = 1
  while value >= markers[cell + 1] do
    cell = cell + 1
  end
  return cell
end

-- The height of marker i after a move by 1 or -1: on a parabola through it and its neighbours, or on a line if the
-- parabola would break their order.
local function moved(markers, i, by)
  local at = markers[PLACE + i]
  local left, right = at - markers[PLACE + i - 1], markers[PLACE + i + 1] - at
  local up = (markers[i + 1] - markers[i]) / right
  local down = (markers[i] - markers[i - 1]) / left
  local parabola = markers[i] + by / (left + right) * ((left + by) * up + (right - by) * down)
  if markers[i - 1] < parabola and parabola < markers[i + 1] then
    return parabola
  end
  return markers[i] + (by > 0 and up or -down)
end

local function adjust(markers, i)
  local at = markers[PLACE + i]
  local off = markers[WANTED + i] - at
  if off >= 1 and markers[PLACE + i + 1] - at > 1 then
    markers[i] = moved(markers, i, 1)
    markers[PLACE + i] = at + 1
  elseif off <= -1 and markers[PLACE + i - 1] - at < -1 then
    markers[i] = moved(markers, i, -1)
    markers[PLACE + i] = at - 1
  end
end

function Percentile:add(value)
  check(self, "add")
  if type(value) ~= "number" then
    error(("object:add(value): value is a number, not a %s"):format(type(value)), 2)
  end
  local count, share = self.count + 1, self.share
  self.count = count
  if count <= 5 then
    insert(self, count, value)
    return
  end
  for i = find_cell(self, value) + 1, 5 do
    self[PLACE + i] = self[PLACE + i] + 1
  end
  self[WANTED + 2] = self[WANTED + 2] + share / 2
  self[WANTED + 3] = self[WANTED + 3] + share
  self[WANTED + 4] = self[WANTED + 4] + (1 + share) / 2
  adjust(self, 2)
  adjust(self, 3)
  adjust(self, 4)
end

function Percentile:value()
  check(self, "value")
  local count = self.count
  if count > 5 then
    return self[3]
  end
  if count == 0 then
    return nil
  end
  local rank = self.share * (count - 1) + 1
  local low = rank - rank % 1
  local below = self[low]
  local above = low < count and self[low + 1] or below
  return below + (above - below) * (rank - low)
end

return native.module("stats", stats)

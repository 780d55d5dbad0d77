--- Fills the pieces of templates.lua: writes blocks of statements and expressions with matching
-- kinds and a bounded number of loop turns.
local templates = require("tests.stress.templates")

local BLOCK_DEPTH = 4
local COUNTS = { 2, 3, 5, 8, 12, 20, 40, 80 }

local Writer = {}
Writer.__index = Writer

local fill = {}

--- A writer of one function. options: random; features (name -> true); has (set of names that
-- pieces may need); most (approximate limit of loop turns per call); labels (a table { count = 0
-- } for the whole file); calls (kind -> list of pieces that call existing functions); value (a
-- function of the writer that returns the returned expression).
function fill.new(options)
  local self = setmetatable({ scope = {}, turns = 1, cost = 0, locked = 0 }, Writer)
  for name, value in pairs(options) do
    self[name] = value
  end
  return self
end

--- Declares a variable or place: kind as in templates.lua; fixed: must not be assigned to.
function Writer:know(name, kind, fixed)
  self.scope[#self.scope + 1] = { name = name, kind = kind, fixed = fixed }
end

local FITS = { n = { n = true, i = true }, k = {} }

local function fits(kind, variable)
  return kind == variable.kind or FITS[kind] and FITS[kind][variable.kind]
end

--- Forgets all but the first `count`.
function Writer:forget(known)
  for i = #self.scope, known + 1, -1 do
    self.scope[i] = nil
  end
end

-- Something of this kind that is in scope, or nil.
function Writer:variable(kind, writable)
  local found = {}
  for _, variable in ipairs(self.scope) do
    if fits(kind, variable) and not (writable and variable.fixed) then
      found[#found + 1] = variable.name
    end
  end
  return found[1] and self.random:pick(found)
end

local WRITABLE = { N = "n", S = "s", B = "b", M = "m" }

-- Whether something changeable of each kind that the piece changes is in scope.
function Writer:can_change(piece)
  for kind in piece[1]:gmatch("%$([NSBM])") do
    if kind == "M" and self.locked > 0 or not self:variable(WRITABLE[kind], true) then
      return false
    end
  end
  return true
end

-- Whether the limit leaves room for the loops of the piece.
function Writer:affords(piece)
  local turns = piece.turns or piece[1]:find("$#", 1, true) and 2
  return not turns or self.turns * turns <= self.most and self.cost < self.most
end

-- without: a text that the piece must not contain, or nil.
function Writer:allows(piece, without)
  return (not piece.feature or self.features[piece.feature])
    and (not piece.needs or self.has[piece.needs])
    and not (without and piece[1]:find(without, 1, true))
    and self:can_change(piece)
    and self:affords(piece)
end

function Writer:piece(kind, without)
  local lists = { templates[kind], self.calls[kind] }
  local found = {}
  for _, list in pairs(lists) do
    for _, piece in ipairs(list) do
      if self:allows(piece, without) then
        found[#found + 1] = piece
      end
    end
  end
  return self.random:pick(found)
end

function Writer:fresh()
  self.labels.count = self.labels.count + 1
  return "v" .. self.labels.count
end

-- Number of turns of the loop of a piece.
function Writer:count()
  local count
  repeat
    count = self.random:pick(COUNTS)
  until self.turns * count <= math.max(self.most, 2 * self.turns)
  return count
end

--- An expression of this kind.
function Writer:expression(kind, depth)
  local name = self.random:chance(0.4) and self:variable(kind)
  if name then
    return name
  elseif kind == "l" or kind == "m" then
    return self:variable(kind)
  end
  return self:expand(self:piece(kind, depth <= 0 and "$" or nil), depth)
end

-- The statements of a block, one per line; at most count.
function Writer:block(depth, count)
  local known = #self.scope
  local lines = {}
  for _ = 1, self.random:between(1, count) do
    lines[#lines + 1] = self:expand(self:piece("statement", depth >= BLOCK_DEPTH and "$_" or nil), 3, depth)
  end
  self:forget(known)
  return lines
end

local function indented(lines)
  return "\n  " .. table.concat(lines, "\n"):gsub("\n", "\n  ") .. "\n"
end

-- What fills a place, by its character. instance: of the piece.
local fillers = {}

fillers["#"] = function(_, instance)
  return tostring(instance.count)
end

fillers["@"] = function(_, instance)
  return instance.label
end

fillers["%"] = function(_, instance)
  return instance.latest
end

fillers["_"] = function(self, instance)
  local turns, known = self.turns, #self.scope
  for _, new in ipairs(instance.new) do
    self:know(new.name, new.kind, true)
  end
  self.turns = turns * instance.turns
  self.cost = self.cost + self.turns
  local lines = self:block(instance.block_depth + 1, 3)
  self.turns = turns
  self:forget(known)
  return indented(lines)
end

fillers["&"] = function(_, instance)
  return instance.table
end

function fillers.V(self)
  return self:value()
end

local function declare(self, instance, mark, kind)
  instance.latest = self:fresh()
  instance.new[#instance.new + 1] = { name = instance.latest, kind = kind, stays = mark == ":" }
  return instance.latest
end

function Writer:place(instance, mark, kind)
  if mark ~= "" then
    return declare(self, instance, mark, kind)
  elseif fillers[kind] then
    return fillers[kind](self, instance)
  end
  local changes = WRITABLE[kind]
  local text = changes and self:variable(changes, true) or self:expression(kind, instance.depth - 1)
  if kind == "l" or kind == "m" or kind == "M" then
    instance.table = text
  end
  return text
end

--- The text of a piece. depth: limit of nested expressions; block_depth: current nesting of
-- blocks.
function Writer:expand(piece, depth, block_depth)
  local turns, locked = piece.turns or 0, self.locked
  local count = piece[1]:find("$#", 1, true) and self:count() or 1
  local instance = {
    depth = depth, block_depth = block_depth, count = count, turns = count * math.max(turns, 1),
    label = "l" .. self:fresh(), new = {},
  }
  self.cost = self.cost + self.turns * turns
  self.locked = locked + (piece.locks and 1 or 0)
  local text = piece[1]:gsub("%$([!:]?)([%a#@%%_&])", function(mark, kind)
    return self:place(instance, mark, kind)
  end)
  self.locked = locked
  for _, new in ipairs(instance.new) do
    if new.stays then
      self:know(new.name, new.kind)
    end
  end
  return text
end

return fill

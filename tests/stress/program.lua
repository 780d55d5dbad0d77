--- Random classifiers: the same text for the same seed.
local fill = require("tests.stress.fill")
local prelude = require("tests.stress.prelude")
local random = require("tests.stress.random")

-- Each feature is on in some programs only, since it may keep the JIT compiler from compiling
-- others.
local FEATURES = {
  http = 0.6, tls = 0.6, ssh = 0.6, dns = 0.6, quic = 0.3, tokens = 0.3, entropy = 0.3, stats = 0.4, names = 0.2,
  settings = 0.2, streams = 0.8, math = 0.7, floats = 0.3, bit = 0.5, strings = 0.5, patterns = 0.4, callbacks = 0.15,
  tables = 0.4, sort = 0.2, new_tables = 0.4, closures = 0.4, new_closures = 0.15, varargs = 0.3, recursion = 0.3,
  metatables = 0.4, pairs = 0.3, ipairs = 0.5, ["goto"] = 0.4, suppress = 0.1, logger = 0.2, errors = 0.15,
}

-- Features of ordinary classifiers: "" and the first four are always on.
local ORDINARY = {
  [""] = 1, http = 1, tls = 1, ssh = 1, dns = 1, more = 0.15, quic = 0.15, tokens = 0.15, stats = 0.15, entropy = 0.15,
}

-- Approximate limit of loop turns in a call of classifier() or of one of its functions.
local TURNS = { 40, 200, 1000, 4000 }
local FUNCTION_TURNS = 60

local TREATMENTS = { "high_priority", "low_priority", "constrained_bw", "default_priority" }

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function choose_features(chance, shares)
  local features = { [""] = true }
  for _, name in ipairs(sorted_keys(shares)) do
    features[name] = chance:chance(shares[name])
  end
  features.closures = features.closures or features.new_closures
  return features
end

-- A classifier being written.
local Program = {}
Program.__index = Program

function Program:add(line, ...)
  self.lines[#self.lines + 1] = select("#", ...) > 0 and line:format(...) or line
end

function Program:writer(options)
  options.random, options.features, options.labels = self.random, self.features, self.labels
  options.calls = options.calls or self.calls
  return fill.new(options)
end

local PARAMETERS = { "n", "s", "l", "m", "n", "flow" }

-- Declares the parameters of a function. Returns their names, and the places for its arguments.
local function choose_parameters(writer)
  local names, places = {}, {}
  for i = 1, writer.random:between(1, 3) do
    local kind = writer.random:pick(PARAMETERS)
    if kind == "flow" then
      writer.has.flow = true
      names[i], places[i] = "flow", "flow"
    else
      names[i], places[i] = "p" .. i, "$" .. kind
      writer:know(names[i], kind, kind == "m")
    end
  end
  return table.concat(names, ", "), table.concat(places, ", ")
end

-- Names at the top of the file that functions can use.
local SHARED = { { "TOTAL", "n" }, { "LABEL", "s" }, { "LIST", "l" }, { "MAP", "m", true } }

local CALLED = 6 -- weight of calls, in other pieces: there are many of these

-- Adds a function that later functions and classifier() call.
function Program:add_function(name)
  local kind = self.random:pick({ "n", "n", "s", "b" })
  local writer = self:writer({
    has = {},
    most = FUNCTION_TURNS,
    value = function(writer)
      return writer:expression(kind, 2)
    end,
  })
  local parameters, places = choose_parameters(writer)
  for _, place in ipairs(SHARED) do
    writer:know(place[1], place[2], place[3])
  end
  self:add("local function %s(%s)", name, parameters)
  self:add(table.concat(writer:block(1, 4), "\n"))
  self:add("return %s\nend", writer:value())
  local piece = { ("%s(%s)"):format(name, places), turns = math.max(writer.cost, 1) }
  piece.needs = writer.has.flow and "flow" or nil
  self.calls[kind] = self.calls[kind] or {}
  for _ = 1, CALLED do
    table.insert(self.calls[kind], piece)
  end
end

local WHY = "{ qos_treatment = %q, why = { n = $n, s = $s, b = $b, of = state.n, total = TOTAL } }"

local function verdict(writer)
  local which = writer.random:between(1, 6)
  if which == 1 then
    return "nil"
  elseif which == 2 then
    return "VERDICTS[" .. writer:expression("i", 1) .. " % 4 + 1]"
  elseif which <= 4 then
    return writer.random:pick({ "HIGH", "LOW" })
  end
  return writer:expand({ WHY:format(writer.random:pick(TREATMENTS)) }, 2)
end

local OBJECT = [[
local It = {}
It.__index = It
function It.new(logger, config)
  return setmetatable({ logger = logger, n = 0, s = "", map = { a = 1 }, limit = config.limit }, It)
end]]

local HEAD = [[
function It:classifier(flow)
local state = flow.state
if not state.n then
  state.n, state.s, state.b, state.list, state.map = 0, "", false, { 1, 2 }, { a = 1 }
end]]

local PLACES = {
  { "state.n", "n" }, { "state.s", "s" }, { "state.b", "b" }, { "state.list", "l" }, { "state.map", "m" },
  { "self.n", "n" }, { "self.s", "s" }, { "self.map", "m" }, { "TOTAL", "n" }, { "LABEL", "s" }, { "LIST", "l" },
  { "MAP", "m" },
}

function Program:add_classifier()
  local writer = self:writer({
    has = { flow = true, self = true }, most = self.random:pick(TURNS), value = verdict,
  })
  for _, place in ipairs(PLACES) do
    writer:know(place[1], place[2])
  end
  self:add(HEAD)
  self:add(table.concat(writer:block(0, 10), "\n"))
  if self.random:chance(0.5) then
    self:add("if flow.packet_count > %d then flow.finalised = true end", self.random:between(3, 60))
  end
  self:add("if %s then return %s end", writer:expression("b", 2), verdict(writer))
  self:add("return %s\nend", verdict(writer))
end

local ORDINARY_HEAD = [[
function It:classifier(flow)
local state = flow.state
local up, down = flow:stream("c2s"), flow:stream("s2c")
state.packets = (state.packets or 0) + 1]]

-- A function that calls a few helper modules and keeps their results.
function Program:add_ordinary()
  local chance = self.random
  local writer = self:writer({
    calls = {}, has = {}, most = 1,
    value = function()
      return chance:pick({ "HIGH", "LOW", "nil" })
    end,
  })
  self:add(ORDINARY_HEAD)
  for _ = 1, chance:between(4, 16) do
    self:add(writer:expand(writer:piece("ordinary"), 1))
  end
  for _ = 1, chance:between(1, 4) do
    self:add(writer:expand(writer:piece("decision"), 1))
  end
  self:add("end")
end

local program = {}

--- The text of a classifier. ordinary: typical of handwritten ones, compiled into one trace of
-- the packet loop with many side traces; otherwise unrestricted.
function program.make(seed, ordinary)
  local self = setmetatable({ random = random.new(seed), labels = { count = 0 }, calls = {}, lines = {} }, Program)
  self.features = choose_features(self.random, ordinary and ORDINARY or FEATURES)
  self:add(("-- A random classifier: tests/stress, seed %d."):format(seed))
  for _, part in ipairs(prelude) do
    if self.features[part[1]] then
      self:add(part[2])
    end
  end
  if ordinary then
    self:add(OBJECT)
    self:add_ordinary()
  else
    for number = 1, self.random:between(0, 5) do
      self:add_function("f" .. number)
    end
    self:add(OBJECT)
    self:add_classifier()
  end
  self:add("return It\n")
  return table.concat(self.lines, "\n")
end

return program

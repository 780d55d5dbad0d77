--- Metamethods that never end, recurse, or return misleading values.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local STACK = "stack overflow"
local MISSING = "%s is not available in a classifier"

local LOOPS = "function() while true do end end"

local function with(event, method, use)
  return ("local t, u = {}, {} local m = { %s = %s } setmetatable(t, m) setmetatable(u, m) "
    .. "%s"):format(event, method, use)
end

local rows = {
  ["recurses in __index"] = { with("__index", "function(t, k) return t[k + 1] end", "local x = t[1] return x"), STACK },
  ["recurses in __newindex"] = { with("__newindex", "function(t, k, v) t[k + 1] = v t[k] = v end", "t[1] = 1"), STACK },
  ["recurses in __call"] = { with("__call", "function(t, n) return 1 + t(n) end", "local x = t(1) return x"), STACK },
  ["is its own __call"] = { "local t = {} setmetatable(t, { __call = t }) t()", "attempt to call" },
  ["recurses in __eq"] = { with("__eq", "function(a, b) return not (a == b) end", "local x = t == u return x"), STACK },
  ["recurses in __lt"] = { with("__lt", "function(a, b) return not (b < a) end", "local x = t < u return x"), STACK },
  ["recurses in __le"] = { with("__le", "function(a, b) return not (b <= a) end", "local x = t <= u return x"), STACK },
  ["recurses in __add"] = { with("__add", "function(a, b) return 1 + (a + b) end", "local x = t + u return x"), STACK },
  ["recurses in __unm"] = { with("__unm", "function(a) return 1 + -a end", "local x = -t return x"), STACK },
  ["recurses in __tostring"] = {
    with("__tostring", "function(a) return 'x' .. tostring(a) end", "local x = tostring(t) return x"),
    STACK,
  },
  ["is its own __index"] = {
    "local t = {} setmetatable(t, { __index = t }).__index = t setmetatable(t, t) return t.x",
    "loop in gettable",
  },
  ["is its own __newindex"] = { "local t = {} setmetatable(t, t) t.__newindex = t t.x = 1", "loop in settable" },
  ["has a chain of 200 __index"] = {
    "local t = {} for _ = 1, 200 do t = setmetatable({}, { __index = t }) end return t.x", "loop in gettable",
  },
  ["has a __index that is a number"] = { "local t = setmetatable({}, { __index = 1 }) return t.x", "attempt to index" },
  ["has a __lt that is a string"] = {
    "local m = { __lt = 'x' } local x = setmetatable({}, m) < setmetatable({}, m) return x",
    "attempt to call",
  },
  ["has a __tostring that is no function"] = { "tostring(setmetatable({}, { __tostring = 1 }))", "" },
  ["has a __tostring that raises"] = {
    "tostring(setmetatable({}, { __tostring = function() error('mine') end }))",
    "mine",
  },
  ["has a __tostring that returns no text"] = {
    "assert(tostring(setmetatable({}, { __tostring = function() return {} end })) == 'table')",
  },
  ["has a __metatable that lies"] = { "assert(getmetatable(setmetatable({}, { __metatable = 'mine' })) == 'mine')" },
  ["changes a protected metatable"] = {
    "setmetatable(setmetatable({}, { __metatable = 1 }), {})",
    "cannot change a protected metatable",
  },
  ["has a __gc that never runs"] = {
    "for _ = 1, 2000 do setmetatable({}, { __gc = function() while true do end end }) end",
  },
  ["has a __mode"] = {
    "local t = setmetatable({}, { __mode = 'kv' }) for i = 1, 500 do t[i] = {} end",
    MISSING:format("__mode"),
    load = true,
  },
  ["has a __mode with a computed name"] = {
    "setmetatable({}, { ['__mo' .. 'de'] = 'k' })",
    "setmetatable: " .. MISSING:format("__mode"),
  },
  ["has a __concat"] = {
    with("__concat", LOOPS, "local x = t .. 'x' return x"),
    MISSING:format("__concat"),
    load = true,
  },
  ["has a __concat with a computed name"] = {
    with("['__con' .. 'cat']", LOOPS, "local x = t .. 'x' return x"),
    "setmetatable: " .. MISSING:format("__concat"),
  },
  -- The table's contents depend on the collector; see docs/flow-api.md.
  ["is given a __mode later, by a name that is put together"] = {
    "local m = {} local t = setmetatable({}, m) m['__mo' .. 'de'] = 'v' for i = 1, 100 do t[i] = { i } end "
      .. "local n = 0 for i = 1, 100 do n = n + (t[i] and 1 or 0) end error('keys: ' .. n)", "keys: ",
    memory = true,
  },
  -- LuaJIT before 2023 unbalances its stack when it compiles the metamethod, and continues after
  -- the error.
  ["is given a __concat later, by a name that is put together"] = {
    "local bad, m = false, {} local t = setmetatable({}, m) "
      .. "m['__con' .. 'cat'] = function() if bad then return {} end return 's' end "
      .. "local function set(x) bad = x end local first = self.first or 55 self.first = first % 62 + 1 "
      .. "for i = 1, 200 do set(i >= first) local s = 'a' .. i .. 'b' .. t .. 'c' set(s) end",
    "attempt to concatenate 't' (a table value)",
  },
  ["is given such a __concat, and stands among varargs"] = {
    "local m = {} local t = setmetatable({}, m) m['__con' .. 'cat'] = function() return 's' end "
      .. "local function join(...) return 'a' .. ... end join(t)",
    "attempt to concatenate '...' (a table value)",
  },
  ["has __len and __pairs, which tables do not heed"] = {
    "local t = setmetatable({ 1, 2 }, { __len = function() while true do end end, __pairs = function() while "
      .. "true do end end }) "
      .. "assert(#t == 2) for _ in pairs(t) do end",
  },
}

for event, use in pairs({
  __index = "local x = t.x return x", __newindex = "t.x = 1", __call = "t()", __eq = "local x = t == u return x",
  __lt = "local x = t < u return x", __le = "local x = t <= u return x",
  __add = "local x = t + 1 return x", __sub = "local x = t - 1 return x", __mul = "local x = t * 1 return x",
  __div = "local x = t / 1 return x", __mod = "local x = t % 1 return x", __pow = "local x = t ^ 1 return x",
  __unm = "local x = -t return x", __tostring = "tostring(t)",
}) do
  rows["loops in " .. event] = { with(event, LOOPS, use), STEPS }
end
return rows

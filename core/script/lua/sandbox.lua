--- The environment of a classifier: contains only the names listed here. It cannot be modified, and
-- no classifier can change what another one sees.
local C, steps, part = ...
local ffi = require("ffi")

local ALLOWED = {
  base = {
    "assert", "error", "ipairs", "next", "pairs", "rawequal", "rawget", "select", "setmetatable",
    "tonumber", "type", "unpack",
  },
  bit = {
    "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit",
    "tohex",
  },
  -- No random numbers, so that the same packets always give the same verdict.
  math = {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod",
    "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow", "rad", "sin",
    "sinh", "sqrt", "tan", "tanh",
  },
  string = {
    "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse",
    "sub", "upper",
  },
  table = { "concat", "insert", "maxn", "remove", "sort" },
}

-- Lua globals that are deliberately missing, with advice.
local INSTEAD = {
  print = "use the logger passed to new()",
  pcall = "let errors happen: dpae counts and reports them, and goes on with the next packet",
  xpcall = "let errors happen: dpae counts and reports them, and goes on with the next packet",
  loadstring = "put shared code into a helper module and require it",
  dofile = "put shared code into a helper module and require it",
  os = "flow.time is the time of the packet",
  _G = "read globals by their names; declare your own with local",
}
for _, name in ipairs({
  "collectgarbage", "coroutine", "debug", "ffi", "gcinfo", "getfenv", "io", "jit", "load",
  "loadfile", "module", "newproxy", "package", "rawset", "setfenv",
}) do
  INSTEAD[name] = INSTEAD[name] or "it would not be safe; use string, table, math, bit, require for helper modules, "
    .. "the logger and flow"
end

-- Libraries with replaced functions.
local sort = part("sort.lua", C, steps)
local own = { table = part("tables.lua", C, steps, sort) }
local new_order = part("order.lua", C, steps, sort)

local real_tostring, real_getmetatable = tostring, debug.getmetatable

-- As tostring(), but without the addresses of tables and functions.
local function safe_tostring(value)
  local kind = type(value)
  if kind == "function" or kind == "thread" or kind == "userdata" then
    return kind
  end
  if kind == "table" then
    local metatable = real_getmetatable(value)
    local describe = metatable and rawget(metatable, "__tostring")
    local text = describe and describe(value)
    return type(text) == "string" and text or kind
  end
  return real_tostring(value)
end

own.string = part("strings.lua", C, steps, safe_tostring, part)
local numbers = part("numbers.lua", steps, part)
for _, name in ipairs({ "bit", "math" }) do
  own[name] = numbers(name, ALLOWED[name])
end

-- Tables only: strings have a metatable, and functions and numbers may have one.
local function safe_getmetatable(value)
  return type(value) == "table" and getmetatable(value) or nil
end

local WEAK = "setmetatable: __mode is not available in a classifier: the contents of a weak table depend on when the "
  .. "collector runs, which no replay repeats; keep per-flow data in flow.state, which is freed with the flow"

local CONCATENATED = "setmetatable: __concat is not available in a classifier: it can crash LuaJIT's compiler; give "
  .. "the object a method that returns its text"

local function safe_setmetatable(value, metatable)
  if type(metatable) == "table" and rawget(metatable, "__mode") ~= nil then
    error(WEAK, 2)
  elseif type(metatable) == "table" and rawget(metatable, "__concat") ~= nil then
    error(CONCATENATED, 2)
  end
  return setmetatable(value, metatable)
end

local function safe_tonumber(value, base)
  if type(value) == "string" then
    steps.charge_conversion(value)
  end
  return tonumber(value, base)
end

local function copy(library, names)
  local result = {}
  for _, name in ipairs(names) do
    result[name] = library[name]
  end
  return result
end

-- A read-only proxy: reads go to source, and writes raise refuse(key). The proxy stays empty,
-- since __newindex does not catch writes to existing keys.
local function frozen(source, refuse)
  return setmetatable({}, {
    __index = source,
    __newindex = function(_, key)
      error(refuse(safe_tostring(key)), 2)
    end,
    __metatable = false,
  })
end

-- The known word that word may be a misspelling of, or nil.
local function nearest(word, known)
  local near = C.dpae_nearest_word(word, ffi.new("const char *[?]", #known, known), #known)
  return near ~= nil and ffi.string(near) or nil
end

local function not_available(library, key, known)
  local near = type(key) == "string" and nearest(key, known)
  return ("%s.%s is not available in a classifier; %s"):format(library, safe_tostring(key),
    near and ('did you mean "%s"?'):format(near) or "available: " .. table.concat(known, ", "))
end

local NO_INDEX = "a string cannot be indexed with [%s]: use s:byte(1) for its first byte as a number, s:sub(1, 1) for "
  .. "the same as text"

-- The available functions of a library; others raise an error.
local function library_source(name)
  local source = copy(own[name] or require(name), ALLOWED[name])
  local known = {}
  for each in pairs(source) do
    known[#known + 1] = each
  end
  table.sort(known)
  return setmetatable(source, {
    __index = function(_, key)
      if name == "string" and type(key) ~= "string" then
        error(NO_INDEX:format(safe_tostring(key)), 2)
      end
      error(not_available(name, key, known), 2)
    end,
  })
end

local function library(name)
  return frozen(library_source(name), function(key)
    return ("%s.%s cannot be set: use a local function of your own"):format(name, key)
  end)
end

local function no_global(environment, name)
  if INSTEAD[name] then
    return ('"%s" is not available in a classifier: %s'):format(name, INSTEAD[name])
  end
  local known = {}
  for key in pairs(environment) do
    known[#known + 1] = key
  end
  table.sort(known)
  local near = nearest(real_tostring(name), known)
  if near then
    return ('there is no global "%s"; did you mean "%s"?'):format(name, near)
  end
  return ('there is no global "%s"; if it is a local variable, declare it before its use'):format(name)
end

local sandbox = { text = safe_tostring, nearest = nearest }

--- Gives strings only safe methods, throughout this VM, and hides their metatable.
function sandbox.guard_strings()
  local metatable = getmetatable("")
  metatable.__index = library_source("string")
  metatable.__metatable = false
end

--- Creates an environment; require_module becomes its require().
function sandbox.environment(require_module)
  local globals = copy(_G, ALLOWED.base)
  for name in pairs(ALLOWED) do
    if name ~= "base" then
      globals[name] = library(name)
    end
  end
  globals.tostring, globals.tonumber = safe_tostring, safe_tonumber
  globals.getmetatable, globals.setmetatable = safe_getmetatable, safe_setmetatable
  globals.unpack = own.table.unpack
  local order = new_order()
  globals.next, globals.pairs = order.next, order.pairs
  globals.require = require_module
  setmetatable(globals, {
    __index = function(_, name)
      error(no_global(globals, name), 2)
    end,
  })
  return frozen(globals, function(name)
    return ('assignment to the global "%s": declare it with local'):format(name)
  end)
end

return sandbox

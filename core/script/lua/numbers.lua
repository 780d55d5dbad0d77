--- The libraries math and bit for scripts: they work like LuaJIT's, but charge steps for numeric
-- strings and limit the number of arguments. A chunk with the arguments steps (steps.lua) and a
-- function that runs a part of this folder; returns a function of a library's name and its
-- function names, which returns these functions.
local steps, part = ...
local arguments = part("arguments.lua", steps)

local FIXED_MAX = 6 -- arguments that variadic functions take without a loop
local ARGUMENTS_MAX = 4096

-- Parameters and results by function; optional parameters in brackets.
local SHAPES = {}
for shape, names in pairs({
  ["a -> r"] = "abs acos asin atan ceil cos cosh deg exp floor log10 rad sin sinh sqrt tan tanh bnot bswap tobit",
  ["a -> r, s"] = "frexp modf",
  ["a, b -> r"] = "atan2 fmod ldexp pow arshift lshift rol ror rshift",
  ["a, [b] -> r"] = "log tohex",
  ["..."] = "max min band bor bxor",
}) do
  for name in names:gmatch("%S+") do
    SHAPES[name] = shape
  end
end

-- Each function keeps its own name, which appears in LuaJIT's messages.
local HEAD = "local $function, number, call_with_many, select, type = ...\n"
-- The results go through locals: code that calls a LuaJIT built-in in tail position is not
-- compiled.
local CALL = "local $results = $function($given) return $results "
local FIXED = HEAD .. "return function($parameters) $checks $call end"
local CHECK = [[if type($name) ~= "number" then $name = number($name, $position) end ]]
local SHORT = "if $name == nil then $call end "
local ANY = HEAD .. [[
return function(...)
  local count = select("#", ...)
  $cases
  return call_with_many($function, count, ...)
end]]
local CASE = "if count == $count then local $parameters = ... $checks $call end\n"

-- Placeholders without a value stay for a later fill().
local function fill(template, values)
  return (template:gsub("%$(%l+)", values))
end

local function check_of(name, position)
  return fill(CHECK, { name = name, position = position })
end

local function call_of(given, results)
  return fill(CALL, { given = given, results = results })
end

local function fixed_text(parameters, results)
  local checks, names = "", {}
  for bracket, name in parameters:gmatch("(%[?)(%l)") do
    if bracket == "[" then
      checks = checks .. fill(SHORT, { name = name, call = call_of(table.concat(names, ", "), results) })
    end
    names[#names + 1] = name
    checks = checks .. check_of(name, #names)
  end
  local given = table.concat(names, ", ")
  return fill(FIXED, { parameters = given, checks = checks, call = call_of(given, results) })
end

local function any_text()
  local cases, checks, names = "", "", {}
  for count = 1, FIXED_MAX do
    names[count] = string.char(string.byte("a") + count - 1)
    checks = checks .. check_of(names[count], count)
    local given = table.concat(names, ", ")
    cases = cases .. fill(CASE, { count = count, parameters = given, checks = checks, call = call_of(given, "r") })
  end
  return fill(ANY, { cases = cases })
end

-- Converts a value that is not a Lua number: a numeric string, or a 64-bit number.
local function number(value, position)
  if type(value) == "cdata" then
    return value
  end
  return arguments.number(value, position)
end

-- Calls a function with no arguments, or with more than the generated cases cover.
local function call_with_many(call, count, ...)
  if count == 0 then
    number(nil, 1)
  elseif count > ARGUMENTS_MAX then
    arguments.fail("%d arguments given; a function takes up to %d", count, ARGUMENTS_MAX)
  end
  steps.charge(count / 4)
  for position = 1, count do
    local value = select(position, ...)
    if type(value) ~= "number" then
      number(value, position)
    end
  end
  return call(...)
end

return function(library, names)
  local own = require(library)
  local functions = {}
  for _, name in ipairs(names) do
    local parameters, results = (SHAPES[name] or ""):match("^(.*) %-> (.*)$")
    local text = parameters and fixed_text(parameters, results) or SHAPES[name] and any_text()
    if text then
      text = fill(text, { ["function"] = name })
      functions[name] = assert(load(text, "=numbers.lua", "t"))(own[name], number, call_with_many, select, type)
    else
      functions[name] = own[name]
    end
  end
  return functions
end

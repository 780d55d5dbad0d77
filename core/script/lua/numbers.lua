--- The libraries math and bit of scripts: they do what LuaJIT's do, but take the steps for strings that stand for
-- numbers, and up to so many arguments. A chunk of steps (steps.lua) and of a function that runs a part of this
-- folder; returns a function of a library's name and the names of its functions, which gives these.
local steps, part = ...
local arguments = part("arguments.lua", steps)

local FIXED_MAX = 6 -- arguments that functions of any number of them take without a loop
local ARGUMENTS_MAX = 4096

-- What each function takes and returns: its parameters, those that may be missing in brackets.
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

-- The function has its own name, which LuaJIT's messages then have.
local HEAD = "local $function, number, call_with_many, select, type = ...\n"
-- The results go through locals: code that calls one of LuaJIT's own functions in its tail is not compiled.
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

-- What values does not have stays for later.
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

-- The number that a value stands for that is no Lua number: a text's, or one of 64 bits.
local function number(value, position)
  if type(value) == "cdata" then
    return value
  end
  return arguments.number(value, position)
end

-- Calls a function with more arguments than are written out, or without any.
local function call_with_many(call, count, ...)
  if count == 0 then
    number(nil, 1)
  elseif count > ARGUMENTS_MAX then
    arguments.fail("%d arguments; a function takes up to %d", count, ARGUMENTS_MAX)
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

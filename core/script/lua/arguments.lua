--- What the functions that scripts have share: arguments as LuaJIT's own functions take them, errors as these
-- raise them, and what bytes cost. A chunk of steps (steps.lua).
local steps = ...

local type, tostring, tonumber, error, getinfo = type, tostring, tonumber, error, debug.getinfo
local format, byte, ceil, floor = string.format, string.byte, math.ceil, math.floor
local charge = steps.charge

local BYTES = 64 -- made or passed over, for one step
local BYTES_FREE = 256
local CONVERSION_STEPS = 16 -- LuaJIT may take 100 us to make a number of a text
local EQUALS = byte("=")

local arguments = { BYTES = BYTES, BYTES_FREE = BYTES_FREE }

--- Takes the steps for bytes that are made or passed over.
function arguments.charge_bytes(count)
  if count >= BYTES_FREE then
    charge(count / BYTES)
  end
end

-- Files of the program that call scripts: what a script calls in its tail is called by them.
local CALLERS = { ["=loop"] = true, ["=host.lua"] = true }

-- The program's own files have names that begin with =, as have those of functions in C.
local function is_ours(at)
  return at ~= nil and at.what ~= "C" and byte(at.source) == EQUALS and not CALLERS[at.source]
end

-- The innermost line of a script: its level, as of error() in the function that calls this one, and how it
-- calls the function that is to raise an error.
local function level_of_script()
  local level = 2
  while is_ours(getinfo(level, "S")) do
    level = level + 1
  end
  return level - 1, getinfo(level - 1, "n")
end

--- Raises a message (a format) at the line of the script.
function arguments.fail(message, ...)
  error(format(message, ...), (level_of_script()))
end

--- Raises what is wrong with an argument, counted as the function counts them.
function arguments.bad(number, problem)
  local level, call = level_of_script()
  number = call.namewhat == "method" and number - 1 or number
  if number == 0 then
    error(format("calling '%s' on bad self (%s)", call.name, problem), level)
  end
  error(format("bad argument #%d to '%s' (%s)", number, call.name or "?", problem), level)
end

local function wrong_type(number, value, expected)
  arguments.bad(number, format("%s expected, got %s", expected, type(value)))
end

--- The text that a value stands for that is no string: a number's.
function arguments.text(value, number)
  if type(value) ~= "number" then
    wrong_type(number, value, "string")
  end
  local result = tostring(value)
  return result
end

--- The number that a value stands for that is no number: a string's.
function arguments.number(value, number)
  if type(value) == "string" then
    charge(CONVERSION_STEPS + #value / BYTES)
  end
  local result = type(value) == "string" and tonumber(value)
  if not result then
    wrong_type(number, value, "number")
  end
  return result
end

-- Places in a text count from 1, or from the end below 0. LuaJIT's own functions take them that way, too, but not
-- alike in compiled code: a trace of sub() that was made with an end behind the text takes one below 0 for that.

local function from_start(place, length)
  return place <= -1 and ceil(place) + length + 1 or floor(place)
end

--- Where a part of a text begins: from 1 to length + 1.
function arguments.first(place, length)
  place = from_start(place, length)
  if place >= 1 then
    return place <= length and place or length + 1
  end
  return 1
end

--- Where a part of a text ends: from 0 to length.
function arguments.last(place, length)
  place = from_start(place, length)
  if place >= 1 then
    return place <= length and place or length
  end
  return 0
end

return arguments

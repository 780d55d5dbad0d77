--- Shared by the library functions of scripts: argument checks and errors like those of LuaJIT's
-- own functions, and the step price of bytes. A chunk with the argument steps (steps.lua).
local steps = ...

local type, tostring, tonumber, error, getinfo = type, tostring, tonumber, error, debug.getinfo
local format, byte, ceil, floor = string.format, string.byte, math.ceil, math.floor
local charge = steps.charge

local BYTES = 64 -- created or scanned, per step
local BYTES_FREE = 256
local EQUALS = byte("=")

local arguments = { BYTES = BYTES, BYTES_FREE = BYTES_FREE }

--- Charges steps for created or scanned bytes.
function arguments.charge_bytes(count)
  if count >= BYTES_FREE then
    charge(count / BYTES)
  end
end

-- Chunks of the program that call scripts: they are the callers of a function that a script calls
-- in tail position.
local CALLERS = { ["=loop"] = true, ["=host.lua"] = true }

-- The program's own chunks have names that begin with "=", as have C functions.
local function is_ours(at)
  return at ~= nil and at.what ~= "C" and byte(at.source) == EQUALS and not CALLERS[at.source]
end

-- Finds the innermost line of a script. Returns its level, as error() counts it in the caller,
-- and how it calls the function that is about to raise an error.
local function level_of_script()
  local level = 2
  while is_ours(getinfo(level, "S")) do
    level = level + 1
  end
  return level - 1, getinfo(level - 1, "n")
end

--- Raises a formatted message at the line of the script.
function arguments.fail(message, ...)
  error(format(message, ...), (level_of_script()))
end

--- Raises "bad argument" for the argument `number` of the function, like Lua; a method's self is
-- not counted.
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

--- Converts a value that is not a string: numbers only.
function arguments.text(value, number)
  if type(value) ~= "number" then
    wrong_type(number, value, "string")
  end
  local result = tostring(value)
  return result
end

--- Converts a value that is not a number: numeric strings only.
function arguments.number(value, number)
  if type(value) == "string" then
    steps.charge_conversion(value)
  end
  local result = type(value) == "string" and tonumber(value)
  if not result then
    wrong_type(number, value, "number")
  end
  return result
end

-- String positions count from 1, or from the end if negative. LuaJIT's own functions do the same,
-- except in compiled code: a trace of sub() that was recorded with an end beyond the text
-- misreads a negative one.

local function from_start(place, length)
  return place <= -1 and ceil(place) + length + 1 or floor(place)
end

--- Start position of a substring: from 1 to length + 1.
function arguments.first(place, length)
  place = from_start(place, length)
  if place >= 1 then
    return place <= length and place or length + 1
  end
  return 1
end

--- End position of a substring: from 0 to length.
function arguments.last(place, length)
  place = from_start(place, length)
  if place >= 1 then
    return place <= length and place or length
  end
  return 0
end

return arguments

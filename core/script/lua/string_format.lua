--- string.format for scripts: as LuaJIT's, but without addresses and with results of limited
-- length. A chunk with the arguments steps (steps.lua), arguments (arguments.lua), remember
-- (strings.lua) and the tostring() of scripts; returns the function.
local steps, arguments, remember, text_of_value = ...

local type, select, unpack = type, select, unpack
local byte, find, format = string.byte, string.find, string.format
local charge, STRING_MAX = steps.charge, steps.STRING_MAX
local fail, text_of = arguments.fail, arguments.text
local BYTES, BYTES_FREE = arguments.BYTES, arguments.BYTES_FREE

local FORMAT_MAX = 65536
local VALUES_USUAL = 6
-- Longest result of a number, with a width or precision of 99: by %f, and by the other
-- conversions.
local FIXED_MAX, CONVERTED_MAX = 512, 128
local PERCENT, DOT, F, P, Q = byte("%.fpq", 1, 5)

local function set_of(characters)
  local set = {}
  for at = 1, #characters do
    set[byte(characters, at)] = true
  end
  return set
end

local OF_NUMBERS = set_of("AEGXacdefgioux")
local OF_TEXTS = set_of("qs")

-- The next conversion of a format: its letter (nil at the end), whether it has a precision, and
-- the position after it.
local function next_conversion(text, at)
  local first = find(text, "%", at, true)
  if not first then
    return nil
  end
  local _, last = find(text, "^%%[-+ #0]*%d?%d?", first)
  local precise = byte(text, last + 1) == DOT
  if precise then
    _, last = find(text, "^%.%d?%d?", last + 1)
  end
  return byte(text, last + 1) or 0, precise, last + 2
end

-- The plan of a common format: for each value whether it is a number. false: needs
-- format_with_care().
local plan_of = remember(function(text)
  local plan = {}
  local letter, _, at = next_conversion(text, 1)
  while letter do
    if OF_NUMBERS[letter] or OF_TEXTS[letter] then
      plan[#plan + 1] = OF_NUMBERS[letter] or false
    elseif letter ~= PERCENT or byte(text, at - 2) ~= PERCENT then
      return false
    end
    letter, _, at = next_conversion(text, at)
  end
  return #plan <= VALUES_USUAL and plan
end)

-- Whether LuaJIT's function formats the value as a short text, without errors or metamethods.
local function fits(is_number, value)
  local kind = type(value)
  if is_number ~= false or kind == "number" then
    return is_number == nil or kind == "number"
  end
  return kind == "string" and #value < BYTES_FREE or kind == "nil" or kind == "boolean"
end

-- The longest possible result for a value, and the value, converted to text if necessary.
local function measure(value, letter, precise)
  if not OF_TEXTS[letter] then
    return letter == F and FIXED_MAX or CONVERTED_MAX, value
  end
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "nil" and kind ~= "boolean" then
    value = text_of_value(value)
  end
  local length = type(value) == "string" and #value or 0
  if letter == Q then
    return 4 * length + CONVERTED_MAX, value
  end
  return precise and CONVERTED_MAX or length + CONVERTED_MAX, value
end

local function format_with_care(text, ...)
  if #text > FORMAT_MAX then
    fail("string.format: the format has %d bytes; the limit is %d", #text, FORMAT_MAX)
  end
  local values, count, size = { ... }, 0, #text
  local letter, precise, at = next_conversion(text, 1)
  while letter do
    if letter == P then
      fail("string.format: %%p is not available in a classifier")
    elseif letter ~= PERCENT then
      local most
      count = count + 1
      most, values[count] = measure(values[count], letter, precise)
      size = size + most
    end
    letter, precise, at = next_conversion(text, at)
  end
  if size > STRING_MAX then
    fail("string.format: the result could have %d bytes; the limit is %d", size, STRING_MAX)
  end
  charge(size / BYTES)
  return format(text, unpack(values, 1, select("#", ...)))
end

return function(text, ...)
  text = type(text) == "string" and text or text_of(text, 1)
  local plan = #text < BYTES_FREE and plan_of(text)
  local count = select("#", ...)
  if plan and count >= #plan and count <= VALUES_USUAL then
    local a, b, c, d, e, f = ...
    if fits(plan[1], a) and fits(plan[2], b) and fits(plan[3], c) and fits(plan[4], d) and fits(plan[5], e)
      and fits(plan[6], f) then
      charge(1 + #plan)
      return format(text, ...)
    end
  end
  return format_with_care(text, ...)
end

--- The library string for scripts: as LuaJIT's, within limits of work and size, and without calls from C to a
-- script's function. A chunk with the arguments C, steps (steps.lua), the tostring() of scripts, and a function that
-- runs a part of this folder; returns the functions by name.
--
-- Unless it takes `...`, a function here never calls a LuaJIT built-in in tail position: if interpreted code calls
-- such a function often, the JIT compiler blacklists it, and then its callers.
local C, steps, text_of_value, part = ...

local type, select = type, select
local byte, char, rep, sub = string.byte, string.char, string.rep, string.sub
local charge, STRING_MAX = steps.charge, steps.STRING_MAX

local VALUES = 4 -- taken or returned, per step
local VALUES_FREE = 64
local VALUES_MAX = 4096
local KNOWN_MAX = 256

local arguments = part("arguments.lua", steps)
local fail, text_of, number_of, charge_bytes = arguments.fail, arguments.text, arguments.number, arguments.charge_bytes
local first_place, last_place = arguments.first, arguments.last

-- Caches find_out(text) for short texts. For these find_out() charges no steps, so a cached result costs the same
-- as a new one.
local function remember(find_out)
  local known, count = {}, 0
  return function(text)
    local result = known[text]
    if result == nil then
      result = find_out(text)
      if #text < arguments.BYTES_FREE then
        if count == KNOWN_MAX then
          known, count = {}, 0
        end
        known[text], count = result, count + 1
      end
    end
    return result
  end
end

local strings = part("string_search.lua", C, steps, arguments, remember)
strings.format = part("string_format.lua", steps, arguments, remember, text_of_value)

-- LuaJIT's version loops `count` times even over an empty text.
function strings.rep(text, count, separator)
  text = type(text) == "string" and text or text_of(text, 1)
  count = type(count) == "number" and count or number_of(count, 2)
  if separator ~= nil and type(separator) ~= "string" then
    separator = text_of(separator, 3)
  end
  local length = (#text + (separator and #separator or 0)) * count
  if length > STRING_MAX then
    fail("string.rep: the result would have %.0f bytes; the limit is %d", length, STRING_MAX)
  end
  charge_bytes(length)
  return length > 0 and rep(text, count, separator) or ""
end

function strings.sub(text, first, last)
  text = type(text) == "string" and text or text_of(text, 1)
  local length = #text
  first = type(first) == "number" and first or number_of(first, 2)
  if not (first >= 1 and first <= length) then
    first = first_place(first, length)
  end
  if last == nil then
    last = length
  else
    last = type(last) == "number" and last or number_of(last, 3)
    if not (last >= 1 and last <= length) then
      last = last_place(last, length)
    end
  end
  charge_bytes(last - first)
  local result = sub(text, first, last)
  return result
end

function strings.len(text)
  text = type(text) == "string" and text or text_of(text, 1)
  return #text
end

for _, name in ipairs({ "lower", "reverse", "upper" }) do
  local change = string[name]
  strings[name] = function(text)
    text = type(text) == "string" and text or text_of(text, 1)
    charge_bytes(#text)
    local result = change(text)
    return result
  end
end

local function charge_values(count, message)
  if count > VALUES_MAX then
    fail(message, count, VALUES_MAX)
  elseif count > VALUES_FREE then
    charge(count / VALUES)
  end
end

function strings.byte(text, first, last)
  text = type(text) == "string" and text or text_of(text, 1)
  if first == nil then
    first = 1
  elseif type(first) ~= "number" then
    first = number_of(first, 2)
  end
  if last == nil then
    if first >= 1 and first <= #text then
      local value = byte(text, first)
      return value
    end
    last = first
  elseif type(last) ~= "number" then
    last = number_of(last, 3)
  end
  first, last = first_place(first, #text), last_place(last, #text)
  if first > last then
    return
  end
  charge_values(last - first + 1, "string.byte: the result would have %d values; the limit is %d")
  local value = byte(text, first)
  return value, byte(text, first + 1, last)
end

function strings.char(...)
  charge_values(select("#", ...), "string.char: %d values given; the limit is %d")
  return char(...)
end

return strings

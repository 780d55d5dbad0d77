--- string.find, match, gmatch and gsub for scripts: as LuaJIT's, with the matcher of pattern.h,
-- which counts its steps. C never calls a script's function. A chunk with the arguments C, steps
-- (steps.lua), arguments (arguments.lua) and remember (strings.lua); returns the functions.
local C, steps, arguments, remember = ...
local ffi = require("ffi")

local type, tostring, setmetatable = type, tostring, setmetatable
local min, floor, concat = math.min, math.floor, table.concat
local byte, find, sub, ffi_string = string.byte, string.find, string.sub, ffi.string
local charge, rest, STRING_MAX = steps.charge, steps.rest, steps.STRING_MAX
local fail, text_of, number_of, charge_bytes = arguments.fail, arguments.text, arguments.number, arguments.charge_bytes
local first_place = arguments.first
local match_pattern, replace_pattern = C.dpae_pattern_find, C.dpae_pattern_replace
local OVER, TOO_LONG = C.PATTERN_OVER, C.PATTERN_TOO_LONG

local MATCH_MAX = 4000000 -- matcher steps per pattern
local MATCH_STEPS = 16 -- matcher steps per step
local MATCH_FREE = 64 -- matcher steps without charge
local PART_MAX = 64 -- up to this many bytes, LuaJIT's own search is linear in the length of the text
local PIECE_MAX = 1024 -- longer texts are collected and joined once, at the end
local CARET = byte("^")

-- Results of the matcher; read them before a call that may run it again.
local match = ffi.new("struct pattern_match")
local first_of, last_of = match.first, match.last
local replaced = ffi.new("char[?]", STRING_MAX)

local strings = {}

local function too_long()
  fail("string.gsub: the result would have more than %d bytes, the limit for strings", STRING_MAX)
end

local function check_size(size)
  if size > STRING_MAX then
    too_long()
  end
  return size
end

-- Raises the matcher's error. If its budget is used up, the limit of the call applies first, then
-- that of a pattern.
local function match_failed(problem, name)
  if problem == TOO_LONG then
    too_long()
  elseif problem == OVER then
    charge(1)
    fail("string.%s: the pattern takes more than %d steps on this text; anchor it (^), or use fewer * and -",
      name, MATCH_MAX)
  end
  fail("%s", ffi_string(C.dpae_pattern_problem(problem)))
end

local function charge_match()
  if match.steps >= MATCH_FREE then
    charge(match.steps / MATCH_STEPS)
  end
end

-- Returns 1 + the number of captures, or 0.
local function search(text, pattern, init, name)
  local found = match_pattern(text, #text, pattern, init, min(rest() * MATCH_STEPS, MATCH_MAX), match)
  charge_match()
  if found < 0 then
    match_failed(found, name)
  end
  return found
end

-- Capture number index of the match; 0: the whole match.
local function capture(text, index)
  local first, last = first_of[index], last_of[index]
  if last < 0 then
    return first
  end
  charge_bytes(last - first)
  local result = sub(text, first, last)
  return result
end

local function captures_from(text, index, count)
  if index == count then
    return capture(text, index)
  end
  return capture(text, index), captures_from(text, index + 1, count)
end

-- All captures, or the whole match if the pattern has no captures.
local function captures(text, count)
  if count <= 1 then
    return capture(text, count)
  elseif count == 2 then
    return capture(text, 1), capture(text, 2)
  elseif count == 3 then
    return capture(text, 1), capture(text, 2), capture(text, 3)
  end
  return capture(text, 1), capture(text, 2), capture(text, 3), captures_from(text, 4, count)
end

-- Searching -----------------------------------------------------------------------------------------------

-- Whether a pattern has no special characters.
local is_plain = remember(function(pattern)
  charge_bytes(#pattern)
  return C.dpae_pattern_is_plain(pattern, #pattern) ~= 0
end)

local function find_text(text, part, init)
  if #part > PART_MAX then
    local first = C.dpae_pattern_find_plain(text, #text, part, #part, init)
    charge_bytes(first ~= 0 and first + #part or #text)
    if first == 0 then
      return nil
    end
    return first, first + #part - 1
  end
  local first, last = find(text, part, init, true)
  charge_bytes(last or #text)
  if not first then
    return nil
  end
  return first, last
end

function strings.find(text, pattern, init, plain)
  text = type(text) == "string" and text or text_of(text, 1)
  pattern = type(pattern) == "string" and pattern or text_of(pattern, 2)
  if init == nil then
    init = 1
  else
    init = first_place(type(init) == "number" and init or number_of(init, 3), #text)
  end
  if plain or is_plain(pattern) then
    return find_text(text, pattern, init)
  end
  local found = search(text, pattern, init, "find")
  if found == 0 then
    return nil
  elseif found == 1 then
    return first_of[0], last_of[0]
  end
  return first_of[0], last_of[0], captures(text, found - 1)
end

function strings.match(text, pattern, init)
  text = type(text) == "string" and text or text_of(text, 1)
  pattern = type(pattern) == "string" and pattern or text_of(pattern, 2)
  if init == nil then
    init = 1
  else
    init = first_place(type(init) == "number" and init or number_of(init, 3), #text)
  end
  local found = search(text, pattern, init, "match")
  if found == 0 then
    return nil
  end
  return captures(text, found - 1)
end

-- The iterator is a table with __call, since the JIT does not compile creating a closure. Scripts
-- can write to it, which only changes their own results.
local Iterator = { __metatable = false }

function Iterator.__call(iterator)
  local text, pattern, at = iterator[1], iterator[2], iterator[3]
  if type(text) ~= "string" or type(pattern) ~= "string" or type(at) ~= "number" or at > #text + 1 then
    return
  end
  local found = search(text, pattern, at, "gmatch")
  if found == 0 then
    iterator[3] = #text + 2
    return
  end
  local first, last = first_of[0], last_of[0]
  iterator[3] = last < first and first + 1 or last + 1
  return captures(text, found - 1)
end

function strings.gmatch(text, pattern)
  text = type(text) == "string" and text or text_of(text, 1)
  pattern = type(pattern) == "string" and pattern or text_of(pattern, 2)
  if byte(pattern) == CARET then
    pattern = "%" .. pattern -- not an anchor in gmatch()
  end
  return setmetatable({ text, pattern, 1 }, Iterator)
end

-- Replacing ----------------------------------------------------------------------------------------------

local function replace_by_text(text, pattern, with, most)
  local count = replace_pattern(text, #text, pattern, with, #with, most, min(rest() * MATCH_STEPS, MATCH_MAX), match,
    replaced, STRING_MAX)
  charge_match()
  if count < 0 then
    match_failed(count, "gsub")
  elseif count == 0 then
    return text, 0
  end
  charge_bytes(match.length)
  return ffi_string(replaced, match.length), count
end

local function value_of_table(with, text, count)
  return with[capture(text, count == 0 and 0 or 1)]
end

local function value_of_function(with, text, count)
  local value = with(captures(text, count))
  return value
end

local function replacement_text(value)
  if type(value) ~= "string" and type(value) ~= "number" then
    fail("invalid replacement value (a %s)", type(value))
  end
  return type(value) == "string" and value or tostring(value)
end

-- Appends a text to the list of finished pieces (nil: empty).
local function put_aside(made, text)
  made = made or {}
  made[#made + 1] = text
  return made
end

-- value_of(with, text, number of captures) returns the replacement of a match, or nil or false to
-- keep it.
local function replace_each(text, pattern, with, most, value_of)
  local made, size, result = nil, 0, ""
  local count, at, copied = 0, 1, 1
  while count < most and at <= #text + 1 do
    local found = search(text, pattern, at, "gsub")
    if found == 0 then
      break
    end
    charge(1)
    local first, last = first_of[0], last_of[0]
    local value = value_of(with, text, found - 1)
    if value then
      result = result .. sub(text, copied, first - 1) .. replacement_text(value)
      copied = last + 1
      if #result > PIECE_MAX then
        made, size, result = put_aside(made, result), check_size(size + #result), ""
      end
    end
    count, at = count + 1, last < first and first + 1 or last + 1
  end
  result = result .. sub(text, copied)
  charge_bytes(check_size(size + #result))
  return made and concat(put_aside(made, result)) or result, count
end

function strings.gsub(text, pattern, with, most)
  text = type(text) == "string" and text or text_of(text, 1)
  pattern = type(pattern) == "string" and pattern or text_of(pattern, 2)
  local kind = type(with)
  if most == nil then
    most = #text + 1
  else
    most = floor(type(most) == "number" and most or number_of(most, 4))
    most = most <= #text and most or #text + 1
  end
  if kind == "string" then
    return replace_by_text(text, pattern, with, most)
  elseif kind == "number" then
    return replace_by_text(text, pattern, tostring(with), most)
  elseif kind ~= "table" and kind ~= "function" then
    arguments.bad(3, "string/function/table expected")
  end
  most = byte(pattern) == CARET and min(most, 1) or most
  return replace_each(text, pattern, with, most, kind == "table" and value_of_table or value_of_function)
end

return strings

--- The library table and unpack() for classifiers: as LuaJIT's, but their work is charged and
-- bounded, and sort() is stable. The length of a table is that of the operator #.
local _, steps, sort = ...
local concat, remove, unpack = table.concat, table.remove, unpack
local next, rawget, rawset, select = next, rawget, rawset, select
local floor, tonumber, tostring, type = math.floor, tonumber, tostring, type

local VALUES_MAX = 4096 -- limit of unpack()
local INDEX_MAX = 2 ^ 31 - 2
local PRICED_BYTES = 256
local NUMBER_BYTES = 21 -- as in "-1.2345678901235e-300"

local tables = {}

-- Raises Lua's own message at the caller's caller; count is the number of arguments.
local function bad_argument(position, name, wanted, value, count)
  local got = position > count and "no value" or type(value)
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, wanted,
    got == wanted and tostring(value) or got), 3)
end

-- Converts a number or numeric string to a whole number like Lua; nil for other values.
local function whole(value)
  if type(value) == "string" then
    steps.charge_conversion(value)
  end
  local number = tonumber(value)
  return number and floor(number)
end

-- As whole(), but nil if out of range for an index.
local function index(value)
  local number = whole(value)
  return number and number >= -INDEX_MAX and number <= INDEX_MAX and number or nil
end

local OUTSIDE = "table.%s: position %s is outside 1 to %d"

--- insert(t, value) appends; insert(t, position, value) shifts the elements from position on.
function tables.insert(...)
  local t, position, value = ...
  local count = select("#", ...)
  if type(t) ~= "table" then
    bad_argument(1, "insert", "table", t, count)
  end
  local last = #t + 1
  if count == 2 then
    rawset(t, last, position)
    return
  elseif count ~= 3 then
    error("wrong number of arguments to 'insert'", 2)
  end
  local at = whole(position) or bad_argument(2, "insert", "number", position, count)
  if not (at >= 1 and at <= last) then
    error(OUTSIDE:format("insert", tostring(position), last), 2)
  end
  steps.charge((last - at) / 4)
  for i = last, at + 1, -1 do
    rawset(t, i, rawget(t, i - 1))
  end
  rawset(t, at, value)
end

--- Removes the element at position, by default the last one. At the position just after the end,
-- or in an empty table, has no effect.
function tables.remove(t, position)
  if type(t) ~= "table" then
    bad_argument(1, "remove", "table", t, 1)
  elseif position == nil then
    return remove(t)
  end
  local last = #t
  local at = whole(position) or bad_argument(2, "remove", "number", position, 2)
  if at == last + 1 or at == last and last == 0 then
    return
  elseif not (at >= 1 and at <= last) then
    error(OUTSIDE:format("remove", tostring(position), last), 2)
  end
  steps.charge((last - at) / 4)
  local value = rawget(t, at)
  for i = at, last - 1 do
    rawset(t, i, rawget(t, i + 1))
  end
  rawset(t, last, nil)
  return value
end

-- Total bytes of the elements, scanning no more of them than the remaining steps pay for. A number counts with its
-- exact length, or with the longest one: the exact length needs a string.
local function length_of(t, from, to, exactly)
  local length = 0
  for i = from, math.min(to, from + steps.rest() * 4) do
    local value = rawget(t, i)
    local kind = type(value)
    if kind == "string" then
      length = length + #value
    elseif kind == "number" then
      length = length + (exactly and #tostring(value) or NUMBER_BYTES)
    else
      error(("invalid value (%s) at index %d in table for 'concat'"):format(kind, i), 3)
    end
  end
  return length
end

function tables.concat(...)
  local t, separator, first, last = ...
  local count = select("#", ...)
  if type(t) ~= "table" then
    bad_argument(1, "concat", "table", t, count)
  elseif separator ~= nil and type(separator) ~= "string" and type(separator) ~= "number" then
    bad_argument(2, "concat", "string", separator, count)
  end
  local from = first == nil and 1 or index(first) or bad_argument(3, "concat", "number", first, count)
  local to = last == nil and #t or index(last) or bad_argument(4, "concat", "number", last, count)
  if from > to then
    return ""
  end
  local between = separator and #tostring(separator) * (to - from) or 0
  local length = length_of(t, from, to, false) + between
  if length > steps.STRING_MAX then
    length = length_of(t, from, to, true) + between
  end
  steps.charge((to - from + 1) / 4)
  if length > steps.STRING_MAX then
    error(("table.concat: the result would have %d bytes; the limit is %d"):format(length, steps.STRING_MAX), 2)
  end
  steps.charge(length >= PRICED_BYTES and length / 64 or 0)
  return concat(t, separator, from, to)
end

--- The largest positive number among the keys, or 0.
function tables.maxn(...)
  local t = ...
  if type(t) ~= "table" then
    bad_argument(1, "maxn", "table", t, select("#", ...))
  end
  local most, count = 0, 0
  for key in next, t do
    count = count + 1
    if type(key) == "number" and key > most then
      most = key + 0 -- see order.lua
    end
  end
  steps.charge(count / 4)
  return most
end

local function is_less(one, other)
  return one < other
end

--- Equal elements keep their order. If less() raises an error, the table is unchanged.
function tables.sort(...)
  local t, less = ...
  if type(t) ~= "table" then
    bad_argument(1, "sort", "table", t, select("#", ...))
  elseif less ~= nil and type(less) ~= "function" then
    bad_argument(2, "sort", "function", less, 2)
  end
  local count, list = #t, {}
  steps.charge(count / 2)
  for i = 1, count do
    list[i] = rawget(t, i)
  end
  list = sort(list, count, less or is_less)
  for i = 1, count do
    rawset(t, i, list[i])
  end
end

function tables.unpack(...)
  local t, first, last = ...
  local count = select("#", ...)
  if type(t) ~= "table" then
    bad_argument(1, "unpack", "table", t, count)
  end
  local from = first == nil and 1 or index(first) or bad_argument(2, "unpack", "number", first, count)
  local to = last == nil and #t or index(last) or bad_argument(3, "unpack", "number", last, count)
  local values = to - from + 1
  if values > VALUES_MAX then
    error(("unpack: the result would have %d values; the limit is %d"):format(values, VALUES_MAX), 2)
  elseif values > 0 then
    steps.charge(values / 4)
  end
  return unpack(t, from, to)
end

-- Debian 12's LuaJIT forwards stores wrongly around this when it compiles it into a script: the script then reads nil
-- from a list in some replays.
jit.off(tables.remove)
return tables

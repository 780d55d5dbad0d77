--- pairs() and next() for classifiers. Their order depends on the keys only, not on LuaJIT's hash
-- table, which depends on addresses and a random seed. It is: whole numbers from 1, other
-- numbers, strings by bytes, false, true; numbers ascend. A single key of another type comes
-- last; two such keys raise an error.
local _, steps, sort = ...
-- Under these names, since the parser recognises loops over them by name.
local next, pairs = next, pairs
local rawget, type = rawget, type

local WHOLE, NUMBER, STRING, BOOLEAN, OBJECT = 1, 2, 3, 4, 5
local RANKS = { number = NUMBER, string = STRING, boolean = BOOLEAN }
local WHOLE_MAX = 2 ^ 52 -- up to here, n + 1 differs from n

local SMALL = 16 -- up to this many keys are sorted while they are read
local FREE = 8 -- up to this many keys cost no extra steps
local LONG, BYTES_A_STEP = 64, 64 -- comparing longer strings is charged

local NO_ORDER = "%s: two keys that are tables, functions or cdata have no order that a replay could repeat: keep them "
  .. "in a list as well, or use a number or string that identifies them as the key"

local function rank(key)
  if type(key) == "number" and key >= 1 and key % 1 == 0 then
    return WHOLE
  end
  return RANKS[type(key)] or OBJECT
end

local function precedes(one, other)
  local mine, yours = rank(one), rank(other)
  if mine ~= yours then
    return mine < yours
  elseif mine == BOOLEAN then
    return other and not one
  end
  return mine ~= OBJECT and one < other
end

local function is_less(one, other)
  return one < other
end

-- Sorts a list of keys; raises an error three callers up if they have no order.
local function in_order(list, count, what)
  local less = is_less
  for i = 1, count do
    if type(list[i]) ~= "string" then
      less = precedes
      break
    end
  end
  list = sort(list, count, less)
  if less == precedes and count > 1 and rank(list[count - 1]) == OBJECT then
    error(NO_ORDER:format(what), 4)
  end
  list.at = 0
  return list
end

-- The bytes of a key that comparing it is charged for.
local function long(key)
  return type(key) == "string" and #key > LONG and #key or 0
end

-- Charges for keys that were read and bytes that were compared.
local function charge(count, bytes)
  if count > FREE or bytes > 0 then
    steps.charge(count / 4 + bytes / BYTES_A_STEP)
  end
end

-- Compiled code of Debian 12's LuaJIT reads a number returned by next() from a location that the
-- following call of next() overwrites. Adding 0 makes a copy, so that is done before any other
-- use.

-- The first key of t in order, and its value.
local function first_of(t)
  local first, count, bytes = next(t), 0, 0
  if type(first) == "number" then
    first = first + 0
  elseif first == nil then
    return nil
  end
  for key in next, t do
    count = count + 1
    if type(key) == "number" then
      key = key + 0
    end
    if type(key) == "string" and type(first) == "string" then
      if key < first then
        first = key
      end
      if #key > LONG then
        bytes = bytes + #key
      end
    elseif precedes(key, first) then
      first = key
    end
  end
  charge(count, bytes)
  if count > 1 and rank(first) == OBJECT then
    error(NO_ORDER:format("next"), 2)
  end
  return first, rawget(t, first)
end

-- The sorted keys of t that follow key; nil if there are no more.
local function keys_after(t, key)
  local list, found, count, bytes = nil, 0, 0, 0
  local last = rank(key) == WHOLE and key or 0
  for each in next, t do
    count = count + 1
    if type(each) == "number" then
      each = each + 0
    end
    -- The common case is the end of an array.
    if each ~= count or count > last then
      bytes = bytes + long(each)
      if precedes(key, each) then
        list = list or {}
        found = found + 1
        list[found] = each
      end
    end
  end
  charge(count, bytes)
  return list and in_order(list, found, "next")
end

-- All keys of t in order, for step().
local function walk_of(t)
  local list, count = {}, 0
  for key in next, t do
    count = count + 1
    list[count] = type(key) == "number" and key + 0 or key
  end
  charge(count, 0)
  list = in_order(list, count, "pairs")
  list.table = t
  return list
end

-- The next key of a list that t still has, and its value. Scripts can reach the list of pairs()
-- and make it endless, so each turn is charged.
local function advance(list, t)
  local at = list.at
  local key, value
  repeat
    at = at + 1
    key = list[at]
    value = rawget(t, key)
    if value == nil and key ~= nil then
      steps.charge(1)
    end
  until value ~= nil or key == nil
  list.at = at
  return key, value
end

local function step(walk)
  return advance(walk, walk.table)
end

-- pairs() of a table without [1].
local function pairs_sorted(t)
  local walk = { nil, nil, nil, nil, nil, nil, nil, nil, at = 0, table = t }
  local count, bytes = 0, 0
  for key in next, t do
    if type(key) ~= "string" or count == SMALL then
      return step, walk_of(t)
    end
    local at = count
    while at > 0 and key < walk[at] do
      walk[at + 1] = walk[at]
      at = at - 1
    end
    walk[at + 1] = key
    count = count + 1
    if #key > LONG then
      bytes = bytes + #key
    end
  end
  charge(count, bytes * count / 2)
  return step, walk
end

local KEPT = 4
local WEAK_KEYS, WEAK_VALUES = { __mode = "k" }, { __mode = "v" }

-- The key lists of loops over next(), so that such a loop does not sort the keys at every turn:
-- one list per table, for the latest few tables. Returns keep(t, list), find(t, key) and
-- forget(t). These contain no loop over the tables: with one, LuaJIT compiles scripts' loops
-- badly.
local function new_lists()
  local lists = setmetatable({}, WEAK_KEYS)
  local latest, place = setmetatable({}, WEAK_VALUES), 0

  local function forget(t)
    if lists[t] then
      lists[t] = nil
    end
  end

  local function keep(t, list)
    place = place % KEPT + 1
    local oldest = latest[place]
    if oldest then
      forget(oldest)
    end
    latest[place] = t
    lists[t] = setmetatable(list, WEAK_VALUES) -- drops only tables and other collectable keys
  end

  -- The list of t if it contains key after its current position; moves the position there.
  local function find(t, key)
    local list = lists[t]
    if not list then
      return nil
    end
    while list[list.at] ~= nil and list[list.at] ~= key do
      list.at = list.at + 1
    end
    return list[list.at] ~= nil and list or nil
  end

  return keep, find, forget
end

--- Creates next() and pairs() for one classifier; other classifiers do not affect their results.
return function()
  local keep, find, forget = new_lists()

  local function go_on(t, key)
    local list = find(t, key) or keys_after(t, key)
    if not list then
      forget(t)
      return nil
    elseif list.at == 0 then
      keep(t, list)
    end
    local following, value = advance(list, t)
    if following == nil then
      forget(t)
    end
    return following, value
  end

  local function follow(t, key)
    if key == nil then
      forget(t)
      local value = rawget(t, 1)
      if value ~= nil then
        return 1, value
      end
      return first_of(t)
    elseif type(key) == "number" and key >= 1 and key < WHOLE_MAX and key % 1 == 0 then
      local value = rawget(t, key + 1)
      if value ~= nil then
        return key + 1, value
      end
    end
    return go_on(t, key)
  end

  local order = {}

  --- The key of t that follows key, which may be absent from t; without key, the first one.
  function order.next(t, key)
    if type(t) ~= "table" then
      return next(t)
    end
    return follow(t, key)
  end

  function order.pairs(t)
    if type(t) ~= "table" then
      return pairs(t)
    elseif rawget(t, 1) ~= nil or next(t) == nil then
      return follow, t, nil
    end
    return pairs_sorted(t)
  end

  return order
end

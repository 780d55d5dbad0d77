--- pairs() and next() of classifiers. Their order depends on the keys alone, never on where LuaJIT keeps
-- them, which goes by addresses and a random seed: whole numbers from 1 on, other numbers, strings by their bytes,
-- false, true; numbers ascend. One key of another type comes last; two of these have no order.
local _, steps, sort = ...
-- Of these names, since the parser knows loops over them by their names.
local next, pairs = next, pairs
local rawget, type = rawget, type

local WHOLE, NUMBER, STRING, BOOLEAN, OBJECT = 1, 2, 3, 4, 5
local RANKS = { number = NUMBER, string = STRING, boolean = BOOLEAN }
local WHOLE_MAX = 2 ^ 52 -- up to here one more is another number

local SMALL = 16 -- up to so many keys are sorted as they are read
local FREE = 8 -- up to so many keys are part of the step that the call is in
local LONG, BYTES_A_STEP = 64, 64 -- to compare longer strings is charged

local NO_ORDER = "%s: two keys that are tables, functions or cdata have no order that a replay repeats: keep them "
  .. "in a list beside the table, or use a number or a string of theirs as the key"

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

-- The keys of a list in order; raises an error at the caller's caller's caller when they have none.
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

-- Bytes of a key that are charged when it is compared.
local function long(key)
  return type(key) == "string" and #key > LONG and #key or 0
end

-- For keys that were read, and bytes of them that were compared.
local function charge(count, bytes)
  if count > FREE or bytes > 0 then
    steps.charge(count / 4 + bytes / BYTES_A_STEP)
  end
end

-- Compiled code of Debian 12's LuaJIT takes a number that next() has returned from where the next call of next() has
-- put another one. Numbers from it are therefore added to 0 before anything else is done with them.

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

-- The keys of t that come after key, in order; nil when there are none.
local function keys_after(t, key)
  local list, found, count, bytes = nil, 0, 0, 0
  local last = rank(key) == WHOLE and key or 0
  for each in next, t do
    count = count + 1
    if type(each) == "number" then
      each = each + 0
    end
    -- Mostly they are those of an array, which has come to its end.
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

-- The next key of a list that t still has, and its value. Scripts can get at the list of pairs(), so turns are
-- charged: there may be no end to them.
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

-- pairs() of a table that has no [1].
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

-- The lists that calls of next() go by, so that a loop does not sort the keys at every turn: one for a table, of the
-- few latest tables. Returns keep(t, list), find(t, key) and forget(t). No loop over the tables is in them: with one,
-- loops of scripts are compiled badly.
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
    lists[t] = setmetatable(list, WEAK_VALUES) -- only tables and the like go from such a list
  end

  -- The list of t when key is in it, behind what it gave before; it then stands there.
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

--- next() and pairs() for one classifier: what another does changes nothing of what these give.
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

  --- The key of t that follows key, which t need not have; without key the first one.
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

--- What classifiers hold of the memory of the VM: how much each can reach, and which one holds too much.
--
-- A block of memory is held by each classifier that can reach it, whichever made it: two classifiers that keep the
-- same text both hold it. Sizes are those of LuaJIT's objects on a machine of 64 bits, without the room that tables
-- keep for growth.
local ffi = require("ffi")

local exchange, cap, classifiers, states = ...

local getupvalue, getmetatable, getfenv = debug.getupvalue, debug.getmetatable, debug.getfenv
local next, type, pcall = next, type, pcall

local SET = ffi.C.SCRIPT_CLASSIFIERS_MAX
local CALL_SHARE = 1.5 -- of the cap: what is in use when a call has added much of it
local STRING_BYTES, TABLE_BYTES, ITEM_BYTES, ENTRY_BYTES = 25, 64, 8, 40
local FUNCTION_BYTES, UPVALUE_BYTES, CDATA_BYTES = 40, 56, 16

local holdings = {}

-- A walk over all that can be reached from what is put into it: seen holds what was reached, waiting the first
-- to last of what is to be looked into.
local Walk = {}
Walk.__index = Walk

local function new_walk(known)
  return setmetatable({ seen = {}, known = known, waiting = {}, last = 0, bytes = 0 }, Walk)
end

function Walk:put(value)
  local kind = type(value)
  if kind ~= "table" and kind ~= "function" and kind ~= "string" and kind ~= "cdata" then
    return
  elseif self.seen[value] or self.known[value] then
    return
  end
  self.seen[value] = true
  if kind == "string" then
    self.bytes = self.bytes + STRING_BYTES + #value
  elseif kind == "cdata" then
    local sized, size = pcall(ffi.sizeof, value)
    self.bytes = self.bytes + CDATA_BYTES + (sized and size or 0)
  else
    self.last = self.last + 1
    self.waiting[self.last] = value
  end
end

function Walk:look_into_table(value)
  local bytes = TABLE_BYTES
  for key, item in next, value do
    bytes = bytes + (type(key) == "number" and ITEM_BYTES or ENTRY_BYTES)
    self:put(key)
    self:put(item)
  end
  self.bytes = self.bytes + bytes
  self:put(getmetatable(value))
end

function Walk:look_into_function(value)
  local count = 0
  repeat
    count = count + 1
    local name, item = getupvalue(value, count)
    self:put(item)
  until name == nil
  self.bytes = self.bytes + FUNCTION_BYTES + UPVALUE_BYTES * (count - 1)
  self:put(getfenv(value))
end

function Walk:finish()
  while self.last > 0 do
    local value = self.waiting[self.last]
    self.waiting[self.last] = nil
    self.last = self.last - 1
    if type(value) == "table" then
      self:look_into_table(value)
    else
      self:look_into_function(value)
    end
  end
  return self.bytes
end

local shared = {} -- what the host itself consists of
local base_bytes = 0

--- Notes what belongs to the host: all that can be reached now. Before the first classifier is loaded.
function holdings.note_host(host)
  local walk = new_walk({})
  walk:put(host)
  walk:put(_G)
  walk:put(debug.getregistry())
  walk:finish()
  shared = walk.seen
  shared[shared] = true
  collectgarbage()
  base_bytes = collectgarbage("count") * 1024
end

-- What a classifier can reach. What only the locals of a call refer to is not in it: compiled code leaves values of
-- earlier calls in locals that it does not need.
local function measure(index)
  local classifier = classifiers[index]
  local walk = new_walk(shared)
  if classifier then
    walk:put(classifier)
    walk:put(states.all_of(index))
    walk:finish()
  end
  return walk.bytes
end

-- Bytes in use when garbage is gone. What compiled code refers to is no garbage: in doubt it is thrown away.
local function collect()
  collectgarbage()
  collectgarbage() -- LuaJIT's buffer for strings shrinks by half each time
  if collectgarbage("count") * 1024 > cap then
    jit.flush()
    collectgarbage()
  end
  return collectgarbage("count") * 1024
end

-- Which classifier holds most, if that is more than its part of the cap, and how many bytes.
local function find_largest(used)
  local count, sum, culprit, most = 0, 0, nil, 0
  for index = 0, SET - 1 do
    local bytes = measure(index)
    count = count + (classifiers[index] and 1 or 0)
    sum = sum + bytes
    if bytes > most then
      culprit, most = index, bytes
    end
  end
  -- Tables have room that was not counted.
  most = most * math.max(1, (used - base_bytes) / math.max(sum, 1))
  if most < cap / math.max(count, 1) then
    return nil
  end
  return culprit, most
end

--- Frees what can be freed. When more than the cap is in use all the same, returns which classifier holds too much
-- of it, if any, how many bytes that are, and how many bytes are in use. Otherwise three times nil.
function holdings.find_culprit()
  local used, culprit, most, oversized = collect(), nil, nil, exchange.oversized
  if used > cap then
    culprit, most = find_largest(used)
  end
  exchange.memory_due, exchange.oversized = false, oversized -- last: to measure takes memory and tables, too
  return culprit, most, used > cap and used or nil
end

--- In a call, when memory is due: frees what can be freed. Returns whether the call may go on. It may not when its
-- classifier holds too much, or none does, so that the call itself must, or so much has been added that it can
-- only be the call's.
function holdings.relieve()
  local culprit, _, used = holdings.find_culprit()
  if not used then
    return true
  end
  exchange.memory_full = true
  if exchange.loading or not culprit or culprit == exchange.current or used > CALL_SHARE * cap then
    return false
  end
  -- Another classifier does, which the host sees to before the next packet.
  exchange.due_from_ns, exchange.due_in_ns = 0, 0
  return true
end
jit.off(holdings.relieve, true)

return holdings

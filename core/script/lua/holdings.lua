--- How much of the VM's memory each classifier can reach, and which classifier holds too much.
--
-- Memory counts for every classifier that can reach it, whichever one allocated it: two classifiers that keep the
-- same string both hold it. Sizes are those of LuaJIT's objects on a 64-bit machine, without the spare room of
-- tables.
local ffi = require("ffi")

local exchange, cap, classifiers, states = ...

local getupvalue, getmetatable, getfenv = debug.getupvalue, debug.getmetatable, debug.getfenv
local next, type, pcall = next, type, pcall

local SET = ffi.C.SCRIPT_CLASSIFIERS_MAX
local CALL_SHARE = 1.5 -- of the cap: above this a call has allocated too much itself
local STRING_BYTES, TABLE_BYTES, ITEM_BYTES, ENTRY_BYTES = 25, 64, 8, 40
local FUNCTION_BYTES, UPVALUE_BYTES, CDATA_BYTES = 40, 56, 16

local holdings = {}

-- A traversal of everything reachable from the values put into it. seen holds the reached values;
-- waiting[1..last] those still to be scanned.
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

local shared = {} -- objects of the host itself
local base_bytes = 0

--- Records the objects of the host: everything reachable now. Call it before the first classifier
-- is loaded.
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

-- Bytes that a classifier can reach. Locals of running calls do not count: compiled code leaves
-- stale values in them.
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

-- Collects garbage and returns the bytes in use. Compiled code keeps objects alive, so if more
-- than the cap remains, it is flushed.
local function collect()
  collectgarbage()
  collectgarbage() -- each collection halves LuaJIT's string buffer
  if collectgarbage("count") * 1024 > cap then
    jit.flush()
    collectgarbage()
  end
  return collectgarbage("count") * 1024
end

-- The classifier that holds most, with its bytes, if that exceeds its share of the cap.
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
  -- Scale up for spare room in tables, which was not counted.
  most = most * math.max(1, (used - base_bytes) / math.max(sum, 1))
  if most < cap / math.max(count, 1) then
    return nil
  end
  return culprit, most
end

--- Frees unused memory. If more than the cap remains in use, returns the classifier that holds
-- too much (or nil), its bytes, and the bytes in use; otherwise three nils.
function holdings.find_culprit()
  local used, culprit, most, oversized = collect(), nil, nil, exchange.oversized
  if used > cap then
    culprit, most = find_largest(used)
  end
  exchange.memory_due, exchange.oversized = false, oversized -- last, since measuring allocates as well
  return culprit, most, used > cap and used or nil
end

--- Runs within a call when memory is due: frees unused memory and returns whether the call may
-- continue. It may not if its classifier holds too much, if no classifier does (then the call
-- itself must be the cause), or if far more than the cap is in use.
function holdings.relieve()
  local culprit, _, used = holdings.find_culprit()
  if not used then
    return true
  end
  exchange.memory_full = true
  if exchange.loading or not culprit or culprit == exchange.current or used > CALL_SHARE * cap then
    return false
  end
  -- Another classifier holds too much; the host removes it before the next packet.
  exchange.due_from_ns, exchange.due_in_ns = 0, 0
  return true
end
jit.off(holdings.relieve, true)

return holdings

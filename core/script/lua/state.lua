--- flow.state: a table per classifier and flow, created on first use and freed when the
-- classifier finalises the flow or the flow ends.
local C, exchange = ...
local ffi = require("ffi")

local SET = C.SCRIPT_CLASSIFIERS_MAX

local states = {} -- [classifier, from 1][slot of the flow]
for i = 1, SET do
  states[i] = {}
end
local live = 0 -- number of tables
local forgotten -- keeps the memory of exchange.forgotten alive

local state = {}

--- Frees all tables of a classifier (from 0).
function state.clear(classifier)
  for slot in pairs(states[classifier + 1]) do
    states[classifier + 1][slot] = nil
    live = live - 1
  end
  states[classifier + 1] = {}
end

--- Frees the table of a classifier (from 0) for the flow in this slot; the classifier is not
-- called again for it.
function state.release(classifier, slot)
  local mine = states[classifier + 1]
  if mine[slot] then
    mine[slot] = nil
    live = live - 1
  end
end

--- Exchanges the tables of two classifiers.
function state.swap(one, other)
  states[one + 1], states[other + 1] = states[other + 1], states[one + 1]
end

--- All tables of a classifier (from 0).
function state.all_of(classifier)
  return states[classifier + 1]
end

local function drop(slot)
  for classifier = 0, SET - 1 do
    state.release(classifier, slot)
  end
end

-- C records ended flows where it cannot allocate, so the room is made in advance.
local function make_room()
  local capacity = 2 * live + 64
  forgotten = ffi.new("uint32_t[?]", capacity)
  exchange.forgotten = forgotten
  exchange.forgotten_capacity = capacity
end

local function create(mine, slot)
  local one, oversized = {}, exchange.oversized
  mine[slot] = one
  exchange.oversized = oversized -- not a table of the classifier's
  live = live + 1
  if live > exchange.forgotten_capacity then
    make_room()
  end
  return one
end

--- The current classifier's table for the flow in the view.
function state.of(view)
  local slot = view.slot
  if C.dpae_flow_mark_state(view) == 0 then
    drop(slot)
  end
  local mine = states[exchange.current + 1]
  return mine[slot] or create(mine, slot)
end

-- Frees the tables of all flows except live ones.
local function sweep(view)
  for classifier = 0, SET - 1 do
    for slot in pairs(states[classifier + 1]) do
      if C.dpae_flow_keeps_state(view, slot) == 0 then
        state.release(classifier, slot)
      end
    end
  end
end

--- Frees the tables of ended flows. The list also has flows without tables, so it
-- may overflow; then all flows are checked.
function state.forget(view)
  if exchange.forgotten_count == exchange.forgotten_capacity then
    sweep(view)
    exchange.forgotten_count = 0
    return
  end
  for i = 0, exchange.forgotten_count - 1 do
    drop(exchange.forgotten[i])
  end
  exchange.forgotten_count = 0
end

return state

--- flow.state: a table for each classifier and flow, made when it is first asked for, freed when the
-- classifier has finalised the flow, or the flow ends.
local C, exchange = ...
local ffi = require("ffi")

local SET = C.SCRIPT_CLASSIFIERS_MAX

local states = {} -- [classifier, from 1][slot of the flow]
for i = 1, SET do
  states[i] = {}
end
local live = 0 -- how many tables there are
local forgotten -- keeps the memory of exchange.forgotten alive

local state = {}

--- Frees the tables of one classifier (from 0).
function state.clear(classifier)
  for slot in pairs(states[classifier + 1]) do
    states[classifier + 1][slot] = nil
    live = live - 1
  end
  states[classifier + 1] = {}
end

--- Frees the table of a classifier (from 0) for the flow in this slot, which it is not called for again.
function state.release(classifier, slot)
  local mine = states[classifier + 1]
  if mine[slot] then
    mine[slot] = nil
    live = live - 1
  end
end

--- Those of two classifiers change their places.
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

-- C notes the ends of flows where it cannot allocate, so there is room beforehand.
local function make_room()
  local capacity = 2 * live + 64
  forgotten = ffi.new("uint32_t[?]", capacity)
  exchange.forgotten = forgotten
  exchange.forgotten_capacity = capacity
end

local function create(mine, slot)
  local one, oversized = {}, exchange.oversized
  mine[slot] = one
  exchange.oversized = oversized -- no table of the classifier's
  live = live + 1
  if live > exchange.forgotten_capacity then
    make_room()
  end
  return one
end

--- The current classifier's table for the flow of the view.
function state.of(view)
  local slot = view.slot
  if C.dpae_flow_mark_state(view) == 0 then
    drop(slot)
  end
  local mine = states[exchange.current + 1]
  return mine[slot] or create(mine, slot)
end

-- Frees the tables of all flows but those that go on.
local function sweep(view)
  for classifier = 0, SET - 1 do
    for slot in pairs(states[classifier + 1]) do
      if C.dpae_flow_keeps_state(view, slot) == 0 then
        state.release(classifier, slot)
      end
    end
  end
end

--- Frees the tables of the flows that ended. Flows are among them whose tables went before, so that there may
-- be more than there is room for.
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

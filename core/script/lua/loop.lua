--- The loop over a batch of packets, generated for a set of classifiers: each call site calls one
-- function only, so that the JIT compiler can inline the classifiers.
local HEAD = [[
local exchange, flow, next_packet, source, record, forget, release, bor, band, call, object, environment,
  profile, clock = ...
]]

local C = require("ffi").C
local SET, NO_CLASSIFIER = C.SCRIPT_CLASSIFIERS_MAX, C.SCRIPT_NO_CLASSIFIER

local NAMES = [[
local classifier_$index, object_$index, environment_$index = call[$index], object[$index], environment[$index]
]]

-- The states of ended flows are freed first, since the packet may belong to a new flow in a
-- reused slot. The loop may be entered without a classifier to run, after an error in the last
-- one.
local LOOP = [[
return function(wanted)
  local slice
  repeat
    exchange.wanted = wanted
    if exchange.forgotten_count ~= 0 then
      forget(flow)
    end
$calls
    exchange.current = $idle
    wanted = next_packet(source)
  until wanted == 0
end
]]

-- An error leaves the loop; run.c handles it and enters the loop again after the failed
-- classifier.
local CALL = [[
    if band(wanted, $mask) ~= 0 then
      exchange.current = $index
      slice = exchange.next_slice
      exchange.slice, exchange.spent, exchange.steps = slice, 0, $steps
      environment_$index.__steps = slice
      flow.finalised = false
$before      local verdict = classifier_$index(object_$index, flow)
      if verdict ~= nil then
        record($index, verdict)
      end
$after      if flow.finalised then
        exchange.finalised = bor(exchange.finalised, $mask)
        release($index, flow.slot)
      end
    end
]]

-- Placed around the call and the handling of its result when profiling.
local BEFORE = "      local start = clock()\n"
local AFTER = [[
      profile[$index].ns = profile[$index].ns + (clock() - start)
      profile[$index].calls = profile[$index].calls + 1
]]

--- classifiers maps an index in the set (from 0) to { call =, object =, environment = }. steps is
-- the limit of each call. profile and clock are the array of struct script_profile and a function
-- that returns ns, or nil. Returns a function that makes the loop once the exchange is complete.
-- The loop takes the mask of classifiers that want the packet already in the view.
return function(exchange, classifiers, record, states, steps, profile, clock)
  local bit = require("bit")
  local names, calls, call, object, environment = {}, {}, {}, {}, {}
  for index = 0, SET - 1 do
    local one = classifiers[index]
    if one then
      names[#names + 1] = NAMES:gsub("%$(%l+)", { index = index })
      local text = CALL:gsub("%$(%l+)", { before = profile and BEFORE or "", after = profile and AFTER or "" })
      calls[#calls + 1] = text:gsub("%$(%l+)", {
        index = index,
        mask = bit.lshift(1, index),
        steps = steps,
      })
      call[index], object[index], environment[index] = one.call, one.object, one.environment
    end
  end
  local loop = LOOP:gsub("%$(%w+)", { calls = table.concat(calls), idle = NO_CLASSIFIER })
  local text = HEAD .. table.concat(names) .. loop
  local chunk = assert(load(text, "=loop", "t"))
  return function()
    return chunk(
      exchange,
      exchange.view[0],
      exchange.next,
      exchange.source,
      record,
      states.forget,
      states.release,
      bit.bor,
      bit.band,
      call,
      object,
      environment,
      profile,
      clock
    )
  end
end

--- The steps of classifier calls: what the checks in a script's source call (instrument.lua), and what library
-- functions charge for their work.
local C, exchange, relieve, given = ...

local STRING_MAX = 2 ^ 16 -- bytes of a string that a script makes
local FREE_BYTES = 256 -- up to so many bytes are part of the step that the call is in
local BYTES_A_STEP = 64
local LIMIT_TIME, LIMIT_MEMORY, LIMIT_KEYS = 2, 3, 4 -- of enum limits_reason

local steps = { STRING_MAX = STRING_MAX }

local MEMORY_TEXT = ("not enough memory: all classifiers together may use %d MiB (classifier_memory_mb)")
  :format(given.memory_mb)

local KEYS_TEXT = ("a table has more than %d keys that are not those of a list: each new one may take milliseconds; "
  .. "use several tables, or forget keys in time"):format(given.table_keys)

local function text_of(reason)
  if reason == LIMIT_MEMORY then
    return MEMORY_TEXT
  elseif reason == LIMIT_KEYS then
    return KEYS_TEXT
  elseif reason == LIMIT_TIME and exchange.loading then
    return ("took more than %d us of CPU time to load, and was stopped here"):format(given.load_budget_us)
  elseif reason == LIMIT_TIME then
    return ("took more than %d us of CPU time (classifier_budget_us), and was stopped here"):format(given.budget_us)
  elseif exchange.loading then
    return ("took more than %d steps to load, and was stopped here"):format(given.load_steps)
  end
  return ("took more than %d steps (classifier_steps), and was stopped here"):format(given.steps)
end

-- The error has no place of its own: the handler of errors finds the line of the script. The steps stay below
-- zero, so that nothing on the way out keeps the call alive.
local function stop(reason)
  exchange.steps = 1e9 -- for the text, whose making is charged, too
  local text = text_of(reason)
  exchange.steps = -1
  error(text, 0)
end

local function act(reason)
  if reason ~= LIMIT_MEMORY or not relieve() then
    stop(reason)
  end
end
jit.off(act)

-- Takes steps off the current call, and looks whether it has to end.
local function look(count)
  local reason = C.dpae_limits_look(exchange, count)
  if reason ~= 0 then
    act(reason)
  end
end

--- Takes count steps, a number that may have a fraction, off the current call.
function steps.charge(count)
  if count >= 1 then
    look(count)
  end
end

--- Charges for so many bytes that were made or looked at.
function steps.charge_bytes(count)
  if count > FREE_BYTES then
    look(count / BYTES_A_STEP)
  end
end

--- The steps that the current call has left.
function steps.rest()
  return math.max(exchange.steps, 0)
end

--- Whether the current call is over its limits, and has to end.
function steps.are_used_up()
  return exchange.steps < 0
end

local function joined(value)
  if type(value) == "string" and #value > FREE_BYTES then
    if #value > STRING_MAX then
      error(("..: the result has %d bytes; it may have up to %d"):format(#value, STRING_MAX), 2)
    end
    look(#value / BYTES_A_STEP)
  end
  return value
end

-- An operand of .., by its name if it has one.
local function part(value, name)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then
    error(("attempt to concatenate %s"):format(name and ("'%s' (a %s value)"):format(name, kind)
      or ("a %s value"):format(kind)), 2)
  end
  return value
end

--- Puts what checks use into an environment, whose first slice begins (limits.h).
function steps.equip(environment)
  rawset(environment, "__steps", exchange.slice)
  rawset(environment, "__joined", joined)
  rawset(environment, "__part", part)
  rawset(environment, "__stop", function()
    local reason = C.dpae_limits_end_slice(exchange, exchange.slice - environment.__steps)
    environment.__steps = exchange.slice
    if reason ~= 0 then
      act(reason)
    end
  end)
end

return steps

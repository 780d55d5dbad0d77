--- The step counter of classifier calls, for the checks in a script's source (instrument.lua) and
-- the charges of library functions.
local C, exchange, relieve, given = ...

local STRING_MAX = 2 ^ 16 -- limit of strings that scripts create
local FREE_BYTES = 256 -- up to this many bytes cost no extra step
local BYTES_A_STEP = 64
local CONVERSION_STEPS = 16
local LIMIT_TIME, LIMIT_MEMORY, LIMIT_KEYS = 2, 3, 4 -- of enum limits_reason

local steps = { STRING_MAX = STRING_MAX }

local MEMORY_TEXT = ("not enough memory: the limit for all classifiers together is %d MiB (classifier_memory_mb)")
  :format(given.memory_mb)

local KEYS_TEXT = ("a table has more than %d keys in its hash part: adding a key may take milliseconds; "
  .. "use several tables, or remove old keys"):format(given.table_keys)

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

-- The error has no place of its own: the error handler finds the line of the script. The counter
-- stays negative, so that no handler on the way out can continue the call.
local function stop(reason)
  exchange.steps = 1e9 -- formatting the text charges steps, too
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

-- Charges steps and raises an error if the call must end.
local function look(count)
  local reason = C.dpae_limits_look(exchange, count)
  if reason ~= 0 then
    act(reason)
  end
end

--- Charges count steps, which may be fractional, to the current call.
function steps.charge(count)
  if count >= 1 then
    look(count)
  end
end

--- Charges for bytes that were created or scanned.
function steps.charge_bytes(count)
  if count > FREE_BYTES then
    look(count / BYTES_A_STEP)
  end
end

--- Charges for the conversion of a string to a number. LuaJIT may take 100 us for a few digits with a large exponent.
function steps.charge_conversion(text)
  steps.charge(CONVERSION_STEPS + #text / BYTES_A_STEP)
end

--- The steps left to the current call.
function steps.rest()
  return math.max(exchange.steps, 0)
end

--- Whether the current call has exceeded its limits and must end.
function steps.are_used_up()
  return exchange.steps < 0
end

local function joined(value)
  if type(value) == "string" and #value > FREE_BYTES then
    if #value > STRING_MAX then
      error(("..: the result has %d bytes; the limit is %d"):format(#value, STRING_MAX), 2)
    end
    look(#value / BYTES_A_STEP)
  end
  return value
end

-- Checks an operand of `..`; name is its source text, if it is a name.
local function part(value, name)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then
    error(("attempt to concatenate %s"):format(name and ("'%s' (a %s value)"):format(name, kind)
      or ("a %s value"):format(kind)), 2)
  end
  return value
end

--- Adds the functions of the checks to an environment and begins its first slice (limits.h).
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

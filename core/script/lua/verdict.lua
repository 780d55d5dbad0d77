--- Records the return values of classifiers: verdicts, and the values behind them. A chunk with
-- the arguments treatments (name -> number), text_of(value) (the tostring() of classifiers), and
-- reject(index, format, ...), which raises an error at the place of that classifier.
local C, exchange, treatments, text_of, reject = ...
local bit = require("bit")

local known_treatments = {}
for name in pairs(treatments) do
  known_treatments[#known_treatments + 1] = name
end
table.sort(known_treatments)

-- How a message shows an unknown key of a verdict.
local function text_of_key(key)
  local kind = type(key)
  return (kind == "table" or kind == "function") and kind or text_of(key)
end

-- Reports the first of several keys by text, since pairs() has no fixed order.
local function reject_keys(index, verdict)
  local first
  for key in pairs(verdict) do
    local text = text_of_key(key)
    if key ~= "qos_treatment" and key ~= "why" and (not first or text < first) then
      first = text
    end
  end
  reject(index, 'classifier() returned the unknown key "%s"; known: qos_treatment, why', first)
end

-- No loop over the keys: it would keep the JIT compiler from compiling the packet loop as one
-- trace.
local function check_keys(index, verdict)
  local key = next(verdict)
  if key == "qos_treatment" or key == "why" then
    key = next(verdict, key)
  end
  if key == "qos_treatment" or key == "why" then
    key = next(verdict, key)
  end
  if key ~= nil then
    reject_keys(index, verdict)
  end
end

local WHY_NAMES_MAX = 32
local why_names = {} -- names of the latest verdict, sorted

-- Makes the message independent of the order of the names.
local function reject_names(index, why)
  local kind
  for name in pairs(why) do
    local one = type(name)
    if one ~= "string" and (not kind or one < kind) then
      kind = one
    end
  end
  if kind then
    reject(index, "classifier() returned why with a %s for a name; its names are strings", kind)
  end
  reject(index, "classifier() returned why with more than %d names", WHY_NAMES_MAX)
end

-- Fills why_names. Sorts by hand, since the JIT compiles neither table.sort() nor the creation of
-- closures.
local function sort_names(index, why)
  local count = 0
  for name in pairs(why) do
    if type(name) ~= "string" or count == WHY_NAMES_MAX then
      reject_names(index, why)
    end
    local at = count
    while at > 0 and why_names[at] > name do
      why_names[at + 1] = why_names[at]
      at = at - 1
    end
    why_names[at + 1] = name
    count = count + 1
  end
  return count
end

-- Copies the values behind a verdict of classifier index to the exchange, sorted by name.
local function explain(index, why)
  if type(why) ~= "table" then
    reject(index, "classifier() returned why = a %s; it is a table of names and values, such as "
      .. "{ packets = flow.packet_count }", type(why))
  end
  local used = 0
  exchange.why[index][0] = 0
  for i = 1, sort_names(index, why) do
    local name = why_names[i]
    local value = text_of(why[name])
    used = C.dpae_why_add(exchange, index, used, name, #name, value, #value)
  end
end

--- Copies the return value of classifier index to the exchange; raises an error if it is not a
-- verdict.
return function(index, verdict)
  if type(verdict) ~= "table" then
    reject(index, "classifier() returned a %s; it returns nil or a table such as "
      .. '{ qos_treatment = "constrained_bw" }', type(verdict))
  end
  check_keys(index, verdict)
  local name = verdict.qos_treatment
  if name == nil then
    reject(index, "classifier() returned a table without qos_treatment; return nil to give no verdict")
  end
  local treatment = treatments[name]
  if not treatment then
    reject(index, 'classifier() returned qos_treatment = "%s"; known: %s',
      text_of(name), table.concat(known_treatments, ", "))
  end
  local why = verdict.why
  if why ~= nil then
    explain(index, why)
  end
  exchange.treatment[index] = treatment
  exchange.spoke = bit.bor(exchange.spoke, bit.lshift(1, index))
  -- Last, so that a call stopped in between leaves no reasons for a later verdict.
  if why ~= nil then
    exchange.explained = bit.bor(exchange.explained, bit.lshift(1, index))
  end
end

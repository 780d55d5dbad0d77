--- Decides by all keys of tables in their order; the log and the verdicts depend on it.
local names = { "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma" }

local Classifier = {}
Classifier.__index = Classifier

function Classifier.new(logger)
  local mixed = { 10, 20, 30, [0] = 0, [-1.5] = 1, [99] = 2, [true] = 3, [false] = 4 }
  for i, name in ipairs(names) do
    mixed[name] = i
  end
  return setmetatable({ logger = logger, mixed = mixed }, Classifier)
end

local function joined(t)
  local list = {}
  for key in pairs(t) do
    list[#list + 1] = tostring(key)
  end
  return table.concat(list, " ")
end

-- Keys are removed and added again during the walk.
local function thin_out(t, turn)
  local gone = {}
  for key, value in pairs(t) do
    if type(key) == "string" and (value + turn) % 3 == 0 then
      t[key] = nil
      gone[key] = value
    end
  end
  return gone
end

function Classifier:classifier(flow)
  local gone = thin_out(self.mixed, flow.packet_count)
  local left = joined(self.mixed)
  for key, value in pairs(gone) do
    self.mixed[key] = value
  end
  if flow.packet_count == 3 then
    flow.finalised = true
    self.logger:warning(joined(gone))
    return { qos_treatment = "low_priority", why = { left = left } }
  end
  -- Which of these errors is reported?
  if flow.packet_count == 2 then
    return { qos_treatment = "low_priority", [left] = 1, a = 1, b = 1, c = 1, d = 1, e = 1, f = 1 }
  end
end

return Classifier

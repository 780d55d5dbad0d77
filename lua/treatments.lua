--- Verdicts by the name of their treatment, for classifiers that take it from their settings.
--
--     local treatments = require("treatments")
--     local verdict = treatments.verdict(config.treatment or "constrained_bw", "treatment")
--
-- @module treatments

local treatments = {}

local VERDICTS = {}
for _, name in ipairs({ "constrained_bw", "default_priority", "high_priority", "low_priority" }) do
  VERDICTS[name] = { qos_treatment = name }
end

--- The verdict with this treatment, always the same table. Raises an error in the caller's caller when there
-- is no such treatment: call it in a function that new() calls, or in new().
-- @tparam string name
-- @tparam string setting which setting the name is from, for the error
function treatments.verdict(name, setting)
  local verdict = VERDICTS[name]
  if not verdict then
    error(('the setting %s is "%s"; it can be constrained_bw, default_priority, high_priority or low_priority')
      :format(setting, tostring(name)), 3)
  end
  return verdict
end

return treatments

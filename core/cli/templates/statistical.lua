--- NAME: tells flows apart by the sizes of their first packets.
--
-- As it stands: a flow whose packets are large on average gets constrained_bw, any other one
-- default_priority. Change what is under "yours" below, and spec/classifiers/NAME_spec.lua with it.
-- docs/flow-api.md says what a flow offers.
-- @module NAME

local settings = require("settings") -- a helper module, lua/settings.lua

local PACKETS = 8 -- decide at this packet of the flow

-- What may stand under NAME in the section classifiers of config.yaml: yours.
local SETTINGS = {
  large = { type = "number", default = 700, min = 1 }, -- bytes on the wire, on average
}

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
-- @param logger has the methods debug, info, warning, error and critical: logger:info("text")
-- @param config this classifier's own settings from config.yaml, an empty table without any
-- @return the object that classifier() is called on
function Classifier.new(logger, config)
  local set = settings.read(config, SETTINGS)
  return setmetatable({ logger = logger, large = set.large }, Classifier)
end

--- Called for each packet of each flow that this classifier has not finalised.
-- @param flow the packet and its flow: docs/flow-api.md
-- @treturn ?table nil, or a verdict with a qos_treatment
function Classifier:classifier(flow)
  if flow.packet_count < PACKETS then
    return nil
  end
  flow.finalised = true -- do not call for this flow again
  -- yours: look at the flow's numbers and decide
  local average = (flow.bytes_c2s + flow.bytes_s2c) / flow.packet_count
  return {
    qos_treatment = average > self.large and "constrained_bw" or "default_priority",
    why = { average = math.floor(average), large = self.large }, -- dpae replay --explain shows it
  }
end

return Classifier

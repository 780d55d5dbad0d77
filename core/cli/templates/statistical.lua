--- NAME: classifies flows by the sizes of their first packets.
--
-- As a start, a flow of packets that are large on average gets constrained_bw, any other one
-- default_priority. Change the parts marked "yours" below, and spec/classifiers/NAME_spec.lua to match.
-- docs/flow-api.md describes the fields and methods of a flow.
-- @module NAME

local settings = require("settings") -- a helper module, lua/settings.lua

local PACKETS = 8 -- decide at this packet of the flow

-- Yours: the settings allowed under NAME in section classifiers of config.yaml.
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
  flow.finalised = true -- no more calls for this flow
  -- yours: examine the flow's numbers and decide
  local average = (flow.bytes_c2s + flow.bytes_s2c) / flow.packet_count
  return {
    qos_treatment = average > self.large and "constrained_bw" or "default_priority",
    why = { average = math.floor(average), large = self.large }, -- shown by dpae replay --explain
  }
end

return Classifier

--- NAME: tells flows apart by the sizes of their first packets.
--
-- As it stands: a flow whose packets are large on average gets constrained_bw, any other one
-- default_priority. Change what is under "yours" below, and spec/classifiers/NAME_spec.lua with it.
-- docs/flow-api.md says what a flow offers.
-- @module NAME

local PACKETS = 8 -- decide at this packet of the flow
local LARGE = 700 -- yours: bytes on the wire, on average

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
-- @param logger has the methods debug, info, warning, error and critical: logger:info("text")
-- @param config this classifier's own settings from config.yaml, an empty table without any
-- @return the object that classifier() is called on
function Classifier.new(logger, config)
  return setmetatable({ logger = logger, large = config.large or LARGE }, Classifier)
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

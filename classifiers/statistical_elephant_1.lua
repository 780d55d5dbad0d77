--- Finds the few flows that carry most of the bytes.
--
-- A flow gets the treatment when both directions together have carried the given number of bytes. Settings, with
-- their defaults:
--
--     classifiers:
--       statistical_elephant_1:
--         bytes: 1000000
--         treatment: low_priority
--
-- dpae does not see the packets of a suppressed flow. So suppress_max_wait_packets in config.yaml must be larger than
-- the number of packets that carry these bytes, about bytes / 1000. The switch then sends that many packets of every
-- flow.
-- @module statistical_elephant_1

local settings = require("settings")

local SETTINGS = {
  bytes = { type = "number", default = 1000000, min = 1 },
  treatment = { type = "treatment", default = "low_priority" },
}

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
function Classifier.new(logger, config)
  local set = settings.read(config, SETTINGS)
  return setmetatable({ bytes = set.bytes, verdict = set.treatment }, Classifier)
end

--- Called for each packet of each flow that this classifier has not finalised.
function Classifier:classifier(flow)
  local bytes = flow.bytes_c2s + flow.bytes_s2c
  if bytes < self.bytes then
    return nil
  end
  flow.finalised = true
  return { qos_treatment = self.verdict.qos_treatment, why = { bytes = bytes, packets = flow.packet_count } }
end

return Classifier

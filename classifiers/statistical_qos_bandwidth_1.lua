--- Distinguishes bulk transfers from interactive flows by packet sizes and timing.
--
-- A flow with large packets at uneven intervals among its first 7 packets gets constrained_bw. Every other
-- flow gets default_priority. TCP only.
--
-- To make your own classifier, copy this file under another name, change classifier(), write a spec (the
-- spec of this file is in spec/classifiers), and name the file, without .lua, in the policy.
-- docs/flow-api.md describes `flow`. dpae calls classifier() for each packet of each young flow, so keep it
-- short: make tables once, outside, and finalise a flow as soon as you can.
-- @module statistical_qos_bandwidth_1

local settings = require("settings") -- a helper module: lua/settings.lua

local TCP = 6
local PACKETS = 7 -- decide at this packet of the flow
local LARGE_PACKET = 1200 -- bytes on the wire
local UNEVEN = 0.3 -- shortest interval as a fraction of the longest

local CONSTRAINED = { qos_treatment = "constrained_bw" }
local DEFAULT = { qos_treatment = "default_priority" }

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
-- @param logger has the methods debug, info, warning, error and critical: logger:info("text")
-- @param config the settings of this classifier in config.yaml, or an empty table
-- @return the object with the method classifier()
function Classifier.new(logger, config)
  return setmetatable({ logger = logger, settings = settings.read(config, {}) }, Classifier) -- it has no settings
end

local function interval_ratio(flow)
  local longest = flow:max_interpacket_interval()
  if longest == 0 then
    return 0
  end
  return flow:min_interpacket_interval() / longest
end

--- Called for each packet of each flow that this classifier has not finalised.
-- @param flow the packet and its flow: docs/flow-api.md
-- @treturn ?table nil, or a verdict with a qos_treatment
function Classifier:classifier(flow)
  if flow.proto ~= TCP then
    flow.finalised = true -- not of interest: do not call for this flow again
    return nil
  end
  if flow.packet_count < PACKETS then
    return nil
  end
  flow.finalised = true
  if flow:max_packet_size() > LARGE_PACKET and interval_ratio(flow) < UNEVEN then
    return CONSTRAINED
  end
  return DEFAULT
end

return Classifier

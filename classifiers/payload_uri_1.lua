--- Classifies flows by the URI of the HTTP request at their beginning.
--
-- A flow that requests /static/index.html in its first 5 packets gets constrained_bw. A flow with another HTTP
-- request gets default_priority, and a flow without a request gets no treatment. TCP only.
--
-- statistical_qos_bandwidth_1.lua explains how to make your own classifier.
-- @module payload_uri_1

local http = require("http") -- a helper module: lua/http.lua
local settings = require("settings")

local TCP = 6
local PACKETS = 5 -- number of first packets to look at
local URI = "/static/index.html"

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

--- Called for each packet of each flow that this classifier has not finalised.
-- @param flow the packet and its flow: docs/flow-api.md
-- @treturn ?table nil, or a verdict with a qos_treatment
function Classifier:classifier(flow)
  if flow.proto ~= TCP or flow.packet_count > PACKETS then
    flow.finalised = true
    return nil
  end
  if flow.packet_count == PACKETS then
    flow.finalised = true
  end
  local _, uri = http.request(flow)
  if uri == nil then
    return nil
  end
  return uri == URI and CONSTRAINED or DEFAULT
end

return Classifier

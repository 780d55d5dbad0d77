--- Tells flows apart by the URI of the HTTP request at their beginning.
--
-- A flow in whose first 5 packets /static/index.html is asked for gets constrained_bw, one with
-- another HTTP request default_priority, one without a request nothing. TCP only.
--
-- See statistical_qos_bandwidth_1.lua for how to make a classifier of your own.
-- @module payload_uri_1

local http = require("http") -- a helper module: lua/http.lua
local settings = require("settings")

local TCP = 6
local PACKETS = 5 -- look at so many packets of a flow
local URI = "/static/index.html"

local CONSTRAINED = { qos_treatment = "constrained_bw" }
local DEFAULT = { qos_treatment = "default_priority" }

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
-- @param logger has the methods debug, info, warning, error and critical: logger:info("text")
-- @param config this classifier's own settings from config.yaml, an empty table without any
-- @return the object that classifier() is called on
function Classifier.new(logger, config)
  return setmetatable({ logger = logger, settings = settings.read(config, {}) }, Classifier) -- it has none
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

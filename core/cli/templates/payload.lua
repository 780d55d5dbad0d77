--- NAME: classifies flows by the payload of their first packets.
--
-- As a start, a flow that begins with an HTTP request for the host in SETTINGS gets constrained_bw, one with
-- another HTTP request default_priority. Change the parts marked "yours" below, and
-- spec/classifiers/NAME_spec.lua to match. docs/flow-api.md describes the fields and methods of a flow.
-- @module NAME

local http = require("http") -- a helper module, lua/http.lua; more: tls, quic, ssh, dns, tokens ...
local settings = require("settings")

local TCP = 6
local PACKETS = 6 -- examine this many packets of a flow, then ignore it

-- Yours: the settings allowed under NAME in section classifiers of config.yaml.
local SETTINGS = {
  host = { type = "string", default = "www.example.com" },
}

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
-- @param logger has the methods debug, info, warning, error and critical: logger:info("text")
-- @param config this classifier's own settings from config.yaml, an empty table without any
-- @return the object that classifier() is called on
function Classifier.new(logger, config)
  local set = settings.read(config, SETTINGS)
  return setmetatable({ logger = logger, host = set.host }, Classifier)
end

--- Called for each packet of each flow that this classifier has not finalised.
-- @param flow the packet and its flow: docs/flow-api.md
-- @treturn ?table nil, or a verdict with a qos_treatment
function Classifier:classifier(flow)
  if flow.proto ~= TCP or flow.packet_count > PACKETS then
    flow.finalised = true -- no more calls for this flow
    return nil
  end
  -- yours: examine the reassembled bytes of the client, and decide
  local host = http.host(flow:stream("c2s"))
  if host == nil then
    return nil
  end
  flow.finalised = true
  return {
    qos_treatment = host == self.host and "constrained_bw" or "default_priority",
    why = { host = host }, -- shown by dpae replay --explain
  }
end

return Classifier

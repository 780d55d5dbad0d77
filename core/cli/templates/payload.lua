--- NAME: tells flows apart by what is in the payload of their first packets.
--
-- As it stands: a flow that begins with an HTTP request of the host in SETTINGS gets constrained_bw, one with
-- another HTTP request default_priority. Change what is under "yours" below, and
-- spec/classifiers/NAME_spec.lua with it. docs/flow-api.md says what a flow offers.
-- @module NAME

local http = require("http") -- a helper module, lua/http.lua; more: tls, quic, ssh, dns, tokens ...
local settings = require("settings")

local TCP = 6
local PACKETS = 6 -- look at so many packets of a flow, then leave it

-- What may stand under NAME in the section classifiers of config.yaml: yours.
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
    flow.finalised = true -- do not call for this flow again
    return nil
  end
  -- yours: look at what the client sent, put together from its segments, and decide
  local host = http.host(flow:stream("c2s"))
  if host == nil then
    return nil
  end
  flow.finalised = true
  return {
    qos_treatment = host == self.host and "constrained_bw" or "default_priority",
    why = { host = host }, -- dpae replay --explain shows it
  }
end

return Classifier

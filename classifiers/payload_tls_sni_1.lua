--- Tells flows apart by the server name (SNI) in the TLS ClientHello at their beginning.
--
-- Which names get which treatment stands in its settings in config.yaml (lua/names.lua says how); a flow with
-- another name, or without one, gets nothing:
--
--     classifiers:
--       payload_tls_sni_1:
--         constrained_bw: [video.example.com]
--         high_priority: [meet.example.com, voice.example.com]
--
-- A client that encrypts its hello (ECH) shows the name of a front only. TCP only: the hello of QUIC is
-- encrypted.
-- @module payload_tls_sni_1

local names = require("names")
local tls = require("tls")

local TCP = 6
local PACKETS = 10 -- look at so many packets of a flow

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
function Classifier.new(logger, config)
  local known = names.new(config)
  if known.count == 0 then
    logger:warning("there are no names in its settings: it decides nothing")
  end
  return setmetatable({ names = known }, Classifier)
end

--- Called for each packet of each flow that this classifier has not finalised.
function Classifier:classifier(flow)
  if flow.proto ~= TCP or flow.packet_count > PACKETS then
    flow.finalised = true
    return nil
  end
  -- A hello is often longer than a packet, and the name may stand at its end.
  local stream = flow:stream("c2s")
  local name, state = tls.sni(stream)
  if name == nil and not (stream.full or stream.lost) and (state == "partial" or stream.length == 0) then
    return nil
  end
  flow.finalised = true
  return self.names:find(name)
end

return Classifier

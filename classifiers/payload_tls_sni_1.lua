--- Classifies flows by the server name (SNI) in the TLS ClientHello at their beginning.
--
-- The settings in config.yaml assign names to treatments, as lua/names.lua describes. A flow with another name, or
-- without a name, gets no treatment:
--
--     classifiers:
--       payload_tls_sni_1:
--         constrained_bw: [video.example.com]
--         high_priority: [meet.example.com, voice.example.com]
--
-- A client that encrypts its ClientHello (ECH) shows only the name of a front server. It works for TCP only, because
-- the ClientHello of QUIC is encrypted.
-- @module payload_tls_sni_1

local names = require("names")
local tls = require("tls")

local TCP = 6
local PACKETS = 10 -- number of first packets to look at

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
  -- A ClientHello is often longer than a packet, and the name may be at its end.
  local stream = flow:stream("c2s")
  local name, state = tls.sni(stream)
  if name == nil and not (stream.full or stream.lost) and (state == "partial" or stream.length == 0) then
    return nil
  end
  flow.finalised = true
  return self.names:find(name)
end

return Classifier

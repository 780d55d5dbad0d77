--- Classifies flows by the name for which the client asked DNS to find the server.
--
-- The settings in config.yaml assign names to treatments, as lua/names.lua describes. A flow to another name, or to
-- an address without a known name, gets no treatment:
--
--     classifiers:
--       server_name_1:
--         low_priority: [updates.example.com]
--
-- It works for every protocol, even an encrypted one, and decides at the first packet. The names come from DNS
-- answers in the traffic. So the policy has to collect identities from DNS (`identity: dns: 1`), and the queries of a
-- client that uses DNS over HTTPS or TLS stay unknown. If two names have the same address, the latest query of the
-- client counts.
-- @module server_name_1

local names = require("names")

local PACKETS = 3 -- another worker may see the answer a moment later

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
  local name = flow.server_name
  if name == "" then
    flow.finalised = flow.packet_count >= PACKETS
    return nil
  end
  flow.finalised = true
  return self.names:find(name)
end

return Classifier

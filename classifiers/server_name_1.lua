--- Tells flows apart by the name that their client asked DNS for to find the server.
--
-- Which names get which treatment stands in its settings in config.yaml (lua/names.lua says how); a flow to
-- another name, or to an address that nobody asked for, gets nothing:
--
--     classifiers:
--       server_name_1:
--         low_priority: [updates.example.com]
--
-- It works for every protocol, encrypted ones too, and decides at the first packet. The names come from DNS
-- answers that passed by, so the policy has to gather those (`identity: dns: 1`), and a client that asks over
-- HTTPS or TLS stays unknown. Two names on one address: the one that the client asked for last counts.
-- @module server_name_1

local names = require("names")

local PACKETS = 3 -- the answer may be seen a moment later by another worker

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

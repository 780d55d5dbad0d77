--- Decides by the first key of tables with string keys.
local TREATMENTS = { "constrained_bw", "default_priority", "high_priority", "low_priority" }

local function first_by_pairs(t)
  for key in pairs(t) do -- luacheck: ignore 512
    return key
  end
end

local function first_by_loop(t)
  for key in next, t do -- luacheck: ignore 512
    return key
  end
end

local function second(t)
  return (next(t, (next(t))))
end

local WAYS = { pairs = first_by_pairs, loop = first_by_loop, next = next, second = second }

local Classifier = {}
Classifier.__index = Classifier

function Classifier.new()
  return setmetatable({ seen = {} }, Classifier)
end

-- Addresses and flows seen are keys that are added and removed.
function Classifier:classifier(flow)
  local seen = self.seen
  seen[flow.ip_src], seen[flow.ip_dst .. flow.dst_port] = flow.packet_count, true
  if flow.packet_count % 5 == 0 then
    seen[next(seen)] = nil
  end
  local why, sum = {}, 0
  for name, first in pairs(WAYS) do
    why[name] = (first(seen))
    sum = sum * 7 + #(why[name] or "")
  end
  return { qos_treatment = TREATMENTS[sum % 4 + 1], why = why }
end

return Classifier

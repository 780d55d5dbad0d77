--- Tells bulk transfers, streams and interactive flows apart by the sizes and timing of their first packets.
--
-- It looks at the first 16 packets with payload, and in these at the direction that carries more bytes:
--
-- * bulk: its packets are large, 1000 bytes of payload on average. Video that is loaded in pieces is bulk.
-- * stream: its packets come evenly and often, as those of a call do
-- * interactive: its packets are small, and the other direction answers
--
-- What is none of these gets nothing. Settings, with their defaults:
--
--     classifiers:
--       statistical_shape_1:
--         packets: 16
--         bulk: constrained_bw
--         stream: high_priority
--         interactive: high_priority
--
-- @module statistical_shape_1

local settings = require("settings")
local stats = require("stats")

local LAST_PACKET = 64 -- a flow that has not shown enough payload until then is left
local BULK_SIZE = 1000 -- bytes of payload
local STREAM_GAP = 0.06 -- s between packets, at most
local STREAM_GAPS = 5 -- so many gaps at least
local STREAM_SPREAD = 0.35 -- standard deviation of the gaps as a part of their mean, at most
local INTERACTIVE_SIZE = 300 -- bytes of payload
local INTERACTIVE_SHARE = 0.25 -- packets of the other direction as a part of those of this one, at least

local SETTINGS = {
  packets = { type = "number", default = 16, min = 2, max = LAST_PACKET },
  bulk = { type = "treatment", default = "constrained_bw" },
  stream = { type = "treatment", default = "high_priority" },
  interactive = { type = "treatment", default = "high_priority" },
}

local Classifier = {}
Classifier.__index = Classifier

--- Called once, when the classifier is loaded.
function Classifier.new(logger, config)
  local set = settings.read(config, SETTINGS)
  return setmetatable({ packets = set.packets, verdicts = set }, Classifier)
end

local function new_direction()
  return { sizes = stats.new(), gaps = stats.new(), last = false }
end

local function add_packet(direction, flow)
  local time = flow.time
  if direction.last then
    direction.gaps:add(time - direction.last)
  end
  direction.last = time
  direction.sizes:add(flow.payload_length)
end

local function bytes_of(direction)
  return direction.sizes.count * direction.sizes:mean()
end

local function is_even(gaps)
  local mean = gaps:mean()
  return gaps.count >= STREAM_GAPS and mean <= STREAM_GAP and gaps:deviation() <= STREAM_SPREAD * mean
end

-- The shape, and the direction that carries more.
local function shape_of(c2s, s2c)
  local main, other = c2s, s2c
  if bytes_of(s2c) > bytes_of(c2s) then
    main, other = s2c, c2s
  end
  local size = main.sizes:mean()
  if size >= BULK_SIZE then
    return "bulk", main
  elseif is_even(main.gaps) then
    return "stream", main
  elseif size <= INTERACTIVE_SIZE and other.sizes.count >= INTERACTIVE_SHARE * main.sizes.count then
    return "interactive", main
  end
  return "other", main
end

-- The verdict on this shape with what it was decided from, the direction main.
local function explain(verdict, shape, main)
  return {
    qos_treatment = verdict.qos_treatment,
    why = { shape = shape, packets = main.sizes.count, size = math.floor(main.sizes:mean()) },
  }
end

--- Called for each packet of each flow that this classifier has not finalised.
function Classifier:classifier(flow)
  if flow.packet_count > LAST_PACKET then
    flow.finalised = true
    return nil
  end
  if flow.payload_length == 0 then
    return nil
  end
  local state = flow.state
  if not state.c2s then
    state.c2s, state.s2c = new_direction(), new_direction()
  end
  add_packet(flow.from_client and state.c2s or state.s2c, flow)
  if state.c2s.sizes.count + state.s2c.sizes.count < self.packets then
    return nil
  end
  flow.finalised = true
  local shape, main = shape_of(state.c2s, state.s2c)
  local verdict = self.verdicts[shape]
  return verdict and explain(verdict, shape, main)
end

return Classifier

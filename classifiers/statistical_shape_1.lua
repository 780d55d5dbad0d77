--- Distinguishes bulk transfers, streams and interactive flows by the sizes and timing of their first packets.
--
-- It looks at the first 16 packets with payload, and among them at the direction that carries more bytes:
--
-- * bulk: the packets are large, 1000 bytes of payload on average. Video that loads in pieces is bulk.
-- * stream: the packets come evenly and often, as in a call
-- * interactive: the packets are small, and the other direction answers
--
-- Other flows get no treatment. Settings, with their defaults:
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

local LAST_PACKET = 64 -- give up a flow without enough payload by then
local BULK_SIZE = 1000 -- bytes of payload
local STREAM_GAP = 0.06 -- largest mean gap between packets, in s
local STREAM_GAPS = 5 -- smallest number of gaps
local STREAM_SPREAD = 0.35 -- largest standard deviation of the gaps, as a fraction of their mean
local INTERACTIVE_SIZE = 300 -- bytes of payload
local INTERACTIVE_SHARE = 0.25 -- smallest number of packets of the other direction, as a fraction of this one

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

local NOTHING = { packets = 0, bytes = 0 } -- a direction without payload

-- A direction gets a table at its first packet and gaps at its second: this is kept for each flow, and most flows
-- are short.
local function add_packet(state, name, flow)
  local time, direction = flow.time, state[name]
  if not direction then
    direction = { packets = 0, bytes = 0, last = false, gaps = false }
    state[name] = direction
  else
    direction.gaps = direction.gaps or stats.new()
    direction.gaps:add(time - direction.last)
  end
  direction.last = time
  direction.packets = direction.packets + 1
  direction.bytes = direction.bytes + flow.payload_length
end

local function is_even(gaps)
  if not gaps or gaps.count < STREAM_GAPS then
    return false
  end
  local mean = gaps:mean()
  return mean <= STREAM_GAP and gaps:deviation() <= STREAM_SPREAD * mean
end

-- The shape, and the direction that carries more bytes.
local function shape_of(c2s, s2c)
  local main, other = c2s, s2c
  if s2c.bytes > c2s.bytes then
    main, other = s2c, c2s
  end
  local size = main.bytes / main.packets
  if size >= BULK_SIZE then
    return "bulk", main
  elseif is_even(main.gaps) then
    return "stream", main
  elseif size <= INTERACTIVE_SIZE and other.packets >= INTERACTIVE_SHARE * main.packets then
    return "interactive", main
  end
  return "other", main
end

-- The verdict on this shape, with its reasons; main is the direction with more bytes.
local function explain(verdict, shape, main)
  return {
    qos_treatment = verdict.qos_treatment,
    why = { shape = shape, packets = main.packets, size = math.floor(main.bytes / main.packets) },
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
  add_packet(state, flow.from_client and "c2s" or "s2c", flow)
  local c2s, s2c = state.c2s or NOTHING, state.s2c or NOTHING
  if c2s.packets + s2c.packets < self.packets then
    return nil
  end
  flow.finalised = true
  local shape, main = shape_of(c2s, s2c)
  local verdict = self.verdicts[shape]
  return verdict and explain(verdict, shape, main)
end

return Classifier

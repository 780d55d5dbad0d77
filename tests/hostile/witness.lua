-- A healthy classifier next to a hostile one. It gives a verdict on each packet of its flows that
-- depends on all of its state, so that any loss shows.
local http = require("http")
local settings = require("settings")

local SETTINGS = {
  turn = { type = "number", min = 0, max = 1 }, -- which flows it classifies, by the sum of their ports
}

local TREATMENTS = { "high_priority", "low_priority", "constrained_bw" }
local Witness = {}
Witness.__index = Witness

function Witness.new(_, config)
  return setmetatable({ turn = settings.read(config, SETTINGS).turn, packets = 0, bytes = 0, flows = {} }, Witness)
end

function Witness:classifier(flow)
  local state = flow.state
  local stream = flow:stream("c2s")
  self.packets = self.packets + 1
  self.bytes = self.bytes + flow.packet_length
  state.packets = (state.packets or 0) + 1
  state.text = ((state.text or "") .. flow.payload:sub(1, 4)):sub(-40)
  state.method = http.request(stream) or state.method
  self.flows[flow.slot] = state.text
  if (flow.src_port + flow.dst_port) % 2 ~= self.turn then
    return nil
  end
  return {
    qos_treatment = TREATMENTS[self.packets % 3 + 1],
    why = {
      packets = self.packets, bytes = self.bytes, of_flow = state.packets, text = state.text,
      method = state.method or "", stream = stream.length,
    },
  }
end

return Witness

local kit = require("spec.kit")
local packets = kit.packets

-- The packets of one direction; intervals in ms; the largest packet is the last but one.
local function flow(intervals, largest, proto)
  local list, time = {}, 1
  for i = 1, #intervals + 1 do
    list[i] = packets[proto or "tcp"]({
      seq = not proto and i * 10000 or nil,
      time = time,
      length = i == #intervals and largest or nil,
    })
    time = time + (intervals[i] or 0) / 1000
  end
  return list
end

local EVEN = { 10, 10, 10, 10, 10, 10 }
local UNEVEN = { 100, 20, 100, 100, 100, 100 }

local function run(...)
  return kit.run("statistical_qos_bandwidth_1", flow(...))
end

describe("statistical_qos_bandwidth_1", function()
  it("limits a flow of large packets at uneven intervals, at its 7th packet", function()
    local result = run(UNEVEN, 1201)
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(7, result.packet)
    assert.equal(7, result.finalised_at)
  end)

  it("leaves a flow with packets of up to 1200 bytes at the default", function()
    assert.equal("default_priority", run(UNEVEN, 1200).qos_treatment)
  end)

  it("leaves a flow with even intervals at the default", function()
    assert.equal("default_priority", run(EVEN, 1400).qos_treatment)
  end)

  -- Powers of two: the times are doubles, and the ratio must be exact.
  it("has its threshold at a ratio of 0.3", function()
    assert.equal("default_priority", run({ 500, 156.25, 500, 500, 500, 500 }, 1400).qos_treatment)
    assert.equal("constrained_bw", run({ 500, 140.625, 500, 500, 500, 500 }, 1400).qos_treatment)
  end)

  it("uses a ratio of 0 without intervals", function()
    assert.equal("constrained_bw", run({ 0, 0, 0, 0, 0, 0 }, 1400).qos_treatment)
  end)

  it("gives no treatment before the 7th packet", function()
    local result = run({ 100, 20, 100, 100, 100 }, 1400)
    assert.is_nil(result.qos_treatment)
    assert.is_false(result.finalised)
  end)

  it("decides once", function()
    local result = run({ 100, 20, 100, 100, 100, 100, 100, 100 }, 1400)
    assert.equal(1, #result.verdicts)
    assert.equal("default_priority", result.qos_treatment) -- the large packet is the 8th
  end)

  it("decides TCP only", function()
    local result = run(UNEVEN, 1400, "udp")
    assert.is_nil(result.qos_treatment)
    assert.equal(1, result.finalised_at)
  end)

  it("also works on a capture file", function()
    local path = os.tmpname()
    packets.write_pcap(path, flow(UNEVEN, 1400), { nanosecond = true })
    local result = kit.run("statistical_qos_bandwidth_1", kit.read_capture(path))
    os.remove(path)
    assert.equal("constrained_bw", result.qos_treatment)
  end)

  it("has no settings", function()
    local faults = kit.load("statistical_qos_bandwidth_1", { settings = "statistical_qos_bandwidth_1: { packets: 5 }" })
    assert.truthy(faults:find('statistical_qos_bandwidth_1 has no setting "packets", nor any other', 1, true), faults)
  end)
end)

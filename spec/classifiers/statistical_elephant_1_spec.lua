local kit = require("spec.kit")
local packets = kit.packets

-- A number of packets of 1000 bytes, alternating between the directions.
local function flow(count, builder)
  local list = {}
  for i = 1, count do
    local there = i % 2 == 1
    list[i] = packets[builder or "udp"]({
      src = there and "10.1.0.1" or "10.1.0.2",
      dst = there and "10.1.0.2" or "10.1.0.1",
      sport = there and 40000 or 9000,
      dport = there and 9000 or 40000,
      seq = builder == "tcp" and 10000 * i or nil,
      length = 1000,
    })
  end
  return list
end

local function run(list, settings)
  return kit.run("statistical_elephant_1", list, { settings = settings and "statistical_elephant_1: " .. settings })
end

describe("statistical_elephant_1", function()
  for _, builder in ipairs({ "udp", "tcp" }) do
    it("decides when both directions have carried the bytes, over " .. builder, function()
      local result = run(flow(12, builder), "{ bytes: 10000 }")
      assert.equal("low_priority", result.qos_treatment)
      assert.equal(10, result.packet)
      assert.equal(10, result.finalised_at)
      assert.equal(1, #result.verdicts)
      assert.equal("bytes=10000, packets=10", result.verdicts[1].why)
    end)
  end

  it("defaults to a megabyte", function()
    assert.equal(1000, run(flow(1000)).packet)
  end)

  it("gives no treatment to smaller flows, and goes on", function()
    local result = run(flow(9), "{ bytes: 10000 }")
    assert.is_nil(result.qos_treatment)
    assert.is_false(result.finalised)
  end)

  it("takes the treatment from its settings", function()
    assert.equal("constrained_bw", run(flow(1), "{ bytes: 1, treatment: constrained_bw }").qos_treatment)
  end)

  for settings, message in pairs({
    ["{ bytes: 0 }"] = "bytes: 0, a number; it has to be a number, at least 1",
    ["{ bytes: lots }"] = 'bytes: "lots", a string; it has to be a number, at least 1',
    ["{ treatment: slow }"] = 'treatment: "slow", a string; it has to be constrained_bw',
    ["{ bites: 5 }"] = 'statistical_elephant_1 has no setting "bites"; did you mean "bytes"?',
  }) do
    it("does not load with " .. settings, function()
      local faults = kit.load("statistical_elephant_1", { settings = "statistical_elephant_1: " .. settings })
      assert.truthy(faults:find(message, 1, true), faults)
      assert.truthy(faults:find("statistical_elephant_1.lua:%d+: "), faults)
    end)
  end
end)

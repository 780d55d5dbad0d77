-- Run it with: dpae test NAME
-- docs/classifier-specs.md describes how to make packets and read results.
local kit = require("spec.kit")
local packets = kit.packets

-- A flow of count packets of this length.
local function flow(count, length)
  local list = {}
  for i = 1, count do
    list[i] = packets.tcp({ seq = 10000 * i, length = length })
  end
  return list
end

local function run(list, options)
  return kit.run("NAME", list, options)
end

describe("NAME", function()
  it("limits a flow of large packets at its 8th packet", function()
    local result = run(flow(9, 1400))
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(8, result.packet)
    assert.equal("average=1400, large=700", result.verdicts[1].why)
  end)

  it("gives a flow of small packets the default", function()
    assert.equal("default_priority", run(flow(8, 100)).qos_treatment)
  end)

  it("gives no verdict before that packet", function()
    assert.is_nil(run(flow(7, 1400)).qos_treatment)
  end)

  it("takes the limit from its settings", function()
    local options = { settings = "NAME: { large: 50 }" }
    assert.equal("constrained_bw", run(flow(8, 100), options).qos_treatment)
  end)

  it("decides once", function()
    local result = run(flow(12, 100))
    assert.equal(1, #result.verdicts)
    assert.equal(8, result.finalised_at)
  end)
end)

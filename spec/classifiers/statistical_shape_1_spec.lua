local kit = require("spec.kit")
local packets = kit.packets

-- Packets of a UDP conversation. Each row: "c2s" or "s2c", bytes of payload, s since the previous packet.
local function flow(rows)
  local list, time = {}, 1
  for i, row in ipairs(rows) do
    local there = row[1] == "c2s"
    time = time + row[3]
    list[i] = packets.udp({
      time = time,
      src = there and "10.1.0.1" or "10.1.0.2",
      dst = there and "10.1.0.2" or "10.1.0.1",
      sport = there and 40000 or 9000,
      dport = there and 9000 or 40000,
      payload = ("x"):rep(row[2]),
    })
  end
  return list
end

-- The rows one after another, repeated up to count rows.
local function repeated(count, ...)
  local rows = {}
  for i = 1, count do
    rows[i] = select((i - 1) % select("#", ...) + 1, ...)
  end
  return rows
end

local function run(rows, settings)
  return kit.run("statistical_shape_1", flow(rows), { settings = settings and "statistical_shape_1: " .. settings })
end

local BULK = repeated(16, { "c2s", 60, 0.01 }, { "s2c", 1400, 0.001 }, { "s2c", 1400, 0.2 })
local CALL = repeated(16, { "c2s", 160, 0.011 }, { "s2c", 160, 0.009 })
local TYPING = repeated(16, { "c2s", 36, 0.3 }, { "s2c", 36, 0.004 }, { "c2s", 36, 0.05 }, { "s2c", 80, 0.006 })

describe("statistical_shape_1", function()
  local cases = {
    ["a download"] = { BULK, "constrained_bw" },
    ["a call"] = { CALL, "high_priority" },
    ["a call with silence on one side"] = { repeated(16, { "c2s", 160, 0.02 }), "high_priority" },
    ["somebody who types"] = { TYPING, "high_priority" },
    ["large packets that come evenly"] = { repeated(16, { "s2c", 1200, 0.02 }), "constrained_bw" },
    ["small packets one way at odd times"] = { repeated(16, { "c2s", 60, 0.3 }, { "c2s", 60, 0.001 }) },
    ["small packets that come evenly but seldom"] = { repeated(16, { "c2s", 60, 0.5 }) },
    ["middling packets at odd times"] = { repeated(16, { "c2s", 600, 0.3 }, { "s2c", 600, 0.001 }) },
  }
  for what, row in pairs(cases) do
    it(("gives %s %s"):format(what, row[2] or "nothing"), function()
      local result = run(row[1])
      assert.equal(row[2], result.qos_treatment)
      assert.equal(16, result.finalised_at)
    end)
  end

  it("distinguishes a stream from interactive traffic", function()
    local settings = "{ stream: low_priority, interactive: default_priority, bulk: high_priority }"
    assert.equal("low_priority", run(CALL, settings).qos_treatment)
    assert.equal("default_priority", run(TYPING, settings).qos_treatment)
    assert.equal("high_priority", run(BULK, settings).qos_treatment)
  end)

  it("gives no treatment before the last packet that it needs", function()
    local rows = { unpack(BULK, 1, 15) }
    assert.is_nil(run(rows).qos_treatment)
    assert.equal("constrained_bw", run(rows, "{ packets: 15 }").qos_treatment)
  end)

  it("does not count packets without payload", function()
    local list = {}
    for i = 1, 70 do
      list[i] = packets.tcp({ seq = i == 70 and 1 or 0, flags = "A", payload = i <= 1 and "x" or "" })
    end
    local result = kit.run("statistical_shape_1", list)
    assert.is_nil(result.qos_treatment)
    assert.equal(65, result.finalised_at)
  end)

  for settings, message in pairs({
    ["{ packets: 1 }"] = "packets: 1, a number; it has to be a number from 2 to 64",
    ["{ packets: many }"] = 'packets: "many", a string; it has to be a number from 2 to 64',
    ["{ bulk: slow }"] = 'bulk: "slow", a string; it has to be constrained_bw',
    ["{ bulky: slow }"] = 'has no setting "bulky"; did you mean "bulk"?',
  }) do
    it("does not load with " .. settings, function()
      local faults = kit.load("statistical_shape_1", { settings = "statistical_shape_1: " .. settings })
      assert.truthy(faults:find(message, 1, true), faults)
    end)
  end
end)

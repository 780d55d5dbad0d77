local kit = require("spec.kit")
local messages = kit.messages
local packets = kit.packets

local SETTINGS = "payload_tls_sni_1: { constrained_bw: [video.example.com], high_priority: meet.example.com }"

local function hello(options)
  return messages.tls_records(messages.client_hello(options))
end

local function run(list, settings)
  return kit.run("payload_tls_sni_1", list, { settings = settings or SETTINGS })
end

-- A flow with this payload in packet number at.
local function flow(payload, at)
  local list = {}
  for i = 1, at or 1 do
    list[i] = packets.tcp({ dport = 443, seq = 1, payload = i == (at or 1) and payload or "" })
  end
  return list
end

describe("payload_tls_sni_1", function()
  local cases = {
    ["video.example.com"] = "constrained_bw",
    ["EU.Video.Example.com"] = "constrained_bw",
    ["meet.example.com"] = "high_priority",
  }
  for name, treatment in pairs(cases) do
    it("gives a flow to " .. name .. " " .. treatment, function()
      local result = run(flow(hello({ sni = name })))
      assert.equal(treatment, result.qos_treatment)
      assert.equal(1, result.finalised_at)
    end)
  end

  it("gives no treatment for another name, and finalises", function()
    local result = run(flow(hello({ sni = "www.example.com" })))
    assert.is_nil(result.qos_treatment)
    assert.is_true(result.finalised)
  end)

  it("gives no treatment for a ClientHello without a name, or for other bytes", function()
    assert.is_nil(run(flow(hello({}))).qos_treatment)
    assert.is_nil(run(flow("GET / HTTP/1.1\r\nHost: video.example.com\r\n\r\n")).qos_treatment)
  end)

  it("assembles a ClientHello from segments in any order", function()
    local before = messages.tls_extension(99, ("x"):rep(1500))
    local bytes = hello({ alpn = { "h2" }, pad = 2000, sni = "video.example.com", first = before })
    local parts = {}
    for at = 1, #bytes, 1000 do
      parts[#parts + 1] = packets.tcp({ dport = 443, seq = 1 + at, payload = bytes:sub(at, at + 999) })
    end
    local syn = packets.tcp({ dport = 443, seq = 1, flags = "S" })
    assert.equal(4, #parts)
    assert.equal("constrained_bw", run({ syn, parts }).qos_treatment)
    local result = run({ syn, parts[2], parts[3], parts[4], parts[1] })
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(5, result.packet)
  end)

  it("gives up a ClientHello that is longer than the stream buffer", function()
    local bytes = hello({ first = messages.tls_extension(99, ("x"):rep(5000)), sni = "video.example.com" })
    local result = run({
      packets.tcp({ seq = 1, flags = "S" }),
      packets.tcp({ seq = 2, payload = bytes:sub(1, 4096) }),
    })
    assert.is_nil(result.qos_treatment)
    assert.is_true(result.finalised)
  end)

  it("looks at 10 packets", function()
    assert.equal("constrained_bw", run(flow(hello({ sni = "video.example.com" }), 10)).qos_treatment)
    local result = run(flow(hello({ sni = "video.example.com" }), 11))
    assert.is_nil(result.qos_treatment)
    assert.equal(11, result.finalised_at)
  end)

  it("decides TCP only", function()
    local result = run(packets.udp({ payload = hello({ sni = "video.example.com" }) }))
    assert.is_nil(result.qos_treatment)
    assert.equal(1, result.finalised_at)
  end)

  it("does not load with a treatment that does not exist", function()
    local faults = kit.load("payload_tls_sni_1", { settings = "payload_tls_sni_1: { lowpriority: [a.example] }" })
    local wanted = 'payload_tls_sni_1 has no setting "lowpriority"; did you mean "low_priority"?'
    assert.truthy(faults:find(wanted, 1, true), faults)
    assert.truthy(faults:find("payload_tls_sni_1.lua:%d+: "), faults)
  end)
end)

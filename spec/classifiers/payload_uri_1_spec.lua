local kit = require("spec.kit")
local packets = kit.packets

local function run(list)
  return kit.run("payload_uri_1", list)
end

-- A flow of count packets with this payload in packet number at.
local function flow_with_payload(payload, at, count)
  local list = {}
  for i = 1, count do
    list[i] = packets.tcp({ seq = 1000 * i, payload = i == at and payload or "" })
  end
  return list
end

local REQUEST = "GET /static/index.html HTTP/1.1\r\n\r\n"

describe("payload_uri_1", function()
  it("limits a flow that requests the static page", function()
    local result = run(packets.http({ uri = "/static/index.html" }))
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(4, result.packet)
  end)

  for _, uri in ipairs({ "/", "/static/index.htm", "/static/index.html?x", "http://h/static/index.html" }) do
    it("leaves a flow that requests " .. uri .. " at the default", function()
      assert.equal("default_priority", run(packets.http({ uri = uri })).qos_treatment)
    end)
  end

  it("accepts any method", function()
    local result = run(packets.http({ method = "POST", uri = "/static/index.html" }))
    assert.equal("constrained_bw", result.qos_treatment)
  end)

  it("gives no treatment without a request", function()
    assert.is_nil(run(packets.http({ request = "SSH-2.0-OpenSSH_9.2\r\n" })).qos_treatment)
  end)

  it("sees a request in the 5th packet", function()
    assert.equal("constrained_bw", run(flow_with_payload(REQUEST, 5, 6)).qos_treatment)
  end)

  it("ignores a request in the 6th packet", function()
    assert.is_nil(run(flow_with_payload(REQUEST, 6, 7)).qos_treatment)
  end)

  it("finalises at the 5th packet", function()
    assert.equal(5, run(packets.http({ uri = "/" })).finalised_at)
    assert.equal(5, run(flow_with_payload("", 1, 6)).finalised_at)
  end)

  it("does not count a retransmission", function()
    local list = flow_with_payload(REQUEST, 5, 5)
    list[1] = packets.tcp({ seq = 1, payload = "x" })
    table.insert(list, 2, list[1])
    local result = run(list)
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(6, result.packet)
  end)

  it("decides IPv6 flows as well", function()
    local result = run(packets.http({ client = "fe80::1", server = "fe80::2", uri = "/static/index.html" }))
    assert.equal("constrained_bw", result.qos_treatment)
  end)

  it("keeps the flows of two clients apart", function()
    local result = run({
      packets.http({ client_port = 1, uri = "/" }),
      packets.http({ client_port = 2, uri = "/static/index.html", time = 2 }),
    })
    assert.same({ "default_priority", "constrained_bw" }, {
      result.verdicts[1].qos_treatment, result.verdicts[2].qos_treatment,
    })
  end)

  it("decides TCP only", function()
    local result = run(packets.udp({ payload = REQUEST }))
    assert.is_nil(result.qos_treatment)
    assert.equal(1, result.finalised_at)
  end)

  it("has no settings", function()
    local faults = kit.load("payload_uri_1", { settings = "payload_uri_1: { packets: 5 }" })
    assert.truthy(faults:find('payload_uri_1 has no setting "packets", nor any other', 1, true), faults)
  end)
end)

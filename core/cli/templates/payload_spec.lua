-- Run it with: dpae test NAME
-- docs/classifier-specs.md describes how to make packets and read results.
local kit = require("spec.kit")
local packets = kit.packets

local function run(list, options)
  return kit.run("NAME", list, options)
end

describe("NAME", function()
  it("limits a flow to the host", function()
    local result = run(packets.http({ host = "www.example.com" }))
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal("host=www.example.com", result.verdicts[1].why)
  end)

  it("recognises the host with a port and in any case", function()
    assert.equal("constrained_bw", run(packets.http({ host = "WWW.Example.com:8080" })).qos_treatment)
  end)

  it("gives a flow to another host the default", function()
    assert.equal("default_priority", run(packets.http({ host = "other.example.com" })).qos_treatment)
  end)

  it("finds the host in a request that is split over packets", function()
    local request = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    local result = run({
      packets.tcp({ flags = "S", seq = 1 }),
      packets.tcp({ seq = 2, payload = request:sub(1, 20) }),
      packets.tcp({ seq = 22, payload = request:sub(21) }),
    })
    assert.equal("constrained_bw", result.qos_treatment)
    assert.equal(3, result.packet)
  end)

  it("gives no verdict on a flow that is not HTTP", function()
    assert.is_nil(run(packets.http({ request = "SSH-2.0-OpenSSH_9.2\r\n", response = "" })).qos_treatment)
  end)

  it("takes the host from its settings", function()
    local options = { settings = "NAME: { host: other.example.com }" }
    assert.equal("constrained_bw", run(packets.http({ host = "other.example.com" }), options).qos_treatment)
  end)

  it("finalises a flow with its verdict", function()
    assert.is_true(run(packets.http({})).finalised)
  end)

  it("ignores UDP", function()
    local result = run(packets.udp({ payload = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n" }))
    assert.is_nil(result.qos_treatment)
    assert.equal(1, result.finalised_at)
  end)
end)

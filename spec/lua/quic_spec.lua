local kit = require("spec.kit")
local messages = kit.messages
local packets = kit.packets
local quic = kit.helper("quic")

local V2 = 0x6b3343cf

describe("quic", function()
  local versions = {
    ["version 1"] = { 1, {} },
    ["version 2"] = { V2, { version = V2, type = 1 } },
    ["draft 29"] = { 0xff00001d, { version = 0xff00001d } },
  }
  for what, row in pairs(versions) do
    it("recognises an Initial of " .. what, function()
      kit.each_flow(packets.udp({ dport = 443, payload = messages.quic_initial(row[2]) }), function(flow)
        assert.equal(row[1], quic.version(flow))
      end)
    end)
  end

  it("returns the fields of the header", function()
    local bytes = messages.quic_initial({ destination = "dest", source = "from", token = "tok" })
    assert.same({ 1, "dest", "from", 3 }, { quic.initial(bytes) })
  end)

  it("reads a token as long as the tokens of servers", function()
    assert.same({ 1, ("d"):rep(8), "", 80 }, { quic.initial(messages.quic_initial({ token = ("t"):rep(80) })) })
  end)

  it("reads the first packet of a datagram", function()
    local bytes = messages.quic_initial({ length = 600 }) .. messages.quic_initial({ type = 2, length = 500 })
    assert.equal(1, quic.version(bytes))
  end)

  local none = {
    ["nothing"] = "",
    ["a short header"] = "\64" .. ("x"):rep(100),
    ["no fixed bit"] = "\128" .. messages.quic_initial({}):sub(2),
    ["a Handshake packet"] = messages.quic_initial({ type = 2 }),
    ["the type of version 2 in version 1"] = messages.quic_initial({ type = 1 }),
    ["the type of version 1 in version 2"] = messages.quic_initial({ version = V2 }),
    ["a version negotiation"] = messages.quic_initial({ version = 0 }),
    ["an unknown version"] = messages.quic_initial({ version = 0x0a1a2a3a }),
    ["a connection ID of 21 bytes"] = messages.quic_initial({ destination = ("d"):rep(21) }),
    ["a length beyond the datagram"] = messages.quic_initial({}):sub(1, -2),
    ["a datagram that ends in the header"] = messages.quic_initial({}):sub(1, 10),
    ["DNS"] = messages.dns({ name = "www.example.com" }),
  }
  for what, bytes in pairs(none) do
    it("rejects " .. what, function()
      assert.same({}, { quic.initial(bytes) })
      assert.is_nil(quic.version(bytes))
    end)
  end

  it("calls a header that the capture cut partial", function()
    local packet = packets.udp({ payload = messages.quic_initial({}) })
    packet.bytes = packet.bytes:sub(1, 14 + 20 + 8 + 10)
    kit.each_flow(packet, function(flow)
      assert.same({ nil, nil, nil, nil, "partial" }, { quic.initial(flow) })
    end)
  end)

  it("recognises an Initial with cut content", function()
    local packet = packets.udp({ payload = messages.quic_initial({}) })
    packet.bytes = packet.bytes:sub(1, 14 + 20 + 8 + 100)
    kit.each_flow(packet, function(flow)
      assert.equal(1, quic.version(flow))
    end)
  end)
end)

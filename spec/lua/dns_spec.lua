local kit = require("spec.kit")
local messages = kit.messages
local packets = kit.packets
local dns = kit.helper("dns")

local QUERY = messages.dns({ name = "WWW.example.com", type = "AAAA" })

-- The result of dns.query() for a packet.
local function query(packet)
  local found
  kit.each_flow(packet, function(flow)
    found = { dns.query(flow) }
  end)
  return found
end

describe("dns.query", function()
  it("returns the question of a query", function()
    assert.same({ "www.example.com", "AAAA", false }, query(packets.udp({ dport = 5353, payload = QUERY })))
  end)

  it("returns the question of a response", function()
    local answer = messages.dns({ name = "a.example", answers = { { type = "A", data = "10.0.0.1" } } })
    assert.same({ "a.example", "A", true }, { dns.query(answer) })
  end)

  it("returns the names of common types", function()
    for _, kind in ipairs({ "A", "NS", "CNAME", "PTR", "MX", "TXT", "AAAA", "SRV", "HTTPS" }) do
      assert.same({ "a.example", kind, false }, { dns.query(messages.dns({ name = "a.example", type = kind })) })
    end
  end)

  it("returns a number for other types", function()
    assert.same({ "a.example", 99, false }, { dns.query(messages.dns({ name = "a.example", type = 99 })) })
  end)

  it("works over TCP", function()
    local bytes = messages.u16(#QUERY) .. QUERY
    assert.equal("www.example.com", query(packets.tcp({ dport = 5353, payload = bytes }))[1])
    assert.same({ nil, nil, nil, "partial" }, query(packets.tcp({ payload = bytes:sub(1, -2) })))
  end)

  local none = {
    ["nothing"] = "",
    ["a message that is cut"] = QUERY:sub(1, -2),
    ["a name that points to itself"] = QUERY:sub(1, 12) .. "\192\12\0\1\0\1",
    ["no question"] = QUERY:sub(1, 4) .. ("\0"):rep(8),
    ["a status request"] = QUERY:sub(1, 2) .. "\16" .. QUERY:sub(4),
    ["something else"] = "GET / HTTP/1.1\r\n\r\n",
  }
  for what, bytes in pairs(none) do
    it("is nil for " .. what, function()
      assert.same({}, { dns.query(bytes) })
    end)
  end
end)

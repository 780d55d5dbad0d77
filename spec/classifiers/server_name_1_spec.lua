local kit = require("spec.kit")
local messages = kit.messages
local packets = kit.packets

local SETTINGS = "server_name_1: { low_priority: [updates.example.com], high_priority: [meet.example.com] }"

local function answer(name, client)
  return packets.udp({
    src = "10.1.0.254",
    dst = client or "10.1.0.1",
    sport = 53,
    dport = 50000,
    payload = messages.dns({ name = name, answers = { { type = "A", data = "192.0.2.7" } } }),
  })
end

local function request(builder, number)
  return packets[builder or "tcp"]({
    dst = "192.0.2.7",
    seq = builder ~= "udp" and 1000 * (number or 1) or nil,
    payload = "x",
  })
end

local function run(list)
  return kit.run("server_name_1", list, { settings = SETTINGS })
end

describe("server_name_1", function()
  for _, builder in ipairs({ "tcp", "udp" }) do
    it("decides a flow over " .. builder .. " at its first packet", function()
      local result = run({ answer("cdn.Updates.example.com"), request(builder) })
      assert.equal("low_priority", result.qos_treatment)
      assert.equal(2, result.packet)
      assert.is_true(result.finalised)
    end)
  end

  it("uses the name for which this client asked", function()
    local result = run({ answer("meet.example.com"), answer("updates.example.com", "10.1.0.2"), request() })
    assert.equal("high_priority", result.qos_treatment)
  end)

  it("gives no treatment for another name, and finalises", function()
    local result = run({ answer("www.example.com"), request() })
    assert.is_nil(result.qos_treatment)
    assert.is_true(result.finalised)
  end)

  it("waits three packets for the DNS answer", function()
    local late = { request("tcp", 1), request("tcp", 2), answer("meet.example.com"), request("tcp", 3) }
    assert.equal("high_priority", run(late).qos_treatment)
    local never = run({ request("tcp", 1), request("tcp", 2), request("tcp", 3) })
    assert.is_nil(never.qos_treatment)
    assert.equal(3, never.finalised_at)
  end)
end)

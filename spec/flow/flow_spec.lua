--- All members of `flow` after each packet.
local kit = require("spec.kit")
local packets = kit.packets

local FLAGS = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" }

-- Everything that a classifier can read from flow, except state.
local function snapshot(flow)
  local all = {}
  for _, names in ipairs({ kit.view.members, kit.view.getters }) do
    for _, name in ipairs(names) do
      if name ~= "state" and name ~= "serial" and name ~= "slot" then
        all[name] = flow[name]
      end
    end
  end
  for _, name in ipairs({ "max_packet_size", "max_interpacket_interval", "min_interpacket_interval" }) do
    all[name] = flow[name](flow)
  end
  all.flags = ""
  for _, flag in ipairs(FLAGS) do
    local set = flow["tcp_" .. flag](flow)
    assert.is_boolean(set)
    all.flags = all.flags .. (set and flag .. " " or "")
  end
  return all
end

-- Compares the keys in both directions, and numbers to a microsecond, because times are doubles.
local function assert_shows(expected, shown, where)
  for name, value in pairs(shown) do
    local wanted = expected[name]
    assert(wanted ~= nil, where .. ": no expectation for " .. name)
    if type(value) == "number" then
      assert(math.abs(value - wanted) < 1e-6, ("%s: %s is %s, not %s"):format(where, name, value, wanted))
    else
      assert.equal(wanted, value, where .. ": " .. name)
    end
  end
  for name in pairs(expected) do
    assert(shown[name] ~= nil, where .. ": flow does not show " .. name)
  end
end

local REQUEST = "GET /static/index.html HTTP/1.1\r\nHost: 10.1.0.2\r\n\r\n"
local RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
local HEADERS = 14 + 20 + 20

-- The members of the flow that stay the same unless a packet changes them.
local function case(common, previous, changes)
  local expected = {}
  for _, source in ipairs({ common, previous or {}, changes.expect }) do
    for name, value in pairs(source) do
      expected[name] = value
    end
  end
  return { packet = packets.tcp(changes.packet), expect = expected }
end

local function client_packet(options)
  options.src, options.dst, options.sport, options.dport = "10.1.0.1", "10.1.0.2", 43297, 80
  return options
end

local function server_packet(options)
  options.src, options.dst, options.sport, options.dport = "10.1.0.2", "10.1.0.1", 80, 43297
  return options
end

local FROM_CLIENT = {
  ip_src = "10.1.0.1", ip_dst = "10.1.0.2", packet_direction = "c2s", from_client = true,
  src_port = 43297, dst_port = 80, tcp_src = 43297, tcp_dst = 80,
}
local FROM_SERVER = {
  ip_src = "10.1.0.2", ip_dst = "10.1.0.1", packet_direction = "s2c", from_client = false,
  src_port = 80, dst_port = 43297, tcp_src = 80, tcp_dst = 43297,
}
local COMMON = {
  client = "10.1.0.1", server = "10.1.0.2", verified_direction = "verified-SYN", proto = 6,
  ip_version = 4, vlan = 0, start_time = 1000, finalised = false, suppressed = 0,
  retransmissions = 0, server_name = "",
}

local function http_flow()
  local rows = {
    { FROM_CLIENT, client_packet({ flags = "S", seq = 99, time = 1000 }), {
      flags = "syn ", tcp_flags = 2, tcp_seq = 99, tcp_acq = 0, time = 1000, packet_length = HEADERS,
      payload = "", payload_length = 0, packet_count = 1, packets_c2s = 1, packets_s2c = 0,
      bytes_c2s = HEADERS, bytes_s2c = 0, max_packet_size = HEADERS,
      max_interpacket_interval = 0, min_interpacket_interval = 0,
    } },
    { FROM_SERVER, server_packet({ flags = "SA", seq = 499, ack = 100, time = 1000.03 }), {
      flags = "syn ack ", tcp_flags = 18, tcp_seq = 499, tcp_acq = 100, time = 1000.03,
      packet_count = 2, packets_s2c = 1, bytes_s2c = HEADERS,
    } },
    { FROM_CLIENT, client_packet({ flags = "A", seq = 100, ack = 500, time = 1000.04 }), {
      flags = "ack ", tcp_flags = 16, tcp_seq = 100, tcp_acq = 500, time = 1000.04,
      packet_count = 3, packets_c2s = 2, bytes_c2s = 2 * HEADERS,
      max_interpacket_interval = 0.04, min_interpacket_interval = 0.04,
    } },
    { FROM_CLIENT, client_packet({ flags = "PA", seq = 100, ack = 500, time = 1000.05, payload = REQUEST }), {
      flags = "psh ack ", tcp_flags = 24, time = 1000.05, packet_length = HEADERS + #REQUEST,
      payload = REQUEST, payload_length = #REQUEST, packet_count = 4, packets_c2s = 3,
      bytes_c2s = 3 * HEADERS + #REQUEST, max_packet_size = HEADERS + #REQUEST,
      min_interpacket_interval = 0.01,
    } },
    { FROM_SERVER, server_packet({ flags = "A", seq = 500, ack = 100 + #REQUEST, time = 1000.07 }), {
      flags = "ack ", tcp_flags = 16, tcp_seq = 500, tcp_acq = 100 + #REQUEST, time = 1000.07,
      packet_length = HEADERS, payload = "", payload_length = 0, packet_count = 5,
      packets_s2c = 2, bytes_s2c = 2 * HEADERS,
    } },
    { FROM_SERVER, server_packet({
      flags = "PA", seq = 500, ack = 100 + #REQUEST, time = 1000.1, payload = RESPONSE,
    }), {
      flags = "psh ack ", tcp_flags = 24, time = 1000.1, packet_length = HEADERS + #RESPONSE,
      payload = RESPONSE, payload_length = #RESPONSE, packet_count = 6, packets_s2c = 3,
      bytes_s2c = 3 * HEADERS + #RESPONSE,
    } },
    { FROM_CLIENT, client_packet({
      flags = "A", seq = 100 + #REQUEST, ack = 500 + #RESPONSE, time = 1000.17,
    }), {
      flags = "ack ", tcp_flags = 16, tcp_seq = 100 + #REQUEST, tcp_acq = 500 + #RESPONSE,
      time = 1000.17, packet_length = HEADERS, payload = "", payload_length = 0, packet_count = 7,
      packets_c2s = 4, bytes_c2s = 4 * HEADERS + #REQUEST, max_interpacket_interval = 0.12,
    } },
  }
  local cases, previous = {}, nil
  for i, row in ipairs(rows) do
    local changes = { packet = row[2], expect = {} }
    for _, source in ipairs({ row[1], row[3] }) do
      for name, value in pairs(source) do
        changes.expect[name] = value
      end
    end
    cases[i] = case(COMMON, previous, changes)
    previous = cases[i].expect
  end
  return cases
end

-- A flow of one packet from 10.1.0.2:80 to 10.1.0.1:port.
local function lone(port, flags, time, names, bits, changes)
  local expect = {
    ip_src = "10.1.0.2", ip_dst = "10.1.0.1", src_port = 80, dst_port = port, tcp_src = 80,
    tcp_dst = port, packet_direction = "c2s", from_client = true, client = "10.1.0.2",
    server = "10.1.0.1", verified_direction = false, start_time = time, time = time, flags = names,
    tcp_flags = bits, tcp_seq = 7, tcp_acq = 8, payload = "", payload_length = 0,
    packet_length = HEADERS, packet_count = 1, packets_c2s = 1, packets_s2c = 0,
    bytes_c2s = HEADERS, bytes_s2c = 0, max_packet_size = HEADERS, max_interpacket_interval = 0,
    min_interpacket_interval = 0,
  }
  for name, value in pairs(changes or {}) do
    expect[name] = value
  end
  return case(COMMON, nil, {
    packet = {
      src = "10.1.0.2", dst = "10.1.0.1", sport = 80, dport = port, flags = flags, seq = 7, ack = 8, time = time,
    },
    expect = expect,
  })
end

local function check(cases)
  local list = {}
  for i, one in ipairs(cases) do
    list[i] = one.packet
  end
  local looked = kit.each_flow(list, function(flow, i)
    assert_shows(cases[i].expect, snapshot(flow), "packet " .. i)
  end)
  assert.equal(#cases, looked)
end

describe("flow", function()
  it("shows every variable of an HTTP flow after every packet", function()
    check(http_flow())
  end)

  it("keeps flows apart: a SYN of another flow in between changes nothing", function()
    local cases = http_flow()
    table.insert(cases, 4, case(COMMON, nil, {
      packet = { src = "10.1.0.1", dst = "10.1.0.2", sport = 43299, dport = 80, flags = "S", seq = 5, time = 1000.045 },
      expect = {
        ip_src = "10.1.0.1", ip_dst = "10.1.0.2", src_port = 43299, dst_port = 80, tcp_src = 43299,
        tcp_dst = 80, packet_direction = "c2s", from_client = true, start_time = 1000.045,
        time = 1000.045, flags = "syn ", tcp_flags = 2, tcp_seq = 5, tcp_acq = 0, payload = "",
        payload_length = 0, packet_length = HEADERS, packet_count = 1, packets_c2s = 1,
        packets_s2c = 0, bytes_c2s = HEADERS, bytes_s2c = 0, max_packet_size = HEADERS,
        max_interpacket_interval = 0, min_interpacket_interval = 0,
      },
    }))
    check(cases)
  end)

  it("assumes that the first sender is the client without a SYN, unverified", function()
    local cases = http_flow()
    table.insert(cases, lone(43300, "FA", 1001, "fin ack ", 17))
    table.insert(cases, lone(43301, "RA", 1002, "rst ack ", 20))
    check(cases)
  end)

  it("assumes that the receiver of a lone SYN+ACK is the client", function()
    check({
      lone(43302, "SA", 1003, "syn ack ", 18, {
        packet_direction = "s2c", from_client = false, client = "10.1.0.1", server = "10.1.0.2",
        verified_direction = "verified-SYNACK", packets_c2s = 0, packets_s2c = 1, bytes_c2s = 0,
        bytes_s2c = HEADERS,
      }),
    })
  end)

  it("reads each flag from its own bit", function()
    local letters = { F = "fin", S = "syn", R = "rst", P = "psh", A = "ack", U = "urg", E = "ece", C = "cwr" }
    for letter, name in pairs(letters) do
      kit.each_flow(packets.tcp({ flags = letter }), function(flow)
        for _, other in ipairs(FLAGS) do
          assert.equal(other == name, flow["tcp_" .. other](flow), letter .. " " .. other)
        end
      end)
    end
  end)

  it("shows IPv6 addresses as text", function()
    kit.each_flow(packets.tcp({ src = "2001:db8::1", dst = "2001:db8::2", flags = "S" }), function(flow)
      assert.equal("2001:db8::1", flow.ip_src)
      assert.equal("2001:db8::2", flow.server)
      assert.equal(6, flow.ip_version)
    end)
  end)

  it("shows UDP: ports and payload, no TCP", function()
    kit.each_flow(packets.udp({ sport = 5000, dport = 53, payload = "query", vlan = 42 }), function(flow)
      assert.equal(17, flow.proto)
      assert.equal(5000, flow.src_port)
      assert.equal(53, flow.dst_port)
      assert.equal(0, flow.tcp_src)
      assert.equal(0, flow.tcp_dst)
      assert.equal("query", flow.payload)
      assert.equal(5, flow.payload_length)
      assert.equal(42, flow.vlan)
      assert.is_false(flow:tcp_syn())
    end)
  end)

  it("has no payload for protocols other than TCP and UDP", function()
    kit.each_flow(packets.icmp({ payload = "ping" }), function(flow)
      assert.equal("", flow.payload)
      assert.equal(0, flow.payload_length)
      assert.equal(0, flow.src_port)
    end)
  end)

  it("shows the first 2048 bytes of a payload and its whole length", function()
    kit.each_flow(packets.tcp({ payload = ("ab"):rep(2000) }), function(flow)
      assert.equal(("ab"):rep(1024), flow.payload)
      assert.equal(4000, flow.payload_length)
    end)
  end)

  it("shows the captured part of a snapped packet, and its sizes on the wire", function()
    kit.each_flow(packets.tcp({ payload = ("x"):rep(1000), captured = HEADERS + 10 }), function(flow)
      assert.equal(("x"):rep(10), flow.payload)
      assert.equal(1000, flow.payload_length)
      assert.equal(HEADERS + 1000, flow.packet_length)
    end)
  end)

  it("leaves Ethernet padding out of the payload", function()
    kit.each_flow(packets.tcp({ payload = "ab", pad = 60 }), function(flow)
      assert.equal("ab", flow.payload)
      assert.equal(60, flow.packet_length)
    end)
  end)

  it("gives a fragment the ports of its datagram, and its part of the payload", function()
    local list = packets.fragments("udp", { payload = ("x"):rep(3000), dport = 9 }, 1480)
    local parts = {}
    kit.each_flow(list, function(flow, i)
      parts[i] = #flow.payload
      assert.equal(9, flow.dst_port)
      assert.equal(i, flow.packet_count)
    end)
    assert.same({ 1472, 1480, 48 }, parts)
  end)

  it("counts a retransmission separately", function()
    local one = { flags = "PA", seq = 1, payload = "data" }
    local counts = {}
    kit.each_flow({ packets.tcp(one), packets.tcp(one) }, function(flow, i)
      counts[i] = { flow.packet_count, flow.retransmissions }
    end)
    assert.same({ { 1, 0 }, { 1, 1 } }, counts)
  end)

  it("suppresses at the current packet count", function()
    kit.each_flow(packets.http(), function(flow, i)
      if i == 5 then
        flow:set_suppress_flow()
      end
      assert.equal(i < 5 and 0 or 5, flow.suppressed)
    end)
  end)

  it("numbers packets, not flows, with its serial, and flows with its slot", function()
    local serials, slots = {}, {}
    local other = packets.tcp({ sport = 1 })
    kit.each_flow({ packets.tcp({ seq = 1 }), other, packets.tcp({ seq = 1 }) }, function(flow, i)
      serials[i], slots[i] = flow.serial, flow.slot
    end)
    assert.is_true(serials[1] ~= serials[2] and serials[2] ~= serials[3])
    assert.equal(slots[1], slots[3])
    assert.is_true(slots[1] ~= slots[2])
  end)
end)

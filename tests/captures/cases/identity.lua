-- Captures about identities: name -> list of packets.
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local T = 1700000000
local cases = {}

local function dns(time, message, options)
  local all = { time = time, src = "10.1.0.254", dst = "10.1.0.1", sport = 53, dport = 50000 }
  all.payload = type(message) == "string" and message or messages.dns(message)
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return all
end

local A = { name = "a.example.com", answers = { { type = "A", data = "192.0.2.1", ttl = 60 } } }

-- dpae reports the same answer once in the refresh interval of 300 s; another TTL does not make it another answer.
function cases.identity_refresh()
  local other_ttl = { name = A.name, answers = { { type = "A", data = "192.0.2.1", ttl = 59 } } }
  return {
    packets.udp(dns(T, A)),
    packets.udp(dns(T + 1, A)),
    packets.udp(dns(T + 2, other_ttl)),
    packets.udp(dns(T + 299, A)),
    packets.udp(dns(T + 300, A)),
    packets.udp(dns(T + 599, A)),
    packets.udp(dns(T + 600, A)),
  }
end

-- Names that need escapes; CNAME only; over TCP, whole and split; a lying record length; a
-- compression pointer to itself; an empty message.
function cases.dns()
  local strange = { name = 'we"ird\1\\name', answers = { { type = "A", data = "192.0.2.2" } } }
  local only_cname = { name = "b.example.com", answers = { { type = "CNAME", data = "c.example.com" } } }
  local whole = messages.dns(A)
  local framed = messages.u16(#whole) .. whole
  local loop = { name = "x.example.com", answers = { { type = "CNAME", raw = "\192\43" } } }
  return {
    packets.udp(dns(T, strange)),
    packets.udp(dns(T + 1, only_cname)),
    packets.tcp(dns(T + 2, framed, { flags = "PA", seq = 1 })),
    packets.tcp(dns(T + 3, framed:sub(1, 20), { flags = "PA", seq = 1 + #framed })),
    packets.udp(dns(T + 4, whole:sub(1, -3))),
    packets.udp(dns(T + 5, loop)),
    packets.udp(dns(T + 6, "")),
    packets.udp(dns(T + 7, A, { src = "2001:db8::53", dst = "2001:db8::1" })),
    packets.udp(dns(T + 8, {
      name = "v6.example.com",
      type = "AAAA",
      answers = { { type = "AAAA", data = "2001:db8::80" } },
    })),
  }
end

-- LLDP with few fields, DHCP with broken options, ARP cut short, advertisement without a MAC.
function cases.identity_sparse()
  local bare = messages.lldp({ chassis = "02:00:00:00:00:01", port = "1" })
  local offer = messages.dhcp({ type = "OFFER", client_mac = "02:00:00:00:00:07", assigned = "10.1.0.7" })
  local function dhcp(time, payload)
    return packets.udp({
      time = time,
      src = "10.1.0.254",
      dst = "255.255.255.255",
      sport = 67,
      dport = 68,
      payload = payload,
    })
  end
  return {
    packets.ethernet({ type = 0x88cc, time = T, payload = bare }),
    packets.ethernet({ type = 0x88cc, time = T + 1, payload = bare:sub(1, 12) }),
    dhcp(T + 2, offer),
    dhcp(T + 3, offer:sub(1, -2) .. "\12\200short"),
    dhcp(T + 4, offer:sub(1, 200)),
    packets.arp({ time = T + 5, captured = 30 }),
    packets.icmp({
      time = T + 6,
      src = "fe80::1",
      dst = "ff02::1",
      ttl = 255,
      type = 136,
      payload = messages.ip("fe80::1"),
    }),
    packets.icmp({ time = T + 7, src = "fe80::1", dst = "ff02::1", ttl = 255, type = 136, payload = "short" }),
  }
end

return cases

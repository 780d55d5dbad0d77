-- The demo: a minute in a small network, with traffic of every kind that dpae knows.
local conversation = require("tests.captures.conversation")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local START = 1704067200 -- 2024-01-01 00:00:00 UTC
local LAPTOP = "02:00:00:00:00:07"
local ROUTER = "02:00:00:00:00:fe"
local PC = "02:00:00:00:00:01"
local ALL = "ff:ff:ff:ff:ff:ff"

local function neighbours()
  return {
    packets.ethernet({
      type = 0x88cc,
      time = START,
      eth_src = PC,
      eth_dst = "01:80:c2:00:00:0e",
      payload = messages.lldp({
        chassis = PC,
        port = "eth0",
        port_description = "uplink",
        system_name = "pc1.example.com",
        management = "10.1.0.1",
      }),
    }),
    packets.arp({ time = START + 0.1, eth_src = PC, eth_dst = ALL, spa = "10.1.0.1", tpa = "10.1.0.254", pad = 60 }),
    packets.arp({
      time = START + 0.1003,
      operation = 2,
      eth_src = ROUTER,
      eth_dst = PC,
      spa = "10.1.0.254",
      tha = PC,
      tpa = "10.1.0.1",
      pad = 60,
    }),
    packets.icmp({
      time = START + 0.2,
      eth_src = ROUTER,
      eth_dst = PC,
      src = "fe80::fe",
      dst = "fe80::1",
      ttl = 255,
      type = 136,
      rest = 0x60000000,
      payload = messages.neighbour_advertisement("fe80::fe", ROUTER),
    }),
    packets.ethernet({ type = 0x9000, time = START + 0.3, payload = ("\0"):rep(46) }),
  }
end

local function dhcp(time, from_client, message)
  message.client_mac = LAPTOP
  message.transaction = 0x2024
  return packets.udp({
    time = time,
    eth_src = from_client and LAPTOP or ROUTER,
    eth_dst = ALL,
    src = from_client and "0.0.0.0" or "10.1.0.254",
    dst = "255.255.255.255",
    sport = from_client and 68 or 67,
    dport = from_client and 67 or 68,
    payload = messages.dhcp(message),
  })
end

local function address_lease()
  local asks = { host_name = "laptop-7", vendor_class = "example 1.0", requested = "10.1.0.7" }
  local gives = { assigned = "10.1.0.7", server = "10.1.0.254", lease = 3600 }
  local function message(kind, of)
    local all = { type = kind }
    for name, value in pairs(of) do
      all[name] = value
    end
    return all
  end
  return {
    dhcp(START + 1, true, message("DISCOVER", asks)),
    dhcp(START + 1.02, false, message("OFFER", gives)),
    dhcp(START + 1.03, true, message("REQUEST", asks)),
    dhcp(START + 1.05, false, message("ACK", gives)),
  }
end

local function dns(time, port, message)
  local is_answer = message.answers ~= nil
  return packets.udp({
    time = time,
    eth_src = is_answer and ROUTER or PC,
    eth_dst = is_answer and PC or ROUTER,
    src = is_answer and "10.1.0.254" or "10.1.0.1",
    dst = is_answer and "10.1.0.1" or "10.1.0.254",
    sport = is_answer and 53 or port,
    dport = is_answer and port or 53,
    payload = messages.dns(message),
  })
end

local function names()
  return {
    dns(START + 2, 50001, { name = "www.example.com", id = 11 }),
    dns(START + 2.01, 50001, {
      name = "www.example.com",
      id = 11,
      answers = {
        { type = "CNAME", data = "web.example.com" },
        { type = "A", name = "web.example.com", data = "10.1.0.2", ttl = 60 },
      },
    }),
    dns(START + 2.02, 50002, { name = "www.example.com", type = "AAAA", id = 12 }),
    dns(START + 2.03, 50002, {
      name = "www.example.com",
      type = "AAAA",
      id = 12,
      answers = { { type = "AAAA", data = "2001:db8::2", ttl = 60 } },
    }),
  }
end

local function web_page(uri, options)
  local talk = conversation.new(options)
  talk:open()
  talk:get(uri)
  talk:send("s2c", "A")
  talk:answer(("<html>%s</html>"):format(("hello "):rep(20)))
  talk:send("c2s", "A")
  talk:wait(0.2)
  talk:close()
  return talk
end

-- Full segments in bursts of four, an acknowledgement after each two; the intervals in a burst are a
-- fiftieth of those between bursts.
local function bulk_download()
  local talk = conversation.new({
    client = "10.1.0.7",
    server = "198.51.100.9",
    client_port = 41000,
    server_port = 443,
    time = START + 10,
    interval = 0.0004,
  })
  talk:open()
  talk:send("c2s", "PA", ("\22"):rep(200))
  for burst = 1, 10 do
    talk:wait(0.02)
    for half = 1, 2 do
      talk:send("s2c", "A", ("d"):rep(1400))
      local lost = talk:send("s2c", "PA", ("d"):rep(1400))
      if burst % 4 == 0 and half == 2 then
        talk:again(lost)
      end
      talk:send("c2s", "A")
    end
  end
  talk:close()
  return talk
end

-- Somebody types: small packets at even intervals.
local function interactive()
  local talk = conversation.new({
    client = "10.1.0.1",
    server = "10.1.0.22",
    client_port = 42000,
    server_port = 22,
    time = START + 12,
    interval = 0.05,
  })
  talk:open()
  for _ = 1, 8 do
    talk:send("c2s", "PA", ("k"):rep(36))
    talk:send("s2c", "PA", ("e"):rep(36))
  end
  return talk
end

local function oddities()
  local list = packets.fragments("udp", {
    src = "10.1.0.5",
    dst = "10.1.0.6",
    sport = 6000,
    dport = 6001,
    time = START + 20,
    id = 77,
    payload = ("f"):rep(3000),
  }, 1480)
  local whole = packets.tcp({ src = "10.1.0.8" }).bytes
  local too_short = whole:sub(1, #whole - 10)
  list[#list + 1] = { bytes = too_short, length = #too_short, time = START + 21, link = "ethernet" }
  for i, ends in ipairs({ { "10.1.0.1", "10.1.0.2" }, { "10.1.0.2", "10.1.0.1" } }) do
    list[#list + 1] = packets.icmp({
      time = START + 21 + i,
      src = ends[1],
      dst = ends[2],
      type = i == 1 and 8 or 0,
      rest = 0x10001,
      payload = "ping",
    })
  end
  return list
end

return function()
  return conversation.merge(
    neighbours(),
    address_lease(),
    names(),
    web_page("/static/index.html", { time = START + 3, client_port = 40001 }),
    web_page("/news.html", { time = START + 4, client_port = 40002 }),
    web_page("/static/index.html", { time = START + 5, client_port = 40003, packet = { vlan = 20 } }),
    web_page("/", {
      time = START + 6,
      client = "2001:db8::1",
      server = "2001:db8::2",
      client_port = 40004,
    }),
    bulk_download(),
    interactive(),
    oddities()
  )
end

-- Some 400 packets of many short interleaved flows of different kinds, which take every branch of a classifier often,
-- and in changing order.
local conversation = require("tests.captures.conversation")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local T = 1700000000
local ROUNDS = 6
local cases = {}

local kinds = {}

function kinds.http(talk, round)
  talk:get(("/static/%d/index.html?q=%d"):format(round, round * 7), ("www%d.example.com"):format(round))
  talk:answer(("body %d "):format(round):rep(20 * round))
  talk:send("c2s", "A")
  local form = "POST /form HTTP/1.1\r\nHost: h%d.example.net:8080\r\nContent-Length: 3\r\n\r\na=b"
  talk:send("c2s", "PA", form:format(round))
  talk:send("s2c", "PA", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
end

function kinds.tls(talk, round)
  local bytes = messages.tls_records(messages.client_hello({
    sni = ("Video%d.example.com"):format(round),
    alpn = round % 2 == 0 and { "h2", "http/1.1" } or nil,
    first = messages.tls_extension(99, ("x"):rep(200 * round)),
  }))
  for at = 1, #bytes, 500 do
    talk:send("c2s", at + 500 > #bytes and "PA" or "A", bytes:sub(at, at + 499))
  end
  talk:send("s2c", "PA", "\22\3\3\0\4\14\0\0\0")
  talk:send("c2s", "PA", "\23\3\3\0\16" .. ("\171"):rep(16))
end

function kinds.ssh(talk, round)
  talk:send("s2c", "PA", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
  talk:send("c2s", "PA", ("SSH-2.0-client_%d\r\n"):format(round))
  for key = 1, 4 do
    talk:send("c2s", "PA", ("k"):rep(36 + key))
    talk:send("s2c", "PA", ("e"):rep(36 + round))
    talk:wait(0.05 * key)
  end
end

function kinds.bulk(talk, round)
  for part = 1, 6 do
    talk:send("s2c", "A", ("data%d"):format(part):rep(250))
    if (part + round) % 3 == 0 then
      talk:again(talk.list[#talk.list])
    end
    talk:send("c2s", "A")
  end
end

local PORTS = { http = 80, tls = 443, ssh = 22, bulk = 8000 }

local function connection(kind, round, number)
  local talk = conversation.new({
    time = T + round + 0.013 * number,
    client = ("10.1.%d.%d"):format(round, number),
    server = "10.1.0.254",
    client_port = 40000 + 10 * round + number,
    server_port = PORTS[kind],
    interval = 0.003 * number,
    packet = round == 3 and { vlan = 30 } or nil,
  })
  talk:open()
  kinds[kind](talk, round)
  if round % 2 == 0 then
    talk:close()
  end
  return talk
end

local function datagrams(round)
  local list = {}
  local function add(options)
    options.time = T + round + 0.01 * (#list + 1)
    options.dst = options.dst or "10.1.0.53"
    list[#list + 1] = packets.udp(options)
  end
  local name = ("printer%d.local"):format(round)
  local answers = { { type = "A", data = "10.1.0.77" } }
  add({ sport = 5353, dport = 5353, payload = messages.dns({ name = name }) })
  add({ sport = 5353, dport = 5353, payload = messages.dns({ name = name, answers = answers }) })
  add({ sport = 50000 + round, dport = 443, payload = messages.quic_initial({}) })
  add({ sport = 50000 + round, dport = 443, payload = ("\64"):rep(90) })
  add({ src = "2001:db8::1", dst = "2001:db8::" .. round, sport = 5004, dport = 5004, payload = ("v"):rep(172) })
  list[#list + 1] = packets.icmp({ time = T + round + 0.09, payload = ("ping"):rep(round) })
  return list
end

function cases.mixed()
  local parts = {}
  for round = 1, ROUNDS do
    for number, kind in ipairs({ "http", "tls", "ssh", "bulk", "http" }) do
      parts[#parts + 1] = connection(kind, round, number)
    end
    parts[#parts + 1] = datagrams(round)
  end
  return conversation.merge(unpack(parts))
end

return cases

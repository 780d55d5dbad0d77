-- Captures for the shipped classifiers: name -> list of packets.
local conversation = require("tests.captures.conversation")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local T = 1700000000
local cases = {}

local function hello(options)
  return messages.tls_records(messages.client_hello(options))
end

-- A ClientHello in segments that arrive out of order, one of them twice.
local function split_hello(number)
  local bytes = hello({ first = messages.tls_extension(99, ("x"):rep(1800)), sni = "video.example.com" })
  local talk = conversation.new({ time = T + number, client_port = 40000 + number, server_port = 443 })
  talk:open()
  local start = talk.seq.c2s
  for _, at in ipairs({ 1201, 1, 1, 601, 1801 }) do
    talk:add("c2s", "A", bytes:sub(at, at + 599), { seq = start + at - 1 })
  end
  talk:skip("c2s", #bytes)
  talk:close()
  return talk
end

-- TLS connections to two names and without a name, a connection without TLS, and a long ClientHello.
function cases.tls_sni()
  local function connection(number, bytes)
    local talk = conversation.new({ time = T + number, client_port = 40000 + number, server_port = 443 })
    talk:open()
    talk:send("c2s", "PA", bytes)
    talk:send("s2c", "PA", "\22\3\3\0\4\14\0\0\0")
    talk:close()
    return talk
  end
  return conversation.merge(
    connection(1, hello({ sni = "Video.example.com", alpn = { "h2" } })),
    connection(2, hello({ sni = "www.example.com" })),
    connection(3, hello({})),
    connection(4, "GET / HTTP/1.1\r\nHost: video.example.com\r\n\r\n"),
    split_hello(5)
  )
end

-- Two clients learn the same address under two names; a third one knows it by itself.
function cases.server_name()
  local function asked(number, name)
    local client = "10.1.0." .. number
    return {
      packets.udp({
        time = T + number,
        src = "10.1.0.254",
        dst = client,
        sport = 53,
        dport = 50000,
        payload = messages.dns({ name = name, answers = { { type = "A", data = "192.0.2.7" } } }),
      }),
    }
  end
  local function connection(number)
    local talk = conversation.new({ time = T + 10 + number, client = "10.1.0." .. number, server = "192.0.2.7" })
    talk:open()
    talk:send("c2s", "PA", "\1\2\3")
    talk:close()
    return talk
  end
  return conversation.merge(
    asked(1, "cdn.updates.example.com"),
    asked(2, "www.example.net"),
    connection(1),
    connection(2),
    connection(3)
  )
end

-- Half of the time between two keys of somebody who types a line, in s.
local TYPING = { 0.11, 0.32, 0.07, 0.6, 0.15, 0.09, 0.4, 0.2, 0.13, 0.9 }

-- A download, a call, somebody who types, and large questions at odd times.
function cases.shapes()
  local bulk = conversation.new({ time = T, client_port = 40001, interval = 0.0005 })
  bulk:open()
  bulk:exchange("s2c", ("d"):rep(1400), 20)

  local call = {}
  for i = 0, 19 do
    for way = 0, 1 do
      call[#call + 1] = packets.udp({
        time = T + 10 + 0.02 * i + 0.003 * way + 0.001 * (i % 3),
        src = way == 0 and "10.1.0.1" or "10.1.0.9",
        dst = way == 0 and "10.1.0.9" or "10.1.0.1",
        sport = 5004,
        dport = 5004,
        payload = ("v"):rep(172),
      })
    end
  end

  local typing = conversation.new({ time = T + 20, client_port = 40002, server_port = 22, interval = 0.004 })
  typing:open()
  for _, pause in ipairs(TYPING) do
    typing:send("c2s", "PA", ("k"):rep(36))
    typing:send("s2c", "PA", ("e"):rep(36))
    typing:wait(pause)
  end

  local odd = conversation.new({ time = T + 30, client_port = 40003, interval = 0.01 })
  odd:open()
  for i = 1, 20 do
    odd:send("c2s", "PA", ("q"):rep(700))
    odd:send("s2c", "A")
    odd:wait(TYPING[(i - 1) % #TYPING + 1])
  end
  return conversation.merge(bulk, call, typing, odd)
end

-- A large flow between small ones.
function cases.elephant()
  local large = conversation.new({ time = T, client_port = 40001, interval = 0.001 })
  large:open()
  large:exchange("s2c", ("d"):rep(1400), 60)
  local small = conversation.new({ time = T, client_port = 40002, interval = 0.01 })
  small:open()
  small:exchange("c2s", ("q"):rep(100), 10)
  return conversation.merge(large, small)
end

return cases

-- Captures about the suppress rule and the life of flows: name -> list of packets.
local conversation = require("tests.captures.conversation")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local T = 1700000000
local cases = {}

-- Small packets, `count` of them after the handshake.
local function chatter(options, count)
  local talk = conversation.new(options)
  talk:open()
  for i = 1, count do
    talk:send(i % 2 == 1 and "c2s" or "s2c", "PA", "chatter")
  end
  return talk
end

-- Suppressed at the eighth packet; again on the first packet after more than 5 s of silence, not
-- after 4.9 s.
function cases.suppress_renewal()
  local talk = chatter({ time = T }, 7)
  talk:wait(4.9)
  talk:exchange("c2s", "not yet")
  talk:wait(5.1)
  talk:exchange("c2s", "renewed")
  talk:wait(60)
  talk:exchange("c2s", "and again")
  return talk.list
end

-- 520 packets: suppressed at 8 and, the back-off being 500, at 509.
function cases.suppress_backoff()
  return chatter({ time = T, interval = 0.001 }, 517).list
end

-- A classifier that never finalises delays the suppression, but not for ever.
function cases.suppress_waits()
  return chatter({ time = T, interval = 0.001 }, 97).list
end

-- Five flows in a table of three: the ones idle longest go; one comes back.
function cases.eviction()
  local list = {}
  for i, port in ipairs({ 1, 2, 3, 1, 4, 5, 2 }) do
    list[i] = packets.tcp({ time = T + i, sport = 40000 + port, flags = "A", seq = i, payload = "x" })
  end
  return list
end

-- Flows that end by the idle time-outs of their protocols and states, while DNS queries (which are
-- not classified) go on.
function cases.idle()
  local opening = packets.tcp({ time = T, sport = 1, flags = "S" })
  local established = conversation.new({ time = T, client_port = 2 })
  established:open()
  local datagram = packets.udp({ time = T, sport = 3, dport = 4000, payload = "u" })
  local ping = packets.icmp({ time = T, payload = "p" })
  local alive = {}
  for i = 0, 125 do
    alive[#alive + 1] = packets.udp({
      time = T + 30 * i,
      sport = 5,
      dport = 53,
      payload = messages.dns({ name = "alive.example.com" }),
    })
  end
  return conversation.merge({ opening, datagram, ping }, established, alive)
end

return cases

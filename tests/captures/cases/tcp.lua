-- Captures about TCP: name -> list of packets.
local conversation = require("tests.captures.conversation")
local packets = require("spec.kit.packets")

local T = 1700000000
local cases = {}

-- A connection of seven packets with the start of another one in between; then the FIN and the RST
-- of the first, and a flow that begins with a SYN+ACK.
function cases.http()
  local step = 1 / 64 -- a whole number of microseconds, and exact as a double: every file form keeps it
  local talk = conversation.new({ time = T, client_port = 43297, interval = step })
  talk:open()
  talk:get("/static/index.html")
  talk:send("s2c", "A")
  talk:answer(("a"):rep(1300))
  talk:send("c2s", "A")
  talk:send("c2s", "FA")
  talk:send("s2c", "RA")
  local stray = packets.tcp({ time = T + 3 * step, sport = 43298, flags = "S", seq = 1 })
  local late = packets.tcp({
    time = T + 1,
    src = "10.1.0.2",
    dst = "10.1.0.1",
    sport = 80,
    dport = 43299,
    flags = "SA",
    seq = 7,
    ack = 2,
  })
  return conversation.merge(talk, { stray }, { late })
end

-- Every kind of segment twice, also with one new byte at its end; a keep-alive probe; SYN and
-- SYN+ACK again. Only the pure acknowledgements count twice.
function cases.retransmission()
  local talk = conversation.new({ time = T })
  local syn = talk:send("c2s", "S")
  talk:again(syn)
  local syn_ack = talk:send("s2c", "SA")
  talk:again(syn_ack)
  talk:again(talk:send("c2s", "A"))
  local request = talk:add("c2s", "PA", "GET /static/index.html HTTP/1.1\r\n\r\n")
  talk:again(request)
  talk:send("c2s", "PA", "GET /static/index.html HTTP/1.1\r\n\r\n+")
  talk:send("s2c", "A")
  talk:add("c2s", "A", "?", { seq = talk.seq.c2s - 1 })
  talk:answer("hello")
  local fin = talk:send("c2s", "FA")
  talk:again(fin)
  return talk.list
end

-- Segments 2 and 3 of a response change places; segment 5 comes last; one byte range never comes.
function cases.reordering()
  local talk = conversation.new({ time = T })
  talk:open()
  talk:get("/")
  local first = talk.seq.s2c
  local function segment(number)
    talk:add("s2c", "A", ("%d"):format(number):rep(100), { seq = first + 100 * (number - 1) })
  end
  for _, number in ipairs({ 1, 3, 2, 4, 6, 7, 5, 9 }) do
    segment(number)
  end
  talk:skip("s2c", 900)
  talk:send("c2s", "A")
  talk:wait(1)
  segment(9)
  return talk.list
end

-- Sequence numbers go past 2^32 within the connection.
function cases.sequence_wrap()
  local talk = conversation.new({ time = T, client_seq = 2 ^ 32 - 5, server_seq = 2 ^ 32 - 60 })
  talk:open()
  talk:get("/static/index.html")
  talk:answer(("w"):rep(200))
  talk:send("c2s", "A")
  talk:close()
  return talk.list
end

-- The same ports three times: after FINs, after a RST, and after an unanswered SYN (which is
-- then the same flow).
function cases.port_reuse()
  local first = conversation.new({ time = T })
  first:open()
  first:get("/static/index.html")
  first:answer("1")
  first:close()
  local second = conversation.new({ time = T + 1, client_seq = 900000, server_seq = 700000 })
  second:open()
  second:get("/other.html")
  second:send("s2c", "RA")
  local third = conversation.new({ time = T + 2, client_seq = 123, server_seq = 456 })
  third:again(third:send("c2s", "S"))
  third:send("s2c", "SA")
  third:send("c2s", "A")
  third:get("/static/index.html")
  return conversation.merge(first, second, third)
end

-- No handshake: the first sender counts as the client, unverified; the classifier still finds a
-- request.
function cases.midstream()
  local talk = conversation.new({ time = T })
  talk:send("s2c", "A", ("m"):rep(600))
  talk:send("c2s", "A")
  talk:get("/static/index.html")
  talk:answer("late")
  return talk.list
end

-- A request that comes byte by byte, and one in the sixth packet: both too late for the classifier.
function cases.request_late()
  local slow = conversation.new({ time = T, client_port = 40001 })
  slow:open()
  for letter in ("GET /static/index.html HTTP/1.1\r\n\r\n"):gmatch(".") do
    slow:send("c2s", "PA", letter)
  end
  local sixth = conversation.new({ time = T + 0.005, client_port = 40002 })
  sixth:open()
  sixth:send("c2s", "A")
  sixth:send("c2s", "A")
  sixth:get("/static/index.html")
  return conversation.merge(slow, sixth)
end

-- Full segments with very uneven intervals, full segments with even ones, small ones with uneven
-- ones: only the first is constrained.
function cases.statistics()
  local function talk(port, size, pause)
    local one = conversation.new({ time = T + port / 1e7, client_port = port, server_port = 9000 })
    one:open()
    for _ = 1, 4 do
      one:wait(pause)
      one:send("s2c", "A", ("s"):rep(size))
      one:send("s2c", "A", ("s"):rep(size))
      one:send("c2s", "A")
    end
    return one
  end
  return conversation.merge(talk(1, 1400, 1), talk(2, 1400, 0), talk(3, 300, 1))
end

return cases

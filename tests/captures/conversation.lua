-- Describes a TCP connection packet by packet, and keeps its sequence numbers, acknowledgements and
-- times.
local packets = require("spec.kit.packets")

local conversation = {}
conversation.__index = conversation

local OTHER = { c2s = "s2c", s2c = "c2s" }

-- Options: client, server (addresses), client_port, server_port, time (of the first packet),
-- interval (between packets, default 0.01 s), packet (options for every packet, such as vlan), c2s,
-- s2c (options for the packets of one direction).
function conversation.new(options)
  local self = setmetatable({ list = {}, time = options.time, interval = options.interval or 0.01 }, conversation)
  self.packet = options.packet or {}
  self.ends = {
    c2s = {
      src = options.client or "10.1.0.1",
      dst = options.server or "10.1.0.2",
      sport = options.client_port or 40000,
      dport = options.server_port or 80,
    },
  }
  local c2s = self.ends.c2s
  self.ends.s2c = { src = c2s.dst, dst = c2s.src, sport = c2s.dport, dport = c2s.sport }
  self.only = { c2s = options.c2s or {}, s2c = options.s2c or {} }
  self.seq = { c2s = options.client_seq or 1000, s2c = options.server_seq or 5000 }
  return self
end

-- Appends a packet without advancing the sequence number; `more` overrides any of its options.
-- Returns the packet, so that `talk:again(packet)` can send it again.
function conversation:add(direction, flags, payload, more)
  local options = { flags = flags, payload = payload or "", time = self.time, seq = self.seq[direction] }
  if flags:find("A", 1, true) then
    options.ack = self.seq[OTHER[direction]]
  end
  for _, extra in ipairs({ self.packet, self.ends[direction], self.only[direction], more or {} }) do
    for name, value in pairs(extra) do
      options[name] = value
    end
  end
  local packet = packets.tcp(options)
  self.list[#self.list + 1] = packet
  self.time = self.time + self.interval
  return packet
end

-- As add, and advances the sequence number of the sender by the length of the data.
function conversation:send(direction, flags, payload, more)
  local packet = self:add(direction, flags, payload, more)
  self:skip(direction, #(payload or "") + (flags:find("[SF]") and 1 or 0))
  return packet
end

-- Sends bytes that the capture lacks.
function conversation:skip(direction, bytes)
  self.seq[direction] = (self.seq[direction] + bytes) % 2 ^ 32
end

-- Sends the same packet again, at the current time.
function conversation:again(packet)
  local copy = {}
  for name, value in pairs(packet) do
    copy[name] = value
  end
  copy.time = self.time
  self.list[#self.list + 1] = copy
  self.time = self.time + self.interval
end

function conversation:wait(seconds)
  self.time = self.time + seconds
end

function conversation:open()
  self:send("c2s", "S")
  self:send("s2c", "SA")
  self:send("c2s", "A")
end

function conversation:close()
  self:send("c2s", "FA")
  self:send("s2c", "FA")
  self:send("c2s", "A")
end

-- Data in one direction, an acknowledgement in the other, repeated.
function conversation:exchange(direction, payload, times)
  for _ = 1, times or 1 do
    self:send(direction, "PA", payload)
    self:send(OTHER[direction], "A")
  end
end

function conversation:get(uri, host)
  self:send("c2s", "PA", ("GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n"):format(uri, host or "www.example.com"))
end

function conversation:answer(body)
  self:send("s2c", "PA", ("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body))
end

-- All packets of several lists or conversations, sorted by time; packets of equal time keep their order.
function conversation.merge(...)
  local all = {}
  for _, part in ipairs({ ... }) do
    for _, packet in ipairs(part.list or part) do
      all[#all + 1] = { packet = packet, order = #all }
    end
  end
  table.sort(all, function(a, b)
    if a.packet.time ~= b.packet.time then
      return a.packet.time < b.packet.time
    end
    return a.order < b.order
  end)
  for i, entry in ipairs(all) do
    all[i] = entry.packet
  end
  return all
end

return conversation

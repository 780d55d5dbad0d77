-- Captures about everything below TCP: name -> list of packets.
local conversation = require("tests.captures.conversation")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local T = 1700000000
local cases = {}

local function page(options)
  options.time = options.time or T
  local talk = conversation.new(options)
  talk:open()
  talk:get("/static/index.html")
  talk:answer(("p"):rep(200))
  talk:send("c2s", "A")
  talk:close()
  return talk
end

-- Also with a hop-by-hop options header in every packet.
function cases.ipv6()
  local plain = page({ client = "2001:db8::1", server = "2001:db8::2" })
  local with_options = page({
    time = T + 1,
    client = "2001:db8::3",
    server = "2001:db8::2",
    packet = { ip_options = "\6\0\1\4\0\0\0\0", ip_options_type = 0 },
  })
  return conversation.merge(plain, with_options)
end

function cases.ipv4_options()
  return page({ packet = { ip_options = "\1\1\1\0" } }).list
end

-- Tagged in one direction, untagged in the other: one flow.
function cases.vlan_one_sided()
  return page({ c2s = { vlan = 30 } }).list
end

-- Two tags, MPLS labels, a PPPoE session.
function cases.tags()
  local function inside(ethertype, header, time, port)
    local list = page({ time = time, client_port = port }).list
    for i, packet in ipairs(list) do
      list[i] = packets.ethernet({ type = ethertype, time = packet.time, payload = header(packet.bytes:sub(15)) })
    end
    return list
  end
  local function mpls(ip)
    return messages.u32(0x00010040) .. messages.u32(0x00020140) .. ip
  end
  local function pppoe(ip)
    return messages.u8(0x11) .. messages.u8(0) .. messages.u16(9) .. messages.u16(#ip + 2) .. messages.u16(0x0021) .. ip
  end
  return conversation.merge(
    page({ client_port = 1, packet = { vlan = { { id = 100, type = 0x88a8 }, 200 } } }),
    inside(0x8847, mpls, T + 1, 2),
    inside(0x8864, pppoe, T + 2, 3)
  )
end

-- The outer flow is the flow.
function cases.tunnels()
  local inner = packets.tcp({ src = "192.0.2.1", dst = "192.0.2.2", flags = "S" })
  local frame, ip = inner.bytes, inner.bytes:sub(15)
  local u8, u16, u32 = messages.u8, messages.u16, messages.u32
  local list = {}
  local function add(kind, options)
    for _, ends in ipairs({ { "10.1.0.1", "10.1.0.2" }, { "10.1.0.2", "10.1.0.1" } }) do
      options.src, options.dst, options.time = ends[1], ends[2], T + #list
      list[#list + 1] = packets[kind](options)
    end
  end
  add("ip", { proto = 47, payload = u16(0) .. u16(0x0800) .. ip })
  add("ip", { proto = 4, payload = ip })
  add("udp", { sport = 49152, dport = 4789, payload = u32(0x08000000) .. u32(42 * 256) .. frame })
  add("udp", { sport = 49153, dport = 6081, payload = u8(0) .. u8(0) .. u16(0x6558) .. u32(42 * 256) .. frame })
  return list
end

local function fragmented(options)
  local all = { sport = 6000, dport = 6001, payload = ("f"):rep(3000) }
  for name, value in pairs(options) do
    all[name] = value
  end
  return packets.fragments("udp", all, 1024)
end

-- In order, the last one first, without the first one, all from both IP versions; then a TCP segment
-- in fragments. Follow-ups belong to the flow of their datagram.
function cases.fragments()
  local list = {}
  local function add(fragments, order)
    for _, i in ipairs(order) do
      fragments[i].time = T + #list / 100
      list[#list + 1] = fragments[i]
    end
  end
  add(fragmented({ id = 1 }), { 1, 2, 3 })
  add(fragmented({ id = 2 }), { 3, 2, 1 })
  add(fragmented({ id = 3, sport = 6002 }), { 2, 3 })
  add(fragmented({ id = 4, src = "2001:db8::1", dst = "2001:db8::2" }), { 1, 2, 3 })
  add(fragmented({ id = 5, src = "2001:db8::1", dst = "2001:db8::2" }), { 2, 1, 3 })
  add(packets.fragments("tcp", { id = 6, flags = "PA", seq = 1, payload = ("t"):rep(2000) }, 1024), { 1, 2 })
  return list
end

-- Cut by the capture: sizes are those on the wire; a packet with a cut header is malformed.
function cases.snapped()
  local list = page({}).list
  for _, packet in ipairs(list) do
    packet.bytes = packet.bytes:sub(1, 54)
  end
  for i, captured in ipairs({ 53, 40, 33, 20, 13, 0 }) do
    list[#list + 1] = packets.tcp({ time = T + i, captured = captured, payload = "x" })
  end
  return list
end

function cases.sll()
  return page({ packet = { link = "sll" } }).list
end

function cases.sll2()
  return page({ packet = { link = "sll2" } }).list
end

function cases.raw_ip()
  return conversation.merge(
    page({ packet = { link = "raw" } }),
    page({ client = "2001:db8::1", server = "2001:db8::2", packet = { link = "raw" } })
  )
end

-- Datagrams both ways, a UDP-Lite and an SCTP packet (with ports), an IGMP one (without).
function cases.udp_and_others()
  local list = {}
  for i = 1, 10 do
    local back = i % 2 == 0
    list[i] = packets.udp({
      time = T + i,
      src = back and "10.1.0.2" or "10.1.0.1",
      dst = back and "10.1.0.1" or "10.1.0.2",
      sport = back and 5060 or 50000,
      dport = back and 50000 or 5060,
      payload = ("u"):rep(10 * i),
    })
  end
  local ports = messages.u16(1000) .. messages.u16(2000)
  list[11] = packets.ip({ time = T + 11, proto = 136, payload = ports .. messages.u32(0) })
  list[12] = packets.ip({ time = T + 12, proto = 132, payload = ports .. messages.u32(1) .. messages.u32(0) })
  list[13] = packets.ip({ time = T + 13, proto = 2, payload = messages.u32(0x11000000) .. messages.u32(0) })
  return list
end

-- One packet for each reason to be malformed; those of the first list were cut by the capture.
function cases.malformed()
  local good = packets.tcp({ payload = "x" }).bytes
  local good6 = packets.tcp({ src = "2001:db8::1", dst = "2001:db8::2" }).bytes
  local udp = packets.udp({ payload = "xyz" }).bytes
  local ethernet, ip, tcp = good:sub(1, 14), good:sub(15, 34), good:sub(35)
  local function byte(text, at, value)
    return text:sub(1, at - 1) .. messages.u8(value) .. text:sub(at + 1)
  end
  local function typed(ethertype, rest)
    return ethernet:sub(1, 12) .. messages.u16(ethertype) .. rest
  end
  local snapped = {
    ethernet:sub(1, 13),
    typed(0x8100, "\0"),
    typed(0x8847, "\0\0\1"),
    typed(0x8864, "\17\0\0"),
    ethernet .. ip:sub(1, 19),
    typed(0x86dd, good6:sub(15, 53)),
    typed(0x86dd, byte(good6:sub(15, 54), 7, 0) .. "\6"),
    ethernet .. ip .. tcp:sub(1, 19),
    udp:sub(1, 41),
    ethernet .. byte(ip, 10, 132) .. tcp:sub(1, 3),
  }
  local wrong = {
    typed(0x8100, (messages.u16(1) .. messages.u16(0x8100)):rep(9)),
    ethernet .. byte(ip, 1, 0x55) .. tcp,
    ethernet .. byte(ip, 1, 0x44) .. tcp,
    ethernet .. byte(ip, 4, 19) .. tcp,
    good:sub(1, -2),
    good6:sub(1, -2),
    ethernet .. ip .. byte(tcp, 13, 0x40),
    byte(udp, 40, 7),
    ethernet .. byte(byte(ip, 7, 0x1f), 8, 0xff) .. tcp,
  }
  local list = {}
  for _, frame in ipairs(snapped) do
    list[#list + 1] = { bytes = frame, length = 100, time = T + #list, link = "ethernet" }
  end
  for _, frame in ipairs(wrong) do
    list[#list + 1] = { bytes = frame, length = #frame, time = T + #list, link = "ethernet" }
  end
  return list
end

return cases

--- Builds frames from descriptions, for specs and capture files.
-- Every builder takes a table of options and returns a packet:
-- `{ bytes = string, length = number, time = number or nil, link = string }`, where bytes is the captured
-- frame, length its length on the wire, and time is in seconds since the epoch.
--
-- Depends on LuaJIT only, so that scripts outside the specs can use it.
-- @module spec.kit.packets
local bit = require("bit")
local ffi = require("ffi")

ffi.cdef([[int inet_pton(int family, const char *text, void *address);]])

local packets = {}

local AF_INET, AF_INET6 = 2, 10
local ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_VLAN, ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x8100, 0x86dd
local ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
local IPV6_FRAGMENT = 44
local TCP_FLAGS = { F = 1, S = 2, R = 4, P = 8, A = 16, U = 32, E = 64, C = 128 }
local LINK_TYPES = { ethernet = 1, raw = 101, sll = 113, sll2 = 276 }

local function u8(value)
  return string.char(value % 256)
end

local function u16(value)
  return string.char(math.floor(value / 256) % 256, value % 256)
end

local function u32(value)
  return u16(math.floor(value / 65536)) .. u16(value % 65536)
end

-- An address as bytes: 4 or 16 of them.
local function ip(text)
  local family, size = AF_INET, 4
  if text:find(":", 1, true) then
    family, size = AF_INET6, 16
  end
  local address = ffi.new("uint8_t[16]")
  if ffi.C.inet_pton(family, text, address) ~= 1 then
    error("not an IP address: " .. tostring(text), 3)
  end
  return ffi.string(address, size)
end

local function mac(text)
  local bytes = text:gsub("[:-]", ""):gsub("%x%x", function(digits)
    return u8(tonumber(digits, 16))
  end)
  if #bytes ~= 6 then
    error("not a MAC address: " .. tostring(text), 3)
  end
  return bytes
end

-- Internet checksum (RFC 1071).
local function checksum(bytes)
  local sum = 0
  for at = 1, #bytes, 2 do
    local high, low = bytes:byte(at, at + 1)
    sum = sum + high * 256 + (low or 0)
  end
  while sum > 0xffff do
    sum = sum % 65536 + math.floor(sum / 65536)
  end
  return 0xffff - sum
end

-- The frame is captured whole unless options.captured limits it.
local function packet(bytes, options)
  return {
    bytes = bytes:sub(1, options.captured or #bytes),
    length = #bytes,
    time = options.time,
    link = options.link or "ethernet",
  }
end

local function vlan_tags(vlan)
  local tags = {}
  for _, tag in ipairs(type(vlan) == "table" and vlan or { vlan }) do
    local id, ethertype = tag, ETHERTYPE_VLAN
    if type(tag) == "table" then
      id, ethertype = tag.id, tag.type or ETHERTYPE_VLAN
    end
    tags[#tags + 1] = u16(ethertype) .. u16(id)
  end
  return table.concat(tags)
end

-- Puts the link header in front of a network layer packet.
local function link(ethertype, network, options)
  local kind = options.link or "ethernet"
  local source = mac(options.eth_src or "02:00:00:00:00:01")
  local bytes
  if kind == "ethernet" then
    local destination = mac(options.eth_dst or "02:00:00:00:00:02")
    bytes = destination .. source .. vlan_tags(options.vlan) .. u16(ethertype) .. network
  elseif kind == "sll" then
    bytes = u16(0) .. u16(1) .. u16(6) .. source .. u16(0)
      .. u16(ethertype) .. network
  elseif kind == "sll2" then
    bytes = u16(ethertype) .. u16(0) .. u32(1) .. u16(1) .. u8(0) .. u8(6) .. source .. u16(0)
      .. network
  elseif kind == "raw" then
    bytes = network
  else
    error("unknown link type: " .. tostring(kind), 3)
  end
  if options.pad and #bytes < options.pad then
    bytes = bytes .. ("\0"):rep(options.pad - #bytes)
  end
  return packet(bytes, options)
end

local function pad4(bytes)
  return bytes .. ("\0"):rep(-#bytes % 4)
end

local function ipv4_header(proto, length, options, fragment)
  local extra = pad4(options.ip_options or "")
  local head = u8(0x40 + (20 + #extra) / 4) .. u8(options.tos or 0) .. u16(20 + #extra + length)
    .. u16(options.id or 0) .. u16(fragment or (options.df and 0x4000 or 0))
    .. u8(options.ttl or 64) .. u8(proto)
  local tail = ip(options.src) .. ip(options.dst) .. extra
  return head .. u16(checksum(head .. u16(0) .. tail)) .. tail
end

local function ipv6_header(proto, length, options)
  local extension = options.ip_options or ""
  return u32(0x60000000) .. u16(#extension + length)
    .. u8(extension ~= "" and (options.ip_options_type or 0) or proto) .. u8(options.ttl or 64)
    .. ip(options.src) .. ip(options.dst) .. extension
end

local function is_ipv6(options)
  return options.src:find(":", 1, true) ~= nil
end

local function network(proto, transport, options)
  if is_ipv6(options) then
    return link(ETHERTYPE_IPV6, ipv6_header(proto, #transport, options) .. transport, options)
  end
  return link(ETHERTYPE_IPV4, ipv4_header(proto, #transport, options) .. transport, options)
end

-- Checksum over the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) and the segment.
local function transport_checksum(proto, segment, options)
  local middle = is_ipv6(options) and u32(#segment) .. u32(proto) or u16(proto) .. u16(#segment)
  return checksum(ip(options.src) .. ip(options.dst) .. middle .. segment)
end

-- Adds the defaults of every IP packet to a copy of the options.
local function with_defaults(options)
  local all = { src = "10.1.0.1", dst = "10.1.0.2", sport = 40000, dport = 80, payload = "" }
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  return all
end

-- Pads the payload so that the frame is options.length bytes long.
local function fill(options, build)
  if not options.length then
    return build(options)
  end
  local missing = options.length - build(options).length
  if missing < 0 then
    error("length " .. options.length .. " is less than the headers and payload take", 3)
  end
  options.payload = options.payload .. ("x"):rep(missing)
  return build(options)
end

local function flag_bits(letters)
  local bits = 0
  for letter in letters:gmatch(".") do
    local value = TCP_FLAGS[letter]
    if not value then
      error('unknown TCP flag "' .. letter .. '"; known: F S R P A U E C', 3)
    end
    bits = bit.bor(bits, value)
  end
  return bits
end

local function tcp_segment(options)
  local extra = pad4(options.options or "")
  local head = u16(options.sport) .. u16(options.dport) .. u32(options.seq or 0) .. u32(options.ack or 0)
    .. u8((20 + #extra) / 4 * 16) .. u8(flag_bits(options.flags or "A")) .. u16(options.window or 65535)
  local tail = u16(options.urgent or 0) .. extra .. options.payload
  return head .. u16(transport_checksum(TCP, head .. u16(0) .. tail, options)) .. tail
end

local function udp_datagram(options)
  local head = u16(options.sport) .. u16(options.dport) .. u16(8 + #options.payload)
  local sum = transport_checksum(UDP, head .. u16(0) .. options.payload, options)
  return head .. u16(sum == 0 and 0xffff or sum) .. options.payload
end

local function icmp_message(options)
  local head = u8(options.type or 8) .. u8(options.code or 0)
  local tail = u32(options.rest or 0) .. options.payload
  local zeroed = head .. u16(0) .. tail
  local sum = is_ipv6(options) and transport_checksum(ICMPV6, zeroed, options) or checksum(zeroed)
  return head .. u16(sum) .. tail
end

--- A TCP segment.
-- Options (with defaults): src "10.1.0.1", dst "10.1.0.2" (IPv4 or IPv6), sport 40000, dport 80,
-- flags "A" (letters of "FSRPAUEC"), seq 0, ack 0, payload "", window, urgent, options (bytes).
-- Every IP packet: time, length (extends the payload until the frame is that long), captured
-- (captured bytes of the frame), ttl, tos, id, df, ip_options (IPv4 options, or IPv6 extension
-- headers, the first of type ip_options_type), vlan (a VID, or a list of VIDs or
-- `{ id =, type = }`), pad (Ethernet padding up to that frame length), link ("ethernet", "sll",
-- "sll2", "raw"), eth_src, eth_dst.
function packets.tcp(options)
  return fill(with_defaults(options), function(all)
    return network(TCP, tcp_segment(all), all)
  end)
end

--- A UDP datagram: src, dst, sport, dport, payload.
function packets.udp(options)
  return fill(with_defaults(options), function(all)
    return network(UDP, udp_datagram(all), all)
  end)
end

--- An ICMP message, ICMPv6 when the addresses are IPv6: type 8, code 0, rest (the 4 bytes after the
-- checksum, a number), payload.
function packets.icmp(options)
  return fill(with_defaults(options), function(all)
    return network(is_ipv6(all) and ICMPV6 or ICMP, icmp_message(all), all)
  end)
end

--- An IP packet of any protocol: proto, payload.
function packets.ip(options)
  return fill(with_defaults(options), function(all)
    return network(all.proto, all.payload, all)
  end)
end

--- The fragments of an IP packet, in order; kind is "tcp", "udp", "icmp" or "ip", size the bytes of
-- IP payload in each but the last, a multiple of 8.
function packets.fragments(kind, options, size)
  assert(size % 8 == 0 and size > 0, "fragment size must be a multiple of 8")
  local all = with_defaults(options)
  all.id = all.id or 1
  local segments = { tcp = tcp_segment, udp = udp_datagram, icmp = icmp_message }
  local protocols = { tcp = TCP, udp = UDP, icmp = is_ipv6(all) and ICMPV6 or ICMP }
  local proto = protocols[kind] or all.proto
  local whole = segments[kind] and segments[kind](all) or all.payload
  local list = {}
  for offset = 0, #whole - 1, size do
    local part = whole:sub(offset + 1, offset + size)
    local more = offset + size < #whole
    if is_ipv6(all) then
      local header = u8(proto) .. u8(0) .. u16(offset + (more and 1 or 0)) .. u32(all.id)
      list[#list + 1] = network(IPV6_FRAGMENT, header .. part, all)
    else
      local field = offset / 8 + (more and 0x2000 or 0)
      list[#list + 1] = link(ETHERTYPE_IPV4, ipv4_header(proto, #part, all, field) .. part, all)
    end
  end
  return list
end

--- An ARP packet: operation 1 (request) or 2 (reply), sha, spa, tha, tpa.
function packets.arp(options)
  local body = u16(1) .. u16(ETHERTYPE_IPV4) .. u8(6) .. u8(4) .. u16(options.operation or 1)
    .. mac(options.sha or options.eth_src or "02:00:00:00:00:01") .. ip(options.spa or "10.1.0.1")
    .. mac(options.tha or "00:00:00:00:00:00") .. ip(options.tpa or "10.1.0.2")
  return link(ETHERTYPE_ARP, body, options)
end

--- An Ethernet frame of any kind: type (the EtherType), payload, vlan, eth_src, eth_dst, pad.
function packets.ethernet(options)
  return link(options.type, options.payload or "", options)
end

--- A frame from hexadecimal digits, white space ignored; options: time, captured, link.
function packets.hex(digits, options)
  local bytes = digits:gsub("%s", ""):gsub("%x%x", function(pair)
    return u8(tonumber(pair, 16))
  end)
  return packet(bytes, options or {})
end

--- A connection with one HTTP request, as a list: SYN, SYN+ACK, ACK, request, ACK, response, ACK.
-- Options: client, server (addresses), client_port, server_port, method "GET", uri "/", host,
-- request (the whole request, instead), response, time (of the first packet), interval (s between
-- packets, 0.01).
function packets.http(options)
  options = options or {}
  local request = options.request
    or ("%s %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(
      options.method or "GET",
      options.uri or "/",
      options.host or "example.com"
    )
  local response = options.response or "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  local list, time = {}, options.time or 1
  local ends = {
    c2s = {
      src = options.client or "10.1.0.1",
      dst = options.server or "10.1.0.2",
      sport = options.client_port or 40000,
      dport = options.server_port or 80,
    },
  }
  ends.s2c =
    { src = ends.c2s.dst, dst = ends.c2s.src, sport = ends.c2s.dport, dport = ends.c2s.sport }
  local function add(direction, flags, seq, ack, payload)
    local one = { flags = flags, seq = seq, ack = ack, payload = payload, time = time }
    for name, value in pairs(ends[direction]) do
      one[name] = value
    end
    list[#list + 1] = packets.tcp(one)
    time = time + (options.interval or 0.01)
  end
  add("c2s", "S", 100, 0)
  add("s2c", "SA", 300, 101)
  add("c2s", "A", 101, 301)
  add("c2s", "PA", 101, 301, request)
  add("s2c", "A", 301, 101 + #request)
  add("s2c", "PA", 301, 101 + #request, response)
  add("c2s", "A", 101 + #request, 301 + #response)
  return list
end

--- The times of a list of packets, in s: a packet without one is 1 ms after the one before it, the
-- first at 1.
function packets.times(list)
  local times, previous = {}, 0.999
  for i, one in ipairs(list) do
    previous = one.time or previous + 0.001
    times[i] = previous
  end
  return times
end

--- Writes a capture file. Options: link (else that of the first packet), nanosecond (resolution),
-- swapped (the other byte order), snaplen.
function packets.write_pcap(path, list, options)
  options = options or {}
  local big_endian = (ffi.abi("be") and not options.swapped) or (ffi.abi("le") and options.swapped)
  local function word(value)
    return big_endian and u32(value) or u32(value):reverse()
  end
  local function half(value)
    return big_endian and u16(value) or u16(value):reverse()
  end
  local kind = options.link or (list[1] and list[1].link) or "ethernet"
  local out = {
    word(options.nanosecond and 0xa1b23c4d or 0xa1b2c3d4) .. half(2) .. half(4) .. word(0) .. word(0)
      .. word(options.snaplen or 262144) .. word(LINK_TYPES[kind]),
  }
  local units = options.nanosecond and 1e9 or 1e6
  for i, time in ipairs(packets.times(list)) do
    local seconds = math.floor(time)
    local fraction = math.floor((time - seconds) * units + 0.5)
    if fraction == units then
      seconds, fraction = seconds + 1, 0
    end
    local bytes = list[i].bytes:sub(1, options.snaplen)
    out[#out + 1] = word(seconds) .. word(fraction) .. word(#bytes) .. word(list[i].length) .. bytes
  end
  local file = assert(io.open(path, "wb"))
  assert(file:write(table.concat(out)))
  assert(file:close())
end

packets.LINK_TYPES = LINK_TYPES
require("spec.kit.options").guard_packets(packets)

return packets

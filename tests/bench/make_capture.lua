-- Writes a pcap file of minimum-size TCP packets (60 bytes and the FCS that captures do not have):
--     luajit make_capture.lua PACKETS FLOWS FILE
-- The flows take turns: a SYN each, a SYN+ACK each, then 6 bytes of data in alternating directions;
-- a packet every microsecond. Nothing is random.
local ffi = require("ffi")
local bit = require("bit")

local FRAME = 60
local RECORD = 16 + FRAME
local CHUNK = 4096 -- records per write
local START = 1700000000 -- s since the epoch
local SYN, ACK, PSH = 0x02, 0x10, 0x08

local function put16(at, value)
  at[0], at[1] = bit.band(bit.rshift(value, 8), 0xff), bit.band(value, 0xff)
end

local function put32(at, value)
  put16(at, bit.rshift(value, 16))
  put16(at + 2, value)
end

local function put32_little(at, value)
  for i = 0, 3 do
    at[i] = bit.band(bit.rshift(value, 8 * i), 0xff)
  end
end

-- The checksum of RFC 1071 in two steps.
local function add16(sum, at, length)
  for i = 0, length - 2, 2 do
    sum = sum + bit.lshift(at[i], 8) + at[i + 1]
  end
  return sum
end

local function complement16(sum)
  while sum > 0xffff do
    sum = bit.band(sum, 0xffff) + bit.rshift(sum, 16)
  end
  return bit.bnot(sum)
end

local function write_record(record, packet, flow_count)
  local flow = packet % flow_count
  local round = math.floor(packet / flow_count)
  local from_client = round % 2 == 0
  local data = round >= 2

  ffi.fill(record, RECORD)
  put32_little(record, START + math.floor(packet / 1000000))
  put32_little(record + 4, packet % 1000000)
  put32_little(record + 8, FRAME)
  put32_little(record + 12, FRAME)

  local ethernet = record + 16
  ethernet[0], ethernet[5] = 2, from_client and 2 or 1
  ethernet[6], ethernet[11] = 2, from_client and 1 or 2
  put16(ethernet + 12, 0x0800)

  local ip = ethernet + 14
  local client = ip + (from_client and 12 or 16)
  local server = ip + (from_client and 16 or 12)
  ip[0], ip[8], ip[9] = 0x45, 64, 6
  put16(ip + 2, data and 46 or 40)
  put32(client, 0x0a000000 + flow)
  put32(server, 0xc0a80001 + flow % 200)
  put16(ip + 10, complement16(add16(0, ip, 20)))

  -- Each side has sent its SYN and then 6 bytes in every second round from its third on.
  local own_turns = math.floor(round / 2)
  local other_turns = math.floor((round + 1) / 2)
  local own_sent = own_turns > 0 and 1 + 6 * (own_turns - 1) or 0
  local other_sent = other_turns > 0 and 1 + 6 * (other_turns - 1) or 0
  local tcp = ip + 20
  put16(tcp, from_client and 40000 or 80)
  put16(tcp + 2, from_client and 80 or 40000)
  put32(tcp + 4, 1000000 + own_sent)
  if round > 0 then
    put32(tcp + 8, 1000000 + other_sent)
  end
  tcp[12] = 0x50
  tcp[13] = (data and PSH or SYN) + (round > 0 and ACK or 0)
  put16(tcp + 14, 65535)
  if data then
    ffi.fill(tcp + 20, 6, 0x78)
  end
  local tcp_length = data and 26 or 20
  local pseudo_header = add16(6 + tcp_length, ip + 12, 8)
  put16(tcp + 16, complement16(add16(pseudo_header, tcp, tcp_length)))
end

local packet_count, flow_count, path = tonumber(arg[1]), tonumber(arg[2]), arg[3]
if not packet_count or not flow_count or not path then
  io.stderr:write("usage: luajit make_capture.lua PACKETS FLOWS FILE\n")
  os.exit(2)
end

local file = assert(io.open(path, "wb"))
local header = ffi.new("uint8_t[24]")
put32_little(header, 0xa1b2c3d4)
header[4], header[6] = 2, 4
put32_little(header + 16, 65535)
put32_little(header + 20, 1)
assert(file:write(ffi.string(header, 24)))

local records = ffi.new("uint8_t[?]", CHUNK * RECORD)
local packet = 0
while packet < packet_count do
  local count = math.min(CHUNK, packet_count - packet)
  for i = 0, count - 1 do
    write_record(records + i * RECORD, packet + i, flow_count)
  end
  assert(file:write(ffi.string(records, count * RECORD)))
  packet = packet + count
end
assert(file:close())

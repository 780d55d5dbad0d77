-- Makes every capture of the tests and the demo: luajit make.lua FOLDER
-- The files are the same each time, without random data.
local root = arg[0]:match("^(.*/)tests/captures/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local packets = require("spec.kit.packets")
local pcapng = require("tests.captures.pcapng")

local folder = arg[1]
if not folder then
  io.stderr:write("usage: luajit make.lua FOLDER\n")
  os.exit(2)
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

local function path_of(name)
  return folder .. "/" .. name
end

assert(os.execute("mkdir -p '" .. folder:gsub("'", [['\'']]) .. "'") == 0)

local demo = require("tests.captures.demo")()
packets.write_pcap(path_of("demo.pcap"), demo)

for _, subject in ipairs({ "tcp", "suppress", "network", "identity", "classifiers", "mixed" }) do
  for name, build in pairs(require("tests.captures.cases." .. subject)) do
    packets.write_pcap(path_of(name .. ".pcap"), build())
  end
end

-- The same packets in the other forms of a capture file.
local http = require("tests.captures.cases.tcp").http()
packets.write_pcap(path_of("swapped.pcap"), http, { swapped = true })
packets.write_pcap(path_of("nanosecond.pcap"), http, { nanosecond = true })
packets.write_pcap(path_of("nanosecond_swapped.pcap"), http, { nanosecond = true, swapped = true })
pcapng.write(path_of("pcapng.pcapng"), http)
packets.write_pcap(path_of("empty.pcap"), {})

-- Two files that are one stream: a connection continues in the second file.
local first, second = {}, {}
for i, packet in ipairs(http) do
  table.insert(i <= 4 and first or second, packet)
end
packets.write_pcap(path_of("stream_1.pcap"), first)
pcapng.write(path_of("stream_2.pcapng"), second)

-- Damaged files: cut in a record's data, in a record's header, in the file's header; a record that
-- claims to be larger than the limit; a file that is no capture.
local whole = read(path_of("http.pcap"))
write(path_of("cut_in_data.pcap"), whole:sub(1, -20))
local last_record = 16 + #http[#http].bytes
write(path_of("cut_in_header.pcap"), whole:sub(1, #whole - last_record + 7))
write(path_of("cut_at_start.pcap"), whole:sub(1, 23))
write(path_of("record_too_long.pcap"), whole:sub(1, #whole - last_record + 8) .. ("\255"):rep(8) .. whole:sub(-50))
write(path_of("cut.pcapng"), read(path_of("pcapng.pcapng")):sub(1, -20))
write(path_of("not_a_capture.pcap"), ("This is text, not packets.\n"):rep(10))

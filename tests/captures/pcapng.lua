-- Writes a small pcapng file: a section header, an interface for each resolution, one enhanced
-- packet block for each packet, a block of an unknown type in between.
local ffi = require("ffi")
local packets = require("spec.kit.packets")

local pcapng = {}

local function u16(value)
  return string.char(value % 256, math.floor(value / 256) % 256)
end

local function u32(value)
  return u16(value % 65536) .. u16(math.floor(value / 65536) % 65536)
end

local function padded(bytes)
  return bytes .. ("\0"):rep(-#bytes % 4)
end

local function block(kind, body)
  local length = 12 + #body
  return u32(kind) .. u32(length) .. body .. u32(length)
end

local function interface(link, resolution)
  local options = u16(9) .. u16(1) .. padded(string.char(resolution)) .. u16(0) .. u16(0)
  return block(1, u16(packets.LINK_TYPES[link]) .. u16(0) .. u32(0) .. options)
end

-- Packets alternate between an interface of microseconds and one of nanoseconds.
function pcapng.write(path, list)
  local link = list[1].link
  local out = {
    block(0x0a0d0d0a, u32(0x1a2b3c4d) .. u16(1) .. u16(0) .. u32(0xffffffff) .. u32(0xffffffff)),
    interface(link, 6),
    interface(link, 9),
    block(0x0bad, "an unknown kind of block"),
  }
  for i, time in ipairs(packets.times(list)) do
    local on_second = i % 2 == 0
    local ticks = ffi.cast("uint64_t", time * 1e6 + 0.5)
    if on_second then
      ticks = ticks * 1000
    end
    local body = u32(on_second and 1 or 0)
      .. u32(tonumber(ticks / 2 ^ 32))
      .. u32(tonumber(ticks % 2 ^ 32))
      .. u32(#list[i].bytes)
      .. u32(list[i].length)
      .. padded(list[i].bytes)
    out[#out + 1] = block(6, body)
  end
  local file = assert(io.open(path, "wb"))
  assert(file:write(table.concat(out)))
  assert(file:close())
end

return pcapng

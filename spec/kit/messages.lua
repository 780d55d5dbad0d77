--- Messages of other protocols as bytes, for the payload of packets: TLS, QUIC, DNS, DHCP, LLDP.
-- @module spec.kit.messages
local ffi = require("ffi")

require("spec.kit.packets")

local messages = {}

local function u8(value)
  return string.char(value % 256)
end

local function u16(value)
  return string.char(math.floor(value / 256) % 256, value % 256)
end

local function u32(value)
  return u16(math.floor(value / 65536)) .. u16(value % 65536)
end

-- spec.kit.packets declares inet_pton.
local function ip(text)
  local address = ffi.new("uint8_t[16]")
  local version6 = text:find(":", 1, true)
  assert(ffi.C.inet_pton(version6 and 10 or 2, text, address) == 1, text)
  return ffi.string(address, version6 and 16 or 4)
end

local function mac(text)
  return (text:gsub(":", ""):gsub("%x%x", function(digits)
    return u8(tonumber(digits, 16))
  end))
end

messages.u8, messages.u16, messages.u32, messages.ip, messages.mac = u8, u16, u32, ip, mac

-- DNS: RFC 1035.

function messages.dns_name(text)
  return (text:gsub("([^.]+)%.?", function(label)
    return u8(#label) .. label
  end)) .. "\0"
end

local DNS_TYPES = { A = 1, NS = 2, CNAME = 5, PTR = 12, MX = 15, TXT = 16, AAAA = 28, SRV = 33, HTTPS = 65 }

local function dns_type(given)
  local number = type(given) == "number" and given or DNS_TYPES[given]
  if not number then
    error(('unknown DNS type "%s"; known: A NS CNAME PTR MX TXT AAAA SRV HTTPS, others by number'):format(
      tostring(given)))
  end
  return number
end

local DNS_POINTER_TO_QUESTION = "\192\12"

-- Options: name, type "A" (or a number), id, answers: a list of { type, data (an address, or the
-- name of a CNAME; otherwise raw bytes), name (by default the question's, as a compression
-- pointer), ttl }; without answers it is a query.
function messages.dns(options)
  local answers = options.answers
  local out = {
    u16(options.id or 1),
    u16(answers and 0x8180 or 0x0100),
    u16(1) .. u16(answers and #answers or 0) .. u32(0),
    messages.dns_name(options.name) .. u16(dns_type(options.type or "A")) .. u16(1),
  }
  for _, answer in ipairs(answers or {}) do
    local data = answer.raw or (answer.type == "CNAME" and messages.dns_name(answer.data) or ip(answer.data))
    out[#out + 1] = (answer.name and messages.dns_name(answer.name) or DNS_POINTER_TO_QUESTION)
      .. u16(dns_type(answer.type))
      .. u16(1)
      .. u32(answer.ttl or 300)
      .. u16(#data)
      .. data
  end
  return table.concat(out)
end

-- DHCP: RFC 2131, 2132.

local DHCP_TYPES = { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5 }

local function dhcp_option(code, data)
  return data and u8(code) .. u8(#data) .. data or ""
end

-- Options: type ("DISCOVER", ...), client_mac, assigned, requested, server (addresses), host_name,
-- vendor_class, lease (s), transaction.
function messages.dhcp(options)
  local kind = DHCP_TYPES[options.type]
  local is_reply = kind == 2 or kind == 5
  return u8(is_reply and 2 or 1)
    .. u8(1)
    .. u8(6)
    .. u8(0)
    .. u32(options.transaction or 1)
    .. u32(0)
    .. ip("0.0.0.0")
    .. ip(options.assigned or "0.0.0.0")
    .. ip("0.0.0.0")
    .. ip("0.0.0.0")
    .. mac(options.client_mac)
    .. ("\0"):rep(10 + 64 + 128)
    .. u32(0x63825363)
    .. dhcp_option(53, u8(kind))
    .. dhcp_option(50, options.requested and ip(options.requested))
    .. dhcp_option(54, options.server and ip(options.server))
    .. dhcp_option(51, options.lease and u32(options.lease))
    .. dhcp_option(12, options.host_name)
    .. dhcp_option(60, options.vendor_class)
    .. u8(255)
end

-- LLDP: IEEE 802.1AB.

local function tlv(kind, data)
  return u16(kind * 512 + #data) .. data
end

-- Options: chassis (MAC), port (name), port_description, system_name, management (IPv4 address).
function messages.lldp(options)
  local out = tlv(1, u8(4) .. mac(options.chassis)) .. tlv(2, u8(5) .. options.port) .. tlv(3, u16(120))
  if options.port_description then
    out = out .. tlv(4, options.port_description)
  end
  if options.system_name then
    out = out .. tlv(5, options.system_name)
  end
  if options.management then
    out = out .. tlv(8, u8(5) .. u8(1) .. ip(options.management) .. u8(2) .. u32(1) .. u8(0))
  end
  return out .. tlv(0, "")
end

-- The bytes after the first 8 of an ICMPv6 neighbour advertisement: RFC 4861 section 4.4.
function messages.neighbour_advertisement(target, target_mac)
  return ip(target) .. u8(2) .. u8(1) .. mac(target_mac)
end

-- TLS: RFC 8446, RFC 6066, RFC 7301.

local function list8(data)
  return u8(#data) .. data
end

local function list16(data)
  return u16(#data) .. data
end

local function numbers(list)
  local out = {}
  for i, number in ipairs(list) do
    out[i] = u16(number)
  end
  return table.concat(out)
end

local function extension(kind, data)
  return u16(kind) .. list16(data)
end
messages.tls_extension = extension

-- The handshake message without a record around it. Options: sni, alpn (list), versions, ciphers, groups,
-- signatures (lists of numbers) and formats (bytes; false: no such extension), first and last (extensions
-- around the others, bytes), pad (bytes of padding), version (of the hello itself).
function messages.client_hello(options)
  local extensions = { options.first or "" }
  local function add(kind, data)
    extensions[#extensions + 1] = data and extension(kind, data) or ""
  end
  local function given(list, default)
    return list ~= false and numbers(list or default) or nil
  end
  local groups = given(options.groups, { 0x001d, 0x0017 })
  local signatures = given(options.signatures, { 0x0403, 0x0804 })
  local versions = given(options.versions, { 0x0304, 0x0303 })
  local protocols = {}
  for i, name in ipairs(options.alpn or {}) do
    protocols[i] = list8(name)
  end
  add(0, options.sni and list16(u8(0) .. list16(options.sni)))
  add(10, groups and list16(groups))
  add(11, options.formats ~= false and list8(options.formats or "\0"))
  add(13, signatures and list16(signatures))
  add(16, options.alpn and list16(table.concat(protocols)))
  add(43, versions and list8(versions))
  add(21, options.pad and ("\0"):rep(options.pad))
  extensions = table.concat(extensions) .. (options.last or "")
  local body = u16(options.version or 0x0303)
    .. ("r"):rep(32)
    .. list8(("s"):rep(32))
    .. list16(numbers(options.ciphers or { 0x1301, 0x1302, 0xc02b }))
    .. list8("\0")
    .. (extensions ~= "" and list16(extensions) or "")
  return u8(1) .. u8(0) .. u16(#body) .. body
end

-- A handshake message in TLS records of at most size bytes.
function messages.tls_records(message, size)
  local out = {}
  for at = 1, #message, size or 16384 do
    local part = message:sub(at, at + (size or 16384) - 1)
    out[#out + 1] = u8(22) .. u16(0x0301) .. list16(part)
  end
  return table.concat(out)
end

-- QUIC: RFC 9000 section 17.2.2. Options: version 1, type (of the long header), destination, source (IDs),
-- token, length (of the rest, by default up to a datagram of 1200 bytes).
function messages.quic_initial(options)
  local token = options.token or ""
  local head = u8(0xc0 + 16 * (options.type or 0))
    .. u32(options.version or 1)
    .. list8(options.destination or ("d"):rep(8))
    .. list8(options.source or "")
    .. (#token < 64 and u8(#token) or u16(0x4000 + #token))
    .. token
  local rest = options.length or (1200 - #head - 2)
  return head .. u16(0x4000 + rest) .. ("\165"):rep(rest)
end

require("spec.kit.options").guard_messages(messages)

return messages

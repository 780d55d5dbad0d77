--- The byte sources that helper modules (lua/) accept, and the C objects that they return to
-- classifiers. Load it once per VM: a C type can have only one metatable.
local C, steps = ...
local ffi = require("ffi")

local istype, charge_bytes = ffi.istype, steps.charge_bytes
local bytes_pointer = ffi.typeof("const uint8_t *")
local view_type = ffi.typeof("struct flow_view")
local stream_type = ffi.typeof("struct flow_stream")

local length_of = ffi.new("uint32_t[1]")

local bytes = {}

--- Returns a pointer to the bytes of source, their number, and their number on the wire. source is a flow (the
-- payload of its current packet), a stream (flow:stream()) or a string. what: name of the calling function, for the
-- error message. level: where to raise it, as in error(); by default at the caller of the helper module. Charges steps.
function bytes.of(source, what, level)
  if istype(view_type, source) then
    if source.payload_length == 0 then
      return nil, 0, 0
    end
    local at = C.dpae_flow_payload(source, length_of)
    charge_bytes(length_of[0])
    return at, length_of[0], source.payload_length
  end
  if istype(stream_type, source) then
    local at = C.dpae_stream_bytes(source, length_of)
    charge_bytes(length_of[0])
    return at, length_of[0], length_of[0]
  end
  if type(source) == "string" then
    charge_bytes(#source)
    return ffi.cast(bytes_pointer, source), #source, #source
  end
  error(("%s takes the flow passed to classifier(), flow:stream(), or a string"):format(what), level or 4)
end

--- Whether the bytes of source come from TCP; false for a string.
function bytes.are_tcp(source)
  return istype(stream_type, source) or istype(view_type, source) and source.proto == 6
end

local STREAM_FIELDS = "from_start, full, length, lost, missing, s2c, text"

ffi.metatype(stream_type, {
  __index = function(stream, name)
    if name == "text" then
      local at = C.dpae_stream_bytes(stream, length_of)
      charge_bytes(length_of[0])
      return length_of[0] == 0 and "" or ffi.string(at, length_of[0])
    end
    error(('a stream has no field "%s"; it has: %s'):format(type(name) == "string" and name or type(name),
      STREAM_FIELDS), 2)
  end,
  __tostring = function()
    return "stream"
  end,
})

-- The classifiers' view of a histogram: without an array, so that scripts cannot read past its
-- end.
local members = {}
for i = 0, 255 do
  members[#members + 1] = ("const uint32_t _%d;"):format(i)
end
ffi.cdef("struct counted_bytes {" .. table.concat(members) .. "};")
local histogram_type = ffi.typeof("struct counted_bytes")
local histogram_pointer = ffi.typeof("struct byte_histogram *")

local function counts_of(histogram, name)
  if not istype(histogram_type, histogram) then
    error(("call it with a colon: histogram:%s()"):format(name), 3)
  end
  return ffi.cast(histogram_pointer, histogram)
end

local histogram = {}

function histogram.add(self, source)
  local counts = counts_of(self, "add")
  local at, length = bytes.of(source, "histogram:add()", 3)
  C.dpae_histogram_add(counts, at, length)
end

function histogram.entropy(self)
  return C.dpae_histogram_entropy(counts_of(self, "entropy"))
end

function histogram.total(self)
  return C.dpae_histogram_total(counts_of(self, "total"))
end

function histogram.count(self, byte)
  local counts = counts_of(self, "count")
  if type(byte) ~= "number" or not (byte >= 0 and byte <= 255) then
    error("histogram:count(byte): byte is a number from 0 to 255", 2)
  end
  return counts.count[byte]
end

local NO_FIELD = 'histogram has no field "%s"; it has: add, count, entropy, total'

ffi.metatype(histogram_type, {
  __index = function(_, name)
    local method = histogram[name]
    if method then
      return method
    end
    error(NO_FIELD:format(type(name) == "string" and name or type(name)), 2)
  end,
  __tostring = function()
    return "histogram"
  end,
})

--- Creates an empty histogram.
function bytes.histogram()
  return histogram_type()
end

return bytes

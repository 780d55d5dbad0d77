--- The parts of `flow` beyond the members of struct flow_view (flow_view.h): getters for text, methods, and helpful
-- errors.
--
-- C is the FFI namespace with the dpae_ functions; state_of(view) returns the classifier's table for the flow; steps
-- is charged for payload. Load it once per VM, after declaring flow_view.h.
local C, state_of, steps = ...
local ffi = require("ffi")
local bit = require("bit")

local band, istype, text_of = bit.band, ffi.istype, ffi.string
local view_type = ffi.typeof("struct flow_view")

-- Caches the text of make(view) while the view shows the same packet.
local function cached(make)
  local serial, text
  return function(view)
    if serial ~= view.serial then
      text = make(view)
      serial = view.serial
    end
    return text
  end
end

local address_text = ffi.new("char[46]")

local function address(which)
  return cached(function(view)
    return text_of(address_text, C.dpae_flow_address(view, which, address_text))
  end)
end

local payload_length = ffi.new("uint32_t[1]")
local verified = { [0] = false, [1] = "verified-SYN", [2] = "verified-SYNACK" }

local getters = {
  ip_src = address(0),
  ip_dst = address(1),
  client = address(2),
  server = address(3),
  state = state_of,
}

local name_text = ffi.new("char[256]")

getters.server_name = cached(function(view)
  return text_of(name_text, C.dpae_flow_server_name(view, name_text))
end)

getters.payload = cached(function(view)
  if view.payload_length == 0 then
    return ""
  end
  local bytes = C.dpae_flow_payload(view, payload_length)
  steps.charge_bytes(payload_length[0])
  return text_of(bytes, payload_length[0])
end)

function getters.packet_direction(view)
  return view.from_client and "c2s" or "s2c"
end

function getters.verified_direction(view)
  return verified[C.dpae_flow_verified(view)]
end

function getters.time(view)
  return C.dpae_flow_time(view)
end

function getters.start_time(view)
  return C.dpae_flow_start_time(view)
end

local methods = {}

local function method(name, call)
  methods[name] = function(view)
    if not istype(view_type, view) then
      error(("call it with a colon: flow:%s()"):format(name), 2)
    end
    return call(view)
  end
end

for name, flag in pairs({ fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32, ece = 64, cwr = 128 }) do
  method("tcp_" .. name, function(view)
    return band(view.tcp_flags, flag) ~= 0
  end)
end

method("max_packet_size", function(view)
  return C.dpae_flow_max_packet_size(view)
end)

method("max_interpacket_interval", function(view)
  return C.dpae_flow_max_interval(view)
end)

method("min_interpacket_interval", function(view)
  return C.dpae_flow_min_interval(view)
end)

method("set_suppress_flow", function(view)
  C.dpae_flow_suppress(view)
end)

local directions = { c2s = 0, s2c = 1 }

--- The contiguous bytes of a direction, by default that of the current packet.
function methods.stream(view, direction)
  if not istype(view_type, view) then
    error('call it with a colon: flow:stream("c2s")', 2)
  end
  local which = direction == nil and 2 or directions[direction]
  if not which then
    error('flow:stream(direction): direction is "c2s" or "s2c"', 2)
  end
  return C.dpae_flow_stream(view, which)[0]
end

local function sorted_keys(...)
  local keys = {}
  for _, map in ipairs({ ... }) do
    for key in pairs(map) do
      keys[#keys + 1] = key
    end
  end
  table.sort(keys)
  return keys
end

local view_module = { getters = sorted_keys(getters), methods = sorted_keys(methods), members = {} }

--- Collects the names of the struct's members, for error messages.
function view_module.name_members(header)
  local body = header:match("struct flow_view {(.-)\n};"):gsub("/%*.-%*/", "")
  for name in body:gmatch("([%w_]+);") do
    table.insert(view_module.members, name)
  end
end

local function has_no_field(name)
  local kind = type(name)
  local shown = (kind == "string" or kind == "number") and name or kind
  local known = {}
  for _, list in ipairs({ view_module.members, view_module.getters, view_module.methods }) do
    for _, one in ipairs(list) do
      known[#known + 1] = one
    end
  end
  table.sort(known)
  local near = C.dpae_nearest_word(tostring(shown), ffi.new("const char *[?]", #known, known), #known)
  local hint = near ~= nil and ('did you mean "%s"?'):format(text_of(near))
    or "it has: " .. table.concat(known, ", ")
  return ('flow has no field "%s"; %s'):format(shown, hint)
end

ffi.metatype(view_type, {
  __index = function(view, name)
    local call = methods[name]
    if call then
      return call
    end
    local get = getters[name]
    if get then
      return get(view)
    end
    error(has_no_field(name), 2)
  end,

  -- Members of the struct never reach this: the FFI rejects writes to const ones.
  __newindex = function(_, name)
    if methods[name] or getters[name] then
      error(("flow.%s cannot be set: a classifier may only set flow.finalised"):format(name), 2)
    end
    error(has_no_field(name), 2)
  end,

  __tostring = function()
    return "flow"
  end,
})

return view_module

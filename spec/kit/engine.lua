--- The C flow engine and script host, loaded from the library named by DPAE_SPEC_LIBRARY, by
-- default build/libdpae_spec.so.
-- @module spec.kit.engine
local ffi = require("ffi")

-- Values of enum packet_class, flow_result, link_type.
local CLASSES = { [0] = "flow", "fragment", "arp", "lldp", "other", "malformed" }
local RESULTS = { [0] = "packet", "retransmission", "late", "fragment-waits" }
local LINKS = { ethernet = 0, sll = 1, sll2 = 2, raw = 3 }
local LINK_NAMES = { [0] = "ethernet", "sll", "sll2", "raw" }

local size = ffi.new("size_t[1]")

-- The core/script file of this name, as of the library's build.
local function part(C, name)
  local text = C.dpae_embedded_text(name, size)
  return ffi.string(text, size[0])
end

-- Runs such a file, which is Lua.
local function run(C, name, ...)
  return assert(loadstring(part(C, name), "=" .. name))(...)
end

local function load_library()
  local path = os.getenv("DPAE_SPEC_LIBRARY") or "build/libdpae_spec.so"
  local found, C = pcall(ffi.load, path, true)
  if not found then
    error(("cannot load %s (%s): run ./setup.sh test once, which builds it, or set "
      .. "DPAE_SPEC_LIBRARY"):format(path, C), 0)
  end
  return C
end

local function do_nothing() end

-- Helper modules charge no steps outside of a classifier.
local NO_LIMITS = {
  STRING_MAX = 2 ^ 16,
  charge = do_nothing,
  charge_bytes = do_nothing,
  charge_conversion = do_nothing,
  rest = function()
    return math.huge
  end,
}

-- A VM can declare a type only once, but busted loads this file again for every spec.
local function open_library()
  local C = load_library()
  ffi.cdef("const char *dpae_embedded_text(const char *name, size_t *length);")
  local declare = run(C, "declare.lua")
  declare(part(C, "flow_view.h"))
  declare(part(C, "stream.h"))
  declare(part(C, "engine.h"))
  for _, header in ipairs(run(C, "helper_headers.lua")) do
    declare(part(C, header))
  end
  local view = run(C, "view.lua", C, function()
    error("flow.state belongs to the classifier that asks for it", 3)
  end, NO_LIMITS)
  view.name_members(part(C, "flow_view.h"))
  local sandbox = run(C, "sandbox.lua", C, NO_LIMITS, function(name, ...)
    return run(C, name, ...)
  end)
  local bytes, moments = run(C, "bytes.lua", C, NO_LIMITS), run(C, "moments.lua")
  local regexes = run(C, "regexes.lua", C, bytes, NO_LIMITS)
  return {
    C = C,
    view = view,
    new_native = function()
      return run(C, "native.lua", C, NO_LIMITS, bytes, moments, sandbox.nearest, regexes.maker())
    end,
    sandbox = sandbox,
  }
end

local registry = debug.getregistry()
registry.dpae_spec = registry.dpae_spec or open_library()
local C = registry.dpae_spec.C

local message = ffi.new("char[512]")

local engine = {
  -- Default directories of classifiers and helper modules.
  classifiers = os.getenv("DPAE_CLASSIFIERS_DIRECTORY") or "classifiers",
  lua = os.getenv("DPAE_LUA_DIRECTORY") or "lua",
  view = registry.dpae_spec.view,
  new_native = registry.dpae_spec.new_native, -- C functions for helper modules
  sandbox = registry.dpae_spec.sandbox,
}

local Engine = {}
Engine.__index = Engine

--- Creates an engine. Options: classifiers and lua (directories), settings (YAML text). Level is
-- where an error is raised, as in error(); by default 2, the caller.
function engine.new(options, level)
  local handle = C.dpae_engine_new(
    options.classifiers or engine.classifiers,
    options.lua or engine.lua,
    options.settings or "",
    message,
    ffi.sizeof(message)
  )
  if handle == nil then
    error(ffi.string(message), level or 2)
  end
  return setmetatable({ handle = ffi.gc(handle, C.dpae_engine_free), names = {} }, Engine)
end

--- Loads classifiers by name. Returns "" or the faults, one per line.
function Engine:load(names)
  self.names = names
  local list = ffi.new("const char *[?]", #names + 1, names)
  return ffi.string(C.dpae_engine_load(self.handle, list, #names))
end

local function members(mask)
  local set = {}
  for i = 0, 15 do
    if bit.band(mask, bit.lshift(1, i)) ~= 0 then
      set[#set + 1] = i
    end
  end
  return set
end

--- Processes one packet (spec.kit.packets) at a time in s. Returns its outcome: class, result
-- ("packet", "retransmission", ..., nil without a flow), flow (its view, valid until the next
-- packet), verdicts (a list of { classifier =, qos_treatment =, why = }), errors (a list of
-- strings), and finalised (by all classifiers).
function Engine:ingest(packet, time)
  local outcome = ffi.new("struct dpae_outcome")
  C.dpae_engine_ingest(self.handle, packet.bytes, #packet.bytes, packet.length,
    LINKS[packet.link or "ethernet"], time, outcome)
  local what = { class = CLASSES[outcome.packet_class], result = RESULTS[outcome.flow_result] }
  what.flow = what.result and what.result ~= "fragment-waits" and C.dpae_engine_view(self.handle)[0] or nil
  what.verdicts, what.errors, what.ran = {}, {}, {}
  for _, i in ipairs(members(outcome.spoke)) do
    local why = C.dpae_engine_why(self.handle, i)
    table.insert(what.verdicts, {
      why = why ~= nil and ffi.string(why) or nil,
      classifier = self.names[i + 1],
      qos_treatment = ffi.string(C.dpae_treatment_name(outcome.treatment[i])),
    })
  end
  for _, i in ipairs(members(outcome.failed)) do
    table.insert(what.errors, ffi.string(C.dpae_engine_last_error(self.handle, i)))
  end
  for _, i in ipairs(members(outcome.ran)) do
    table.insert(what.ran, self.names[i + 1])
  end
  what.finalised = #self.names > 0 and #members(outcome.finalised) == #self.names
  return what
end

--- Writes the queued log lines of classifiers to stderr.
function Engine:flush_log()
  C.dpae_engine_flush_log(self.handle)
end

--- Names of quarantined classifiers.
function Engine:quarantined()
  local names = {}
  for _, i in ipairs(members(C.dpae_engine_quarantined(self.handle))) do
    names[#names + 1] = self.names[i + 1]
  end
  return names
end

--- The packets of a capture file, in the form of spec.kit.packets.
function engine.read_capture(path)
  local capture = C.dpae_capture_open(path, message, ffi.sizeof(message))
  if capture == nil then
    error(ffi.string(message), 2)
  end
  ffi.gc(capture, C.dpae_capture_close)
  local bytes, time = ffi.new("const uint8_t *[1]"), ffi.new("double[1]")
  local captured, length = ffi.new("uint32_t[1]"), ffi.new("uint32_t[1]")
  local link = ffi.new("int[1]")
  local list = {}
  while C.dpae_capture_next(capture, bytes, captured, length, link, time, message, ffi.sizeof(message)) ~= 0 do
    list[#list + 1] = {
      bytes = ffi.string(bytes[0], captured[0]),
      length = length[0],
      time = time[0],
      link = LINK_NAMES[link[0]],
    }
  end
  if message[0] ~= 0 then
    error(ffi.string(message), 2)
  end
  return list
end

return engine

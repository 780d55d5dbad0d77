--- Counts aborts of the JIT compiler in classifiers, for --profile. Aborts while a classifier is
-- being loaded do not count: the host causes them, once.
local exchange, profiles = ...
local ffi = require("ffi")
local NO_CLASSIFIER = ffi.C.SCRIPT_NO_CLASSIFIER
local jit = require("jit")
local util = require("jit.util")

local has_names, names = pcall(require, "jit.vmdef")

-- The reason as text if LuaJIT's table of reasons is installed. detail is a number, text or a
-- function.
local function reason_of(code, detail)
  local text = has_names and names.traceerr[code]
  if not text then
    return ("reason %s"):format(code)
  end
  if text:find("bytecode", 1, true) and type(detail) == "number" then
    detail = names.bcnames:sub(6 * detail + 1, 6 * detail + 6):gsub(" ", "")
    text = text:gsub("%%d", "%%s")
  elseif type(detail) == "function" then
    local info = util.funcinfo(detail)
    detail = info.loc or (info.ffid and names.ffnames[info.ffid]) or "a C function"
  end
  local made, shown = pcall(text.format, text, detail)
  return made and shown or text
end

local function count_abort(what, _, func, pc, code, detail)
  if what ~= "abort" or exchange.current >= NO_CLASSIFIER or exchange.loading then
    return
  end
  local profile = profiles[exchange.current]
  local place = util.funcinfo(func, pc).loc or "a C function"
  local text = ("%s at %s"):format(reason_of(code, detail), place)
  profile.aborts = profile.aborts + 1
  ffi.copy(profile.abort, text:sub(1, ffi.sizeof(profile.abort) - 1))
end

jit.attach(count_abort, "trace")

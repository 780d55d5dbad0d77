--- The Lua half of the script host: connects its parts, loads classifiers and validates their
-- verdicts. host.c runs it once per VM and calls the functions it returns.
local parts, given = ...
local ffi = require("ffi")

-- When a trace reaches the limit of snapshots while the JIT compiler records certain calls,
-- LuaJIT unbalances its stack and jumps into data (export.h). A limit above that of instructions
-- is never reached.
require("jit.opt").start("maxsnap=5000") -- maxrecord is 4000

-- Passed by host.c: exchange and log_queue (pointers), treatments (name -> number),
-- read_source(classifier name, path) (text; or nil, a message, and whether that message is
-- complete advice), list_directory(path) (names), settings(name) (a table), the directories,
-- profile (pointer to an array, or nil), limits (steps and budget_us of a call, load_steps and
-- load_budget_us, memory_mb, table_keys).
local C = ffi.C

local function part(name, ...)
  return assert(load(parts[name], "=" .. name, "t"))(...)
end

local declare = part("declare.lua")
for _, header in ipairs({ "flow_view.h", "stream.h", "host.h", "limits.h", "log_queue.h", "profile.h", "source.h" }) do
  declare(parts[header])
end
for _, header in ipairs(part("helper_headers.lua")) do
  declare(parts[header])
end

local exchange = ffi.cast("struct script_exchange *", given.exchange)
local classifiers = {} -- by index in the set, from 0
local states = part("state.lua", C, exchange)
local holdings = part("holdings.lua", exchange, given.limits.memory_mb * 2 ^ 20, classifiers, states)
local steps = part("steps.lua", C, exchange, holdings.relieve, given.limits)
local instrument = part("instrument.lua", part("lexer.lua"))
local sandbox = part("sandbox.lua", C, steps, part)
local new_logger = part("logger.lua", C, ffi.cast("struct log_queue *", given.log_queue), steps, sandbox.nearest)
local make_loop = part("loop.lua")
local view = part("view.lua", C, states.of, steps)
local bytes = part("bytes.lua", C, steps)
local moments = part("moments.lua")
local regexes = part("regexes.lua", C, bytes, steps, exchange)
view.name_members(parts["flow_view.h"])
sandbox.guard_strings()
local text_of = sandbox.text

local errors = part("errors.lua", C, parts)
local display_name = errors.display_name

local profile = given.profile and ffi.cast("struct script_profile *", given.profile)
if profile then
  part("profile.lua", exchange, profile)
end

-- A problem of a file as a whole. Problems found by Lua are strings with file and line.
local Fault = {}

local function raise_fault(file, text, ...)
  error(setmetatable({ file = file, text = text:format(...) }, Fault), 0)
end

-- The classifier being loaded: its name, its files, their texts by chunk name, a hash over the
-- texts in reading order, and the place of new() while that runs.
local reading

local CHECKED_BYTES = 2 ^ 20 -- limit of the cached texts, which count for no classifier
local checked_texts, checked_bytes = {}, 0 -- text -> text with checks; helper modules are loaded often

local function check_text(text)
  local checked = checked_texts[text]
  if not checked then
    checked = instrument(text)
    local size = #text + #checked
    if checked_bytes + size > CHECKED_BYTES then
      checked_texts, checked_bytes = {}, 0
    end
    if size <= CHECKED_BYTES then
      checked_texts[text], checked_bytes = checked, checked_bytes + size
    end
  end
  return checked
end

-- Compiles a source text with its checks. The plain text is compiled first, so that syntax errors
-- refer to it.
local function compile_text(text, shown, environment)
  local chunk, message = load(text, "@" .. shown, "t", environment)
  if not chunk then
    error(message, 0)
  end
  local made, checked = pcall(check_text, text)
  if not made then
    error(type(checked) == "table" and ("%s:%d: %s"):format(shown, checked.line, checked.problem) or checked, 0)
  end
  chunk, message = load(checked, "@" .. shown, "t", environment)
  if not chunk then
    error(message .. "; it is too large with the checks of its limits: split the function or the expression", 0)
  end
  return chunk
end

-- Compiles a file of a directory in an environment. refuse(path, problem) raises an error with
-- advice for a file that cannot be read.
local function compile(directory, file, environment, refuse)
  local path = directory .. "/" .. file
  local text, problem, there = given.read_source(reading.name, path)
  reading.files[#reading.files + 1] = path
  if there then
    raise_fault(path, "%s", problem)
  elseif not text then
    refuse(path, problem)
  end
  local shown = display_name(directory, file)
  reading.hash = given.hash(reading.hash, text)
  reading.texts[shown] = text
  return compile_text(text, shown, environment)
end

local function is_module_name(name)
  return type(name) == "string"
    and name:match("^[%w_.]+$")
    and not (name:find("^%.") or name:find("%.$") or name:find("..", 1, true))
end

-- Advice for a missing helper module.
local function advise_module(name)
  local folder = name:match("^.*%.") or ""
  local modules = {}
  for _, file in ipairs(given.list_directory(given.lua_directory .. "/" .. folder:gsub("%.", "/"))) do
    local module = file:match("^([%w_]+)%.lua$")
    if module and folder .. module ~= name then
      modules[#modules + 1] = folder .. module
    end
  end
  table.sort(modules)
  local near = sandbox.nearest(name, modules)
  if near then
    return ('did you mean "%s"?'):format(near)
  end
  return "helper modules are files in " .. given.lua_directory
    .. (#modules > 0 and "; available: " .. table.concat(modules, ", ") or "")
end

-- The require() of one classifier. Each classifier has its own instances of helper modules, so
-- that its changes to them affect no other.
local function module_loader(classifier)
  local loaded, path, open = {}, {}, true
  local loader = {}
  local new_regex = regexes.maker()

  local function load_module(name)
    local file = name:gsub("%.", "/") .. ".lua"
    local shown = display_name(given.lua_directory, file)
    table.insert(path, name)
    for i = 1, #path - 1 do
      if path[i] == name then
        raise_fault(shown, "helper modules require each other: %s", table.concat(path, " -> "))
      end
    end
    local chunk = compile(given.lua_directory, file, loader.environment, function(path_read, problem)
      error(("%s %s; %s"):format(path_read, problem, advise_module(name)), 0)
    end)
    local module = chunk(part("native.lua", C, steps, bytes, moments, sandbox.nearest, new_regex, classifier))
    if module == nil then
      raise_fault(shown, "must return its functions, as in: return { request = request }")
    end
    table.remove(path)
    loaded[name] = module
    return module
  end

  function loader.require(name)
    if not is_module_name(name) then
      error(('require: "%s" is not a valid name of a helper module: use letters, digits and _, and a dot for a '
        .. "folder"):format(sandbox.text(name)), 2)
    end
    if loaded[name] ~= nil then
      return loaded[name]
    end
    if not open then
      error(('require "%s" at the top of the file: classifier() cannot load modules'):format(name), 2)
    end
    return load_module(name)
  end

  function loader.close()
    open = false
  end

  loader.environment = sandbox.environment(loader.require)
  steps.equip(loader.environment)
  return loader
end

-- Raises advice `what`, at a line of a file, unless value has this type.
local function expect(value, kind, file, line, what)
  if type(value) ~= kind then
    error(("%s:%d: %s; it is a %s value"):format(file, line, what, type(value)), 0)
  end
end

-- The last active line of a chunk: where it returns.
local function last_line(chunk)
  local last = 1
  for line in pairs(debug.getinfo(chunk, "L").activelines) do
    last = math.max(last, line)
  end
  return last
end

-- File and line of a function; for a C function, the given ones.
local function place_of_function(call, file, line)
  local where = debug.getinfo(call, "S")
  if where.what == "C" then
    return file, line
  end
  return where.short_src, where.linedefined
end

-- File and line of a classifier's classifier().
local function place_of(classifier)
  return place_of_function(classifier.call, classifier.file, classifier.line)
end

-- classifier(flow) without self would receive self as flow.
local function check_parameters(classifier)
  local takes = debug.getinfo(classifier.call, "u")
  if takes.nparams == 1 and not takes.isvararg then
    error(("%s:%d: classifier() needs two parameters, self and flow"):format(place_of(classifier)), 0)
  end
end

-- Advice for a classifier's file that cannot be read.
local function advise_file(name, problem)
  if problem:find("Permission denied", 1, true) then
    return "; make it readable for the user that runs classifiers (chmod o+r)"
  elseif not problem:find("No such file", 1, true) then
    return ""
  end
  local there = {}
  for _, file in ipairs(given.list_directory(given.classifiers_directory)) do
    there[#there + 1] = file:match("^([%w_]+)%.lua$")
  end
  table.sort(there)
  local near = sandbox.nearest(name, there)
  return "; put the file there, or remove the name" .. (near and ('; did you mean "%s"?'):format(near) or "")
end

local function instantiate(name)
  reading = { name = name, files = {}, texts = {}, hash = "" }
  local file = display_name(given.classifiers_directory, name .. ".lua")
  local loader = module_loader(name)
  local chunk = compile(given.classifiers_directory, name .. ".lua", loader.environment, function(path, problem)
    raise_fault(path, "%s", problem .. advise_file(name, problem))
  end)
  local class = chunk()
  local last = last_line(chunk)
  expect(class, "table", file, last, "must return a table with a function new(logger, config)")
  expect(class.new, "function", file, last, "the table it returns must have a function new(logger, config)")
  local settings = given.settings(name)
  local new_file, new_line = place_of_function(class.new, file, last)
  reading.place = new_file .. ":" .. new_line
  local object = class.new(new_logger(name), settings)
  expect(object, "table", new_file, new_line, "new() must return an object, a table with classifier(self, flow)")
  expect(object.classifier, "function", new_file, new_line,
    "the object of new() must have classifier(self, flow), as by C.__index = C")
  loader.close()
  steps.charge(1) -- check the limits, whatever the top level allocated
  local classifier = {
    name = name,
    call = object.classifier,
    object = object,
    environment = loader.environment,
    file = new_file,
    line = new_line,
  }
  check_parameters(classifier)
  classifier.source = reading
  return classifier
end

local sources = {} -- [index]: source of the latest load, quarantined or not

-- Raises an error at the place of a classifier's classifier().
local function reject(index, text, ...)
  local file, line = place_of(classifiers[index])
  error(("%s:%d: " .. text):format(file, line, ...), 0)
end

local record = part("verdict.lua", C, exchange, given.treatments, text_of, reject)

local host = {}

--- Exchanges two places of the set; one may be empty.
function host.swap(one, other)
  classifiers[one], classifiers[other] = classifiers[other], classifiers[one]
  sources[one], sources[other] = sources[other], sources[one]
  states.swap(one, other)
end

--- Empties a place of the set.
function host.empty(index)
  classifiers[index], sources[index] = nil, nil
  states.clear(index)
end

--- Loads a classifier into a place of the set, replacing the previous one. Returns file and line
-- of its classifier() and the hexadecimal hash of its source. On failure raises an error for
-- host.describe() and leaves the set unchanged.
function host.add(index, name)
  local classifier = instantiate(name)
  classifiers[index] = classifier
  sources[index] = classifier.source
  states.clear(index)
  local file, line = place_of(classifier)
  return file, line, classifier.source.hash
end

--- Records the current file of a classifier that is not loaded, for host.changed().
function host.note(index, name)
  local path = given.classifiers_directory .. "/" .. name .. ".lua"
  local text = given.read_source(name, path)
  sources[index] = text and { name = name, files = { path }, texts = {}, hash = given.hash("", text) } or nil
end

--- Whether a classifier's files differ from the latest load, or it has never been loaded.
function host.changed(index)
  local source = sources[index]
  local hash = ""
  for _, path in ipairs(source and source.files or {}) do
    local text = given.read_source(source.name, path)
    hash = text and given.hash(hash, text)
    if not hash then
      return true
    end
  end
  return not source or hash ~= source.hash
end

--- Removes a classifier from the set, with its flow.state.
function host.drop(index)
  classifiers[index] = nil
  states.clear(index)
end

--- Describes an error of a running classifier, or of a failed host.add() (index nil). Results as
-- of errors.describe(); file defaults to the classifier's own.
function host.describe(problem, index, name, place)
  if getmetatable(problem) == Fault then
    return problem.file, 0, problem.text, ""
  end
  local source = index and sources[index] or reading
  local begin = source.place
  if index and classifiers[index] then
    begin = ("%s:%d"):format(place_of(classifiers[index]))
  end
  local file, line, message, text = errors.describe(problem, source.texts,
    place ~= "" and place or source.place or "", begin)
  return file or display_name(given.classifiers_directory, name .. ".lua"), line, message, text
end

--- Returns a function that makes the loop of the set once the exchange is complete.
function host.loop()
  return make_loop(exchange, classifiers, record, states, given.limits.steps, profile, profile and C.dpae_profile_clock)
end

host.find_culprit = holdings.find_culprit

holdings.note_host({ host, parts, given })

return host

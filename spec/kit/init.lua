--- The kit for specs of classifiers: packets in, verdicts out, through the real C flow engine.
--
--     local kit = require("spec.kit")
--     it("limits the static page", function()
--       local run = kit.run("payload_uri_1", kit.packets.http({ uri = "/static/index.html" }))
--       assert.equal("constrained_bw", run.qos_treatment)
--     end)
--
-- docs/classifier-specs.md is its manual.
-- @module spec.kit
local engine = require("spec.kit.engine")
local options_of_kit = require("spec.kit.options")
local messages = require("spec.kit.messages")
local packets = require("spec.kit.packets")

local kit = { packets = packets, messages = messages, read_capture = engine.read_capture, view = engine.view }

-- Flattens nested lists: { packets.http({}), packets.tcp({}) }. Returns the kind of the first
-- value that is neither a packet nor a list, or nil.
local function flatten(list, result)
  if type(list) ~= "table" then
    return type(list)
  end
  if list.bytes then
    result[#result + 1] = list
    return nil
  end
  for _, one in ipairs(list) do
    local stranger = flatten(one, result)
    if stranger then
      return stranger
    end
  end
  return nil
end

-- The flattened list, of at least one packet; otherwise raises an error with the right form of
-- the call at the caller's caller.
local function packets_of(list, example)
  local result = {}
  local stranger = list ~= nil and flatten(list, result)
  if stranger then
    error(("a %s is no packet; kit.packets makes them, as in: %s"):format(stranger, example), 3)
  end
  if #result == 0 then
    error(("no packets are given; as in: %s"):format(example), 3)
  end
  return result
end

-- Converts a name or a list of names to a list; otherwise raises an error at the caller's caller.
local function names_of(names)
  local list = type(names) == "table" and names or { names }
  for _, name in ipairs(list) do
    if type(name) ~= "string" then
      error(("a classifier is given by its name, a string, not by a %s"):format(type(name)), 3)
    end
  end
  if #list == 0 then
    error("no classifier is given: its name, or a list of names, comes first", 3)
  end
  return list
end

--- The errors of loading classifiers, or "". Options as in kit.run().
function kit.load(names, options)
  options_of_kit.check("kit.load", options)
  names = names_of(names)
  local one = engine.new(options or {}, 3)
  return one:load(names)
end

--- Runs classifiers (a name or a list of names) over packets (a packet, or a list of packets and
-- lists). Options: classifiers, lua (directories), settings (YAML text), errors (true: continue after a
-- script error), log (true: write the classifiers' warnings and errors to stderr).
--
-- Returns a table with
--
-- * qos_treatment: the first treatment returned; nil without a verdict
-- * packet: number of that packet, from 1
-- * classifier: name of that classifier
-- * verdicts: all verdicts, in order: { packet =, classifier =, qos_treatment =, why = }
-- * finalised: whether all classifiers have finalised the flow of the last packet
-- * finalised_at: the packet on which all had first finalised a flow
-- * outcomes: for each packet the result of Engine:ingest(), without the view
-- * errors: script errors (with the option errors; otherwise the first one is raised)
-- * quarantined: names of quarantined classifiers
function kit.run(names, list, options)
  options_of_kit.check("kit.run", options)
  options = options or {}
  names = names_of(names)
  list = packets_of(list, 'kit.run("payload_uri_1", kit.packets.http({ uri = "/" }))')
  local one = engine.new(options, 3)
  local faults = one:load(names)
  if faults ~= "" then
    error(faults, 2)
  end
  local times = packets.times(list)
  local run = { verdicts = {}, errors = {}, outcomes = {} }
  for i, packet in ipairs(list) do
    local outcome = one:ingest(packet, times[i])
    outcome.flow = nil
    run.outcomes[i] = outcome
    for _, verdict in ipairs(outcome.verdicts) do
      verdict.packet = i
      table.insert(run.verdicts, verdict)
    end
    for _, text in ipairs(outcome.errors) do
      if not options.errors then
        error(text, 2)
      end
      table.insert(run.errors, text)
    end
    run.finalised = outcome.finalised
    run.finalised_at = run.finalised_at or (outcome.finalised and i or nil)
  end
  local first = run.verdicts[1] or {}
  run.qos_treatment, run.packet, run.classifier = first.qos_treatment, first.packet, first.classifier
  run.quarantined = one:quarantined()
  if options.log then
    one:flush_log()
  end
  return run
end

--- A helper module (lua/NAME.lua), to be called with the flow of kit.each_flow(). It runs in the
-- environment that the daemon gives it, except that strings have all their methods. Options: lua
-- (directory).
function kit.helper(name, options)
  options_of_kit.check("kit.helper", options)
  local directory = options and options.lua or engine.lua
  local loaded, open, environment, native = {}, true, nil, engine.new_native()
  local function load_module(wanted)
    if loaded[wanted] == nil then
      assert(open, "require a helper module at the top of the file")
      local path = ("%s/%s.lua"):format(directory, (wanted:gsub("%.", "/")))
      loaded[wanted] = assert(loadfile(path, "t", environment))(native)
    end
    return loaded[wanted]
  end
  environment = engine.sandbox.environment(load_module)
  local module = load_module(name)
  open = false
  return module
end

--- Calls look(flow, i) after each packet with the view of its flow, without classifiers. Packets
-- without a flow are skipped; if no packet has a flow, raises an error, since look would check
-- nothing. Returns the number of packets with a flow.
function kit.each_flow(list, look)
  list = packets_of(list, "kit.each_flow(kit.packets.http(), function(flow) ... end)")
  local one = engine.new({})
  local times = packets.times(list)
  local looked = 0
  for i, packet in ipairs(list) do
    local outcome = one:ingest(packet, times[i])
    if outcome.flow then
      looked = looked + 1
      look(outcome.flow, i, outcome)
    end
  end
  if looked == 0 then
    error("no packet of the list has a flow", 2)
  end
  return looked
end

local directories = {}

--- Writes a classifier from source text to its own directory, for specs of failing scripts.
-- Returns the name and the options for kit.run(). Call kit.remove_scripts() afterwards.
function kit.script(source, name)
  local directory = os.tmpname()
  os.remove(directory)
  assert(os.execute("mkdir " .. directory) == 0)
  table.insert(directories, directory)
  local file = assert(io.open(directory .. "/" .. (name or "script") .. ".lua", "wb"))
  file:write(source)
  file:close()
  return name or "script", { classifiers = directory }
end

--- Removes the directories made by kit.script().
function kit.remove_scripts()
  for _, directory in ipairs(directories) do
    os.execute("rm -r " .. directory)
  end
  directories = {}
end

return kit

--- Replays captures with random classifiers, and looks whether that ends as it should:
--
--     luajit tests/stress/stress.lua [OPTION=VALUE]... DPAE CAPTURES
--
-- DPAE is the program, CAPTURES the folder that tests/captures/make.lua fills. A run is one process that replays
-- some captures with one to three classifiers (run.lua). It fails when it ends by a signal, with another exit
-- status than it should, or not at all; every tenth run is done twice, and fails when other events come out.
-- Options:
--
--     first=1        number of the first run
--     runs=500       how many
--     jobs=2         how many at a time
--     twice=10       every how many runs is done twice; 0: none is
--     seconds=60     how long a run may take
--     keep=FOLDER    where to leave the classifiers and outputs of runs that fail; by default nowhere
--
-- Run N alone, and what it leaves: luajit tests/stress/stress.lua first=N runs=1 keep=/tmp/run DPAE CAPTURES
local root = arg[0]:match("^(.*/)tests/stress/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local run = require("tests.stress.run")

local options = { first = 1, runs = 500, jobs = 2, twice = 10, seconds = 60, keep = "", stripe = 0 }

local function quoted(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end

local function fail(text)
  io.stderr:write("stress: ", text, "\n")
  os.exit(2)
end

local function read_arguments()
  local paths = {}
  for _, argument in ipairs(arg) do
    local name, value = argument:match("^(%l+)=(.*)$")
    if not name then
      paths[#paths + 1] = argument
    elseif options[name] == nil then
      fail("there is no option " .. name)
    else
      options[name] = type(options[name]) == "number" and (tonumber(value) or fail(name .. " is a number")) or value
    end
  end
  if #paths ~= 2 then
    fail("usage: luajit tests/stress/stress.lua [OPTION=VALUE]... DPAE CAPTURES")
  end
  return paths[1], paths[2]
end

local dpae, captures_folder = read_arguments()

local function lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  pipe:close()
  return lines
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- What a command ended with: its exit status, and the signal, 0 when there was none.
local function execute(command)
  local status = os.execute(command)
  if status < 256 then
    return 0, status % 128
  end
  local code = status / 256
  return code, code > 128 and code - 128 or 0
end

local TIMED_OUT = 124

-- What is wrong with one replay, or nil.
local function problem_of(code, signal, damaged, messages)
  if signal ~= 0 then
    return ("it was ended by signal %d"):format(signal)
  elseif code == TIMED_OUT then
    return ("it took more than %d s"):format(options.seconds)
  elseif code ~= (damaged and 1 or 0) or messages:find("the run ends here", 1, true) then
    return ("exit status %d: %s"):format(code, messages:match("(dpae: [^\n]*)") or messages:match("[^\n]*"))
  end
  return nil
end

-- A relative path would be one from where the configuration is.
local library = lines_of("cd " .. quoted(root .. "lua") .. " && pwd")[1]

local CONFIG = "classifiers_directory: %s\nlua_directory: %s\ncrash_directory: %s\n"

-- Makes the folder of a run. Returns the command that replays it.
local function prepare(folder, classifiers, captures)
  assert(os.execute(("rm -rf %s && mkdir -p %s"):format(quoted(folder), quoted(folder))) == 0)
  write(folder .. "/config.yaml", CONFIG:format(folder, library, folder))
  local command = { "exec timeout", options.seconds, quoted(dpae), "replay -q --format jsonl -c",
    quoted(folder .. "/config.yaml") }
  for _, classifier in ipairs(classifiers) do
    write(("%s/%s.lua"):format(folder, classifier.name), classifier.text)
    command[#command + 1] = "--classifier " .. classifier.name
  end
  for _, capture in ipairs(captures) do
    command[#command + 1] = quoted(captures_folder .. "/" .. capture)
  end
  return table.concat(command, " ")
end

-- What is wrong with a run, or nil.
local function try(number, folder, all_captures)
  local classifiers, captures = run.describe(number, all_captures)
  local command = prepare(folder, classifiers, captures)
  local damaged = run.is_damaged(captures[#captures])
  for time = 1, options.twice > 0 and number % options.twice == 0 and 2 or 1 do
    local code, signal = execute(("%s >%s 2>%s"):format(command, quoted(folder .. "/events." .. time),
      quoted(folder .. "/messages." .. time)))
    local problem = problem_of(code, signal, damaged, read(folder .. "/messages." .. time))
    if problem then
      return problem
    elseif time == 2 and read(folder .. "/events.1") ~= read(folder .. "/events.2") then
      return "other events came out the second time"
    end
  end
  return nil
end

-- Every jobs-th run, from the one of this stripe on. Writes a line for each that fails, and how many were done.
local function work(stripe)
  local captures = lines_of("cd " .. quoted(captures_folder) .. " && LC_ALL=C ls -d *.pcap *.pcapng")
  local scratch = os.tmpname()
  os.remove(scratch)
  for number = options.first + stripe - 1, options.first + options.runs - 1, options.jobs do
    local folder = options.keep ~= "" and ("%s/%d"):format(options.keep, number) or scratch
    local problem = try(number, folder, captures)
    io.write("run ", number, problem and ": " .. problem or "", "\n")
    if not problem and options.keep ~= "" and options.runs > 1 then
      os.execute("rm -rf " .. quoted(folder))
    end
  end
  os.execute("rm -rf " .. quoted(scratch))
end

local function worker(stripe)
  local command = { "ulimit -c 0; exec luajit", quoted(arg[0]) }
  for name, value in pairs(options) do
    command[#command + 1] = quoted(("%s=%s"):format(name, name == "stripe" and stripe or value))
  end
  -- What a shell says of a process that crashes is in the line of the run already.
  return table.concat(command, " ") .. (" %s %s 2>/dev/null"):format(quoted(dpae), quoted(captures_folder))
end

local SHOWN_MAX = 20 -- failures that are shown

local function supervise()
  local pipes, done, failed = {}, 0, 0
  for stripe = 1, options.jobs do
    pipes[stripe] = assert(io.popen(worker(stripe)))
  end
  for _, pipe in ipairs(pipes) do
    for line in pipe:lines() do
      done = done + 1
      if line:find(":", 1, true) then
        failed = failed + 1
        if failed <= SHOWN_MAX then
          print(line)
        end
      end
    end
    pipe:close()
  end
  print(("%d runs from %d on, %d failed"):format(done, options.first, failed))
  os.exit(failed == 0 and done == options.runs and 0 or 1)
end

if options.stripe > 0 then
  work(options.stripe)
else
  supervise()
end

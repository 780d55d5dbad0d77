--- Replays captures with random classifiers and checks how that ends:
--
--     luajit tests/stress/stress.lua [OPTION=VALUE]... DPAE CAPTURES
--
-- DPAE is the program, CAPTURES the folder that tests/captures/make.lua fills. A run is one process that replays
-- some captures with one to three classifiers (run.lua). It fails if it ends by a signal or with a wrong exit
-- status, or does not end; every tenth run is repeated, and fails if its events differ.
-- Options:
--
--     first=1        number of the first run
--     runs=500       number of runs
--     jobs=2         parallel runs
--     twice=10       repeat every Nth run; 0: never
--     seconds=60     time limit of a run
--     keep=FOLDER    keep classifiers and outputs of failed runs here; by default they are deleted
--
-- To repeat run N and keep its files: luajit tests/stress/stress.lua first=N runs=1 keep=/tmp/run DPAE CAPTURES
local root = arg[0]:match("^(.*/)tests/stress/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local jobs = require("tests.stress.jobs")
local run = require("tests.stress.run")

local quoted = jobs.quoted
local options = { first = 1, runs = 500, jobs = 2, twice = 10, seconds = 60, keep = "", part = 0 }
local dpae, captures_folder = jobs.read_arguments(options)

-- A relative path would be resolved against the configuration's folder.
local library = jobs.lines_of("cd " .. quoted(root .. "lua") .. " && pwd")[1]

local CONFIG = "classifiers_directory: %s\nlua_directory: %s\ncrash_directory: %s\n"

-- Fills the folder of a run. Returns the command that replays it.
local function prepare(folder, classifiers, captures)
  jobs.make_folder(folder)
  jobs.write(folder .. "/config.yaml", CONFIG:format(folder, library, folder))
  local command = { quoted(dpae), "replay -q --format jsonl -c", quoted(folder .. "/config.yaml") }
  for _, classifier in ipairs(classifiers) do
    jobs.write(("%s/%s.lua"):format(folder, classifier.name), classifier.text)
    command[#command + 1] = "--classifier " .. classifier.name
  end
  for _, capture in ipairs(captures) do
    command[#command + 1] = quoted(captures_folder .. "/" .. capture)
  end
  return table.concat(command, " ")
end

-- The problem with one replay, or nil.
local function replay(command, folder, prefix, damaged)
  local code, problem = jobs.execute(command, options.seconds, folder, prefix)
  local messages = jobs.read(("%s/%s.err"):format(folder, prefix))
  if not problem and (code ~= (damaged and 1 or 0) or messages:find("the run ends here", 1, true)) then
    return ("exit status %d: %s"):format(code, messages:match("(dpae: [^\n]*)") or messages:match("[^\n]*"))
  end
  return problem
end

-- The problem with a run, or nil.
local function try(number, folder, all_captures)
  local classifiers, captures = run.describe(number, all_captures)
  local command = prepare(folder, classifiers, captures)
  local damaged = run.is_damaged(captures[#captures])
  local problem = replay(command, folder, "first", damaged)
  if not problem and options.twice > 0 and number % options.twice == 0 then
    problem = replay(command, folder, "second", damaged)
    if not problem and jobs.read(folder .. "/first.out") ~= jobs.read(folder .. "/second.out") then
      return "other events came out the second time"
    end
  end
  return problem
end

-- Every jobs-th run, beginning with this part's first.
local function work()
  local captures = jobs.lines_of("cd " .. quoted(captures_folder) .. " && LC_ALL=C ls -d *.pcap *.pcapng")
  local scratch = os.tmpname()
  os.remove(scratch)
  for number = options.first + options.part - 1, options.first + options.runs - 1, options.jobs do
    local folder = options.keep ~= "" and ("%s/%d"):format(options.keep, number) or scratch
    local problem = try(number, folder, captures)
    print(problem and ("failed %d: %s"):format(number, problem) or "passed " .. number)
    io.flush()
    if not problem and options.runs > 1 then
      jobs.remove_folder(folder)
    end
  end
  jobs.remove_folder(scratch)
end

if options.part > 0 then
  work()
else
  local passed, failed = jobs.supervise(options, { dpae, captures_folder })
  print(("%d of %d runs from %d on passed, %d failed"):format(passed, options.runs, options.first, failed))
  os.exit(passed == options.runs and 0 or 1)
end

--- Replays a capture with each hostile classifier of the table (table.lua) between two healthy ones, several times:
--
--     luajit tests/hostile/hostile.lua [OPTION=VALUE]... DPAE CAPTURES
--
-- A row passes if each replay ends with the right exit status and the expected error, the healthy classifiers give
-- the same verdicts as without the hostile one, byte for byte, and all events are the same each time (except in rows
-- about memory). Options:
--
--     times=3        replays of each row
--     jobs=2         parallel replays
--     seconds=60     time limit of a replay
--     only=TEXT      only rows with this in their name
--     fast=1         only a third of the rows
--     keep=FOLDER    keep the files of failed rows here; by default they are deleted
local root = arg[0]:match("^(.*/)tests/hostile/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local jobs = require("tests.stress.jobs")

local quoted = jobs.quoted
local options = { times = 3, jobs = 2, seconds = 60, only = "", fast = 0, keep = "", part = 0 }
local dpae, captures_folder = jobs.read_arguments(options)

local library = jobs.lines_of("cd " .. quoted(root .. "lua") .. " && pwd")[1]
local witness = jobs.read(root .. "tests/hostile/witness.lua")

-- The short quarantine lets the classifier be reloaded now and then.
local CONFIG = [[
classifiers_directory: %s
lua_directory: %s
crash_directory: %s
classifier_quarantine: 1
classifiers:
  witness_0: { turn: 0 }
  witness_1: { turn: 1 }
]]

-- Fills a folder. Returns the command that replays it; source: of the hostile classifier, or nil.
local function prepare(folder, source)
  jobs.make_folder(folder)
  jobs.write(folder .. "/config.yaml", CONFIG:format(folder, library, folder))
  jobs.write(folder .. "/witness_0.lua", witness)
  jobs.write(folder .. "/witness_1.lua", witness)
  if source then
    jobs.write(folder .. "/hostile.lua", source)
  end
  return ("%s replay -q --format jsonl -c %s --classifier witness_0 %s --classifier witness_1 %s"):format(quoted(dpae),
    quoted(folder .. "/config.yaml"), source and "--classifier hostile" or "", quoted(captures_folder .. "/mixed.pcap"))
end

-- The verdicts of the witnesses.
local function of_witnesses(events)
  local lines = {}
  for line in events:gmatch("[^\n]*\n") do
    if line:find('^{"type":"verdict"') and line:find('"classifier":"witness_', 1, true) then
      lines[#lines + 1] = line
    end
  end
  return table.concat(lines)
end

-- The problem with the reported errors, or nil.
local function problem_of_messages(row, messages)
  local reported = messages:find("hostile.lua:", 1, true) or messages:find("tc hostile: is quarantined", 1, true)
  if messages:find("the run ends here", 1, true) then
    return messages:match("(dpae: [^\n]*the run ends here)")
  elseif row.expect == nil and reported then
    return "there should be no error, but: " .. messages:match("([^\n]*)", reported)
  elseif row.expect == "" and not reported then
    return "there should be an error"
  elseif row.expect and not messages:find(row.expect, 1, true) then
    return ('there should be an error with "%s", but: %s'):format(row.expect, messages:match("[^\n]*"))
  end
  return nil
end

-- The problem with one replay, or nil; and its events.
local function replay(row, command, folder, alone)
  local code, problem = jobs.execute(command, options.seconds, folder, "replay")
  local messages, events = jobs.read(folder .. "/replay.err"), jobs.read(folder .. "/replay.out")
  if not problem and code ~= (row.load and 1 or 0) then
    problem = ("exit status %d: %s"):format(code, messages:match("(dpae: [^\n]*)") or messages:match("[^\n]*"))
  end
  problem = problem or problem_of_messages(row, messages)
  if not problem and not row.load and of_witnesses(events) ~= alone then
    problem = "the others say something else than without it"
  end
  return problem, row.memory and "" or events
end

-- The problem with a row, or nil.
local function try(row, folder, alone)
  local command = prepare(folder, row.source)
  local first
  for time = 1, options.times do
    local problem, events = replay(row, command, folder, alone)
    if problem then
      return ("%s (replay %d)"):format(problem:sub(1, 300), time)
    end
    first = first or events
    if events ~= first then
      return ("other events came out in replay %d"):format(time)
    end
  end
  return nil
end

local function find_rows()
  local rows = {}
  for _, row in ipairs(require("tests.hostile.table")) do
    if row.name:find(options.only, 1, true) and not row.apart and (options.fast == 0 or row.fast) then
      rows[#rows + 1] = row
    end
  end
  return rows
end

-- The verdicts of the witnesses without a hostile classifier between them.
local function witness_alone(scratch)
  local code, problem = jobs.execute(prepare(scratch), options.seconds, scratch, "replay")
  assert(code == 0 and not problem, problem or code)
  local events = of_witnesses(jobs.read(scratch .. "/replay.out"))
  assert(events:find("witness_0", 1, true) and events:find("witness_1", 1, true))
  return events
end

-- Every jobs-th row, beginning with this part's first.
local function work()
  local rows = find_rows()
  local scratch = os.tmpname()
  os.remove(scratch)
  local alone = witness_alone(scratch)
  for i = options.part, #rows, options.jobs do
    local row = rows[i]
    local folder = options.keep ~= "" and ("%s/%d"):format(options.keep, i) or scratch
    local problem = try(row, folder, alone)
    print(problem and ("failed %s: %s"):format(row.name, problem:gsub("[^\32-\126]", "?")) or "passed " .. row.name)
    io.flush()
    if not problem then
      jobs.remove_folder(folder)
    end
  end
  jobs.remove_folder(scratch)
end

if options.part > 0 then
  work()
else
  local count = #find_rows()
  local passed, failed = jobs.supervise(options, { dpae, captures_folder })
  print(("%d of %d hostile classifiers passed, %d failed"):format(passed, count, failed))
  os.exit(passed == count and 0 or 1)
end

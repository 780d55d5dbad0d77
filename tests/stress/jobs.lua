--- Shared by programs that start many processes: commands, files, and work split over several
-- LuaJIT processes.
local jobs = {}

function jobs.quoted(text)
  return "'" .. tostring(text):gsub("'", [['\'']]) .. "'"
end

local quoted = jobs.quoted

--- The output lines of a command.
function jobs.lines_of(command)
  local pipe = assert(io.popen(command))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  pipe:close()
  return lines
end

function jobs.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

function jobs.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

--- Creates an empty folder.
function jobs.make_folder(path)
  assert(os.execute(("rm -rf %s && mkdir -p %s"):format(quoted(path), quoted(path))) == 0)
end

function jobs.remove_folder(path)
  os.execute("rm -rf " .. quoted(path))
end

local TIMED_OUT = 124 -- of timeout(1)

--- Runs a command with a time limit in seconds; its output goes to PREFIX.out and PREFIX.err.
-- Returns its exit status, and the problem with its end, or nil.
function jobs.execute(command, seconds, folder, prefix)
  local status = os.execute(("exec timeout %d %s >%s 2>%s"):format(seconds, command,
    quoted(("%s/%s.out"):format(folder, prefix)), quoted(("%s/%s.err"):format(folder, prefix))))
  local code, signal = math.floor(status / 256), status % 128
  if code > 128 then
    signal = code - 128
  end
  if signal ~= 0 then
    return code, ("it was ended by signal %d"):format(signal)
  elseif code == TIMED_OUT then
    return code, ("it took more than %d s"):format(seconds)
  end
  return code, nil
end

local function fail(text)
  io.stderr:write(text, "\n")
  os.exit(2)
end

--- Reads NAME=VALUE arguments into options, which contains the defaults, and returns the
-- remaining arguments, which must be two.
function jobs.read_arguments(options)
  local others = {}
  for _, argument in ipairs(arg) do
    local name, value = argument:match("^(%l+)=(.*)$")
    if not name then
      others[#others + 1] = argument
    elseif options[name] == nil then
      fail("there is no option " .. name)
    else
      options[name] = type(options[name]) == "number" and (tonumber(value) or fail(name .. " is a number")) or value
    end
  end
  if #others ~= 2 then
    fail(("usage: luajit %s [OPTION=VALUE]... DPAE CAPTURES"):format(arg[0]))
  end
  return others[1], others[2]
end

-- Starts this program again for a part of the work.
local function start_part(options, part, others)
  local command = { "ulimit -c 0; exec luajit", quoted(arg[0]) }
  for name, value in pairs(options) do
    command[#command + 1] = quoted(("%s=%s"):format(name, name == "part" and part or value))
  end
  for _, other in ipairs(others) do
    command[#command + 1] = quoted(other)
  end
  -- The part also prints the shell's message about a process that crashed.
  command[#command + 1] = "2>/dev/null"
  return assert(io.popen(table.concat(command, " ")))
end

local SHOWN_MAX = 20 -- limit of failures shown

--- Starts options.jobs processes of this program with options.part from 1 on, shows lines that
-- begin with "failed ", and counts them and those that begin with "passed ".
function jobs.supervise(options, others)
  local pipes, passed, failed = {}, 0, 0
  for part = 1, options.jobs do
    pipes[part] = start_part(options, part, others)
  end
  for _, pipe in ipairs(pipes) do
    for line in pipe:lines() do
      passed = passed + (line:find("^passed ") and 1 or 0)
      failed = failed + (line:find("^failed ") and 1 or 0)
      if line:find("^failed ") and failed <= SHOWN_MAX then
        print(line)
      end
    end
    pipe:close()
  end
  return passed, failed
end

return jobs

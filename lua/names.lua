--- Names of servers, grouped by the treatment that their flows get, as they stand in a classifier's settings:
--
--     classifiers:
--       payload_tls_sni_1:
--         constrained_bw: [video.example.com, example.net]
--         high_priority: [meet.example.com]
--
--     local names = require("names").new(config)
--     return names:find("www.example.net") -- { qos_treatment = "constrained_bw" }
--
-- A name stands for itself and for everything below it; of several that fit the longest counts.
-- @module names

local native = ...
local settings = require("settings")

local names = {}

local Names = {}
Names.__index = Names

-- What makes a name one that no server has, or nil.
local function check_name(name)
  local below = name:match("^%*?%.(.+)$")
  if below then
    return ('the name "%s", which no server has; write "%s", which stands for every name below it, too'):format(
      name, below)
  elseif name == "" or name:find("[^%w_.\\-]") or name:find("..", 1, true) then
    return ('the name "%s", which no server has; a name is text such as www.example.com'):format(name)
  end
  return nil
end

local DECLARED = {}
for treatment in pairs(settings.verdicts) do
  DECLARED[treatment] = { type = "strings" }
end

-- Returns what is wrong, or nil.
local function add(verdicts, name, verdict)
  local problem = check_name(name)
  if problem then
    return ("has in its setting %s %s"):format(verdict.qos_treatment, problem)
  end
  name = name:lower():gsub("%.$", "")
  local other = verdicts[name]
  if other and other ~= verdict then
    return ("has the name %s in two settings; it can have one treatment"):format(name)
  end
  verdicts[name] = verdict
  return nil
end

--- Reads the settings: treatments with a name, or a list of names. Raises an error that says what is wrong, in
-- the function that calls it: call it in new() itself.
-- @tparam table config what new() was given
-- @return the names; its `count` is how many
function names.new(config)
  local set = settings.read(config, DECLARED, 2)
  local verdicts, count = {}, 0
  for treatment, verdict in pairs(settings.verdicts) do
    for _, name in ipairs(set[treatment] or {}) do
      local problem = add(verdicts, name, verdict)
      if problem then
        settings.refuse(problem, 2)
      end
    end
  end
  for _ in pairs(verdicts) do
    count = count + 1
  end
  return setmetatable({ verdicts = verdicts, count = count }, Names)
end

--- The verdict on flows with a server of this name (in lower case), or nil. It makes strings: call it once for
-- a flow.
function Names:find(name)
  if getmetatable(self) ~= Names then
    error("call it with a colon: names:find(name)", 2)
  elseif name ~= nil and type(name) ~= "string" then
    error(("names:find(name): name is a string or nil, not a %s"):format(type(name)), 2)
  end
  while name do
    local verdict = self.verdicts[name]
    if verdict then
      return verdict
    end
    local dot = name:find(".", 1, true)
    name = dot and name:sub(dot + 1) or nil
  end
  return nil
end

return native.module("names", names)

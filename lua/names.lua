--- Server names grouped by the treatment of their flows, from the settings of a classifier:
--
--     classifiers:
--       payload_tls_sni_1:
--         constrained_bw: [video.example.com, example.net]
--         high_priority: [meet.example.com]
--
--     local names = require("names").new(config)
--     return names:find("www.example.net") -- { qos_treatment = "constrained_bw" }
--
-- A name matches itself and all names below it. If several names match, the longest counts.
-- @module names

local native = ...
local settings = require("settings")

local names = {}

local Names = {}
Names.__index = Names

-- The reason why no server can have a name, or nil.
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

-- Returns the problem, or nil.
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

--- Reads the settings: treatments, each with a name or a list of names. It raises errors at the line that calls it,
-- so call it in new() itself.
-- @tparam table config the second argument of new()
-- @return an object with the names; its `count` is their number
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

--- The verdict on flows to a server with this name (in lower case), or nil. It makes strings, so call it once for
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

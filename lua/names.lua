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

local treatments = require("treatments")

local names = {}

local Names = {}
Names.__index = Names

local function add(verdicts, name, verdict)
  if type(name) ~= "string" or name == "" then
    error(("the setting %s has %s among its names; a name is text such as www.example.com"):format(
      verdict.qos_treatment, name == "" and "an empty text" or "a " .. type(name)), 4)
  end
  name = name:lower():gsub("%.$", "")
  local other = verdicts[name]
  if other and other ~= verdict then
    error(("the name %s is in two settings; it can have one treatment"):format(name), 4)
  end
  verdicts[name] = verdict
end

--- Reads the settings: treatments with a name, or a list of names. Raises an error that says what is wrong.
-- @tparam table settings
-- @return the names; its `count` is how many
function names.new(settings)
  if type(settings) ~= "table" then
    error(("names.new(settings): settings is the config of new(), a table, not a %s"):format(type(settings)), 2)
  end
  local verdicts = {}
  for treatment, list in pairs(settings) do
    local verdict = treatments.verdict(treatment, "of names")
    if type(list) == "table" and next(list) ~= nil and list[1] == nil then
      error(("the setting %s is a mapping; it is a name or a list of names"):format(treatment), 2)
    end
    for _, name in ipairs(type(list) == "table" and list or { list }) do
      add(verdicts, name, verdict)
    end
  end
  local count = 0
  for _ in pairs(verdicts) do
    count = count + 1
  end
  return setmetatable({ verdicts = verdicts, count = count }, Names)
end

--- The verdict on flows with a server of this name (in lower case), or nil. It makes strings: call it once for
-- a flow.
function Names:find(name)
  if name ~= nil and type(name) ~= "string" then
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

return names

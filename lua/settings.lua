--- The settings of a classifier: the entry with its name in the section `classifiers` of the configuration.
--
--     local settings = require("settings")
--
--     local SETTINGS = {
--       bytes = { type = "number", default = 1000000, min = 1 },
--       treatment = { type = "treatment", default = "low_priority" },
--     }
--
--     function Classifier.new(logger, config)
--       local set = settings.read(config, SETTINGS) -- set.bytes, set.treatment
--
-- A setting that is not declared, or differs from its declaration, is an error, and dpae does not load the
-- classifier. The error is raised at the line that calls read(), so call it in new() itself.
-- @module settings

local native = ...

local settings = {}

--- The verdicts, `{ qos_treatment = ... }`, by the names of their treatments: always the same tables.
settings.verdicts = {}
for _, name in ipairs({ "constrained_bw", "default_priority", "high_priority", "low_priority" }) do
  settings.verdicts[name] = { qos_treatment = name }
end

local function sorted_keys(map)
  local keys = {}
  for key in pairs(map) do
    keys[#keys + 1] = tostring(key)
  end
  table.sort(keys)
  return keys
end

local TREATMENTS = table.concat(sorted_keys(settings.verdicts), ", "):gsub(", (%S+)$", " or %1")

-- Describes a value for the author of the configuration.
local function describe(value)
  local kind = type(value)
  if kind == "string" then
    return ('"%s", a string'):format(value)
  elseif kind == "table" then
    return type(next(value)) == "string" and "a mapping" or "a list"
  end
  return ("%s, a %s"):format(tostring(value), kind)
end

local function describe_range(min, max)
  if min and max then
    return ("a number from %s to %s"):format(tostring(min), tostring(max))
  elseif min or max then
    return ("a number, at %s %s"):format(min and "least" or "most", tostring(min or max))
  end
  return "a number"
end

-- For each type, a function that returns the value for the classifier; or nil, and a description of allowed values.
local types = {}

function types.number(value, declared)
  local min, max = declared.min, declared.max
  if type(value) == "number" and not (min and value < min) and not (max and value > max) then
    return value
  end
  return nil, describe_range(min, max)
end

function types.string(value)
  if type(value) == "string" then
    return value
  end
  return nil, "a string, in quotes if it looks like something else"
end

function types.boolean(value)
  if type(value) == "boolean" then
    return value
  end
  return nil, "true or false"
end

function types.treatment(value)
  local verdict = settings.verdicts[value]
  return verdict, not verdict and TREATMENTS or nil
end

function types.strings(value)
  local list = type(value) == "table" and value or { value }
  if type(next(list)) == "string" then
    return nil, "a string or a list of strings"
  end
  for _, item in ipairs(list) do
    if type(item) ~= "string" then
      return nil, "a string or a list of strings" .. (list == value and "; in it is " .. describe(item) or "")
    end
  end
  return list
end

local function unknown_key(key, declared)
  local known = sorted_keys(declared)
  local near = native.nearest(key, known)
  if near then
    return ('has no setting "%s"; did you mean "%s"?'):format(key, near)
  elseif known[1] then
    return ('has no setting "%s"; it has: %s'):format(key, table.concat(known, ", "))
  end
  return ('has no setting "%s", nor any other'):format(key)
end

-- The value for the classifier; or nil, and a description of allowed values.
local function read_one(given, declared)
  local value, wanted = types[declared.type](given, declared)
  if value ~= nil then
    wanted = declared.check and declared.check(value)
  end
  if wanted then
    return nil, wanted
  end
  return value
end

-- Fills set with the defaults. Returns the key of a wrong default and a description of allowed values; or nil.
local function read_defaults(set, declared)
  for _, key in ipairs(sorted_keys(declared)) do
    local default, wanted = declared[key].default, nil
    if default ~= nil then
      set[key], wanted = read_one(default, declared[key])
    end
    if wanted then
      return key, wanted
    end
  end
  return nil
end

-- Fills set. Returns the problem, or nil.
local function read_into(set, config, declared)
  for _, key in ipairs(sorted_keys(config)) do
    if not declared[key] then
      return unknown_key(key, declared)
    end
  end
  for _, key in ipairs(sorted_keys(config)) do
    local value, wanted = read_one(config[key], declared[key])
    if wanted then
      return ("has the setting %s: %s; it has to be %s"):format(key, describe(config[key]), wanted)
    end
    set[key] = value
  end
  return nil
end

-- Mistakes of the author in the declaration.
local PARTS = { type = true, default = true, min = true, max = true, check = true }

local function problem_of(one)
  if type(one) ~= "table" then
    return "is a table such as { type = \"number\", default = 5 }, not " .. describe(one)
  elseif not types[one.type] then
    return ("has the type %s; types are: %s"):format(describe(one.type), table.concat(sorted_keys(types), ", "))
  end
  for _, part in ipairs(sorted_keys(one)) do
    if not PARTS[part] then
      return ('has a part "%s"; known: %s'):format(part, table.concat(sorted_keys(PARTS), ", "))
    elseif (part == "min" or part == "max") and (one.type ~= "number" or type(one[part]) ~= "number") then
      return part .. " is a number, and for numbers only"
    end
  end
  if one.check ~= nil and type(one.check) ~= "function" then
    return "has a check that is no function: " .. describe(one.check)
  end
  return nil
end

local SLIP = "settings.read(config, declared): the declaration of %s %s"

local function check_declared(declared, level)
  for _, key in ipairs(sorted_keys(declared)) do
    local problem = problem_of(declared[key])
    if problem then
      error(SLIP:format(key, problem), level + 1)
    end
  end
end

--- Raises an error about the settings, with the name of the classifier and the place of its settings.
-- @tparam string problem such as 'has the setting bytes: 5, a number; it has to be even'
-- @tparam[opt=1] number level as that of error()
function settings.refuse(problem, level)
  error(("%s %s (in the configuration, under classifiers:)"):format(native.classifier or "the classifier", problem),
    (level or 1) + 1)
end

--- Reads the declared settings. A declaration is a table with
--
-- * `type`: "number", "string", "boolean", "strings" (a list, or a single string), or "treatment", which
--   becomes the verdict
-- * `default`: the value without a configured one; nil if there is no default
-- * `min`, `max`: limits of a number
-- * `check`: a function of the value that returns nil, or a description of allowed values: "an even number"
--
-- @tparam table config the second argument of new()
-- @tparam table declared name of the setting -> declaration
-- @tparam[opt=1] number level place of an error, as for error(): 1 is the line that calls read()
-- @treturn table name of the setting -> value
function settings.read(config, declared, level)
  level = (level or 1) + 1
  if type(config) ~= "table" then
    error(("settings: config is what new() was given, a table, not a %s"):format(type(config)), level)
  elseif type(declared) ~= "table" then
    error(("settings.read(config, declared): declared is a table, not a %s"):format(type(declared)), level)
  end
  check_declared(declared, level)
  local set = {}
  local key, wanted = read_defaults(set, declared)
  if key then
    error(SLIP:format(key, ("has the default %s; it has to be %s"):format(describe(declared[key].default), wanted)),
      level)
  end
  local problem = read_into(set, config, declared)
  if problem then
    settings.refuse(problem, level)
  end
  return set
end

return native.module("settings", settings)

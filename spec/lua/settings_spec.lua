local kit = require("spec.kit")
local settings = kit.helper("settings")

local SETTINGS = {
  bytes = { type = "number", default = 1000, min = 1 },
  ratio = { type = "number", min = 0, max = 1 },
  host = { type = "string", default = "www.example.com" },
  strict = { type = "boolean", default = true },
  hosts = { type = "strings" },
  treatment = { type = "treatment", default = "low_priority" },
  pairs_of = {
    type = "number",
    check = function(value)
      return value % 2 ~= 0 and "an even number" or nil
    end,
  },
}

describe("settings", function()
  it("has the defaults without a configuration", function()
    assert.same({
      bytes = 1000, host = "www.example.com", strict = true, treatment = { qos_treatment = "low_priority" },
    }, settings.read({}, SETTINGS))
  end)

  it("reads the configured values", function()
    assert.same({
      bytes = 1, ratio = 0.5, host = "a", strict = false, hosts = { "a", "b" }, pairs_of = 4,
      treatment = { qos_treatment = "constrained_bw" },
    }, settings.read({
      bytes = 1, ratio = 0.5, host = "a", strict = false, hosts = { "a", "b" }, pairs_of = 4,
      treatment = "constrained_bw",
    }, SETTINGS))
  end)

  it("reads a single string as a list of one", function()
    assert.same({ "a" }, settings.read({ hosts = "a" }, SETTINGS).hosts)
  end)

  it("always returns the same table for a treatment", function()
    assert.equal(settings.read({}, SETTINGS).treatment, settings.verdicts.low_priority)
  end)

  local has = "has the setting "
  local refused = {
    ["an unknown key that is near"] = { { bites = 5 }, 'has no setting "bites"; did you mean "bytes"?' },
    ["an unknown key"] = {
      { elephant = 5 },
      'has no setting "elephant"; it has: bytes, host, hosts, pairs_of, ratio, strict, treatment',
    },
    ["a number in quotes"] = { { bytes = "5" }, has .. 'bytes: "5", a string; it has to be a number, at least 1' },
    ["a number that is too small"] = { { bytes = 0 }, has .. "bytes: 0, a number; it has to be a number, at least 1" },
    ["a number out of its range"] = { { ratio = 2 }, has .. "ratio: 2, a number; it has to be a number from 0 to 1" },
    ["a number that is checked"] = { { pairs_of = 3 }, has .. "pairs_of: 3, a number; it has to be an even number" },
    ["a boolean for a string"] = {
      { host = true },
      has .. "host: true, a boolean; it has to be a string, in quotes if it looks like something else",
    },
    ["a string for a boolean"] = {
      { strict = "maybe" }, has .. 'strict: "maybe", a string; it has to be true or false',
    },
    ["another treatment"] = {
      { treatment = "slow" },
      has .. 'treatment: "slow", a string; it has to be constrained_bw, default_priority, high_priority or '
        .. "low_priority",
    },
    ["a list for a number"] = { { bytes = { 5 } }, has .. "bytes: a list; it has to be a number, at least 1" },
    ["a mapping for a number"] = {
      { bytes = { a = 5 } }, has .. "bytes: a mapping; it has to be a number, at least 1",
    },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      local ok, message = pcall(settings.read, row[1], SETTINGS)
      assert.is_false(ok)
      assert.equal("the classifier " .. row[2] .. " (in the configuration, under classifiers:)", message)
    end)
  end

  it("refuses a key without declared settings", function()
    local ok, message = pcall(settings.read, { bytes = 5 }, {})
    assert.is_false(ok)
    assert.truthy(message:find('has no setting "bytes", nor any other', 1, true), message)
  end)

  it("names the mistake in a declaration", function()
    local cases = {
      {
        { type = "integer" },
        'has the type "integer", a string; types are: boolean, number, string, strings, treatment',
      },
      { {}, "has the type nil, a nil; types are: boolean, number, string, strings, treatment" },
      { 5, 'is a table such as { type = "number", default = 5 }, not 5, a number' },
      { { type = "number", defalt = 1 }, 'has a part "defalt"; known: check, default, max, min, type' },
      { { type = "number", min = "2" }, "min is a number, and for numbers only" },
      { { type = "string", max = 2 }, "max is a number, and for numbers only" },
      { { type = "string", check = "even" }, 'has a check that is no function: "even", a string' },
      {
        { type = "number", default = 0, min = 1 }, "has the default 0, a number; it has to be a number, at least 1",
      },
      {
        { type = "treatment", default = "slow" },
        'has the default "slow", a string; it has to be constrained_bw, default_priority, high_priority or '
          .. "low_priority",
      },
    }
    for _, case in ipairs(cases) do
      assert.has_error(function()
        settings.read({}, { bytes = case[1] })
      end, "settings.read(config, declared): the declaration of bytes " .. case[2])
    end
  end)

  it("fails in new(), with the name of the classifier", function()
    local name, options = kit.script([[
local settings = require("settings")
local Classifier = {}
Classifier.__index = Classifier

function Classifier.new(_, config)
  local set = settings.read(config, { bytes = { type = "number" } })
  return setmetatable(set, Classifier)
end

function Classifier.classifier() end

return Classifier
]])
    options.settings = name .. ': { bytes: "5" }'
    local faults = kit.load(name, options)
    local wanted = name .. ".lua:6: " .. name .. ' has the setting bytes: "5", a string; it has to be a number (in '
      .. "the configuration, under classifiers:) | local set = settings.read(config,"
    assert.truthy(faults:find(wanted, 1, true), faults)
    kit.remove_scripts()
  end)
end)

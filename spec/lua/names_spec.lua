local kit = require("spec.kit")
local names = kit.helper("names")

local function treatment(settings, name)
  local verdict = names.new(settings):find(name)
  return verdict and verdict.qos_treatment
end

describe("names", function()
  local SETTINGS = {
    constrained_bw = { "example.com", "video.example.net" },
    high_priority = { "meet.example.com" },
    low_priority = "updates.example.org",
  }
  local cases = {
    ["example.com"] = "constrained_bw",
    ["www.example.com"] = "constrained_bw",
    ["a.b.example.com"] = "constrained_bw",
    ["meet.example.com"] = "high_priority",
    ["eu.meet.example.com"] = "high_priority",
    ["updates.example.org"] = "low_priority",
    ["example.net"] = false,
    ["notexample.com"] = false,
    ["com"] = false,
    [""] = false,
  }
  for name, expected in pairs(cases) do
    it(("gives %q %s"):format(name, expected or "nothing"), function()
      assert.equal(expected or nil, treatment(SETTINGS, name))
    end)
  end

  it("takes names in any case and with a dot at the end", function()
    assert.equal("low_priority", treatment({ low_priority = "WWW.Example.COM." }, "www.example.com"))
  end)

  it("counts them", function()
    assert.equal(4, names.new(SETTINGS).count)
    assert.equal(0, names.new({}).count)
  end)

  local refused = {
    ["another treatment"] = {
      { fast = "a" },
      'the setting of names is "fast"; it can be constrained_bw, default_priority, high_priority or low_priority',
    },
    ["a mapping"] = {
      { low_priority = { example = "a" } }, "the setting low_priority is a mapping; it is a name or a list of names",
    },
    ["a number"] = {
      { low_priority = 10 },
      "the setting low_priority has a number among its names; a name is text such as www.example.com",
    },
    ["an empty name"] = {
      { low_priority = { "" } },
      "the setting low_priority has an empty text among its names; a name is text such as www.example.com",
    },
    ["a name with two treatments"] = {
      { low_priority = "a.example", high_priority = "a.example" },
      "the name a.example is in two settings; it can have one treatment",
    },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      local ok, message = pcall(names.new, row[1])
      assert.is_false(ok)
      assert.equal(row[2], (message:gsub("^%S+:%d+: ", "")))
    end)
  end
end)

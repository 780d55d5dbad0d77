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

  it("accepts names in any case and with a dot at the end", function()
    assert.equal("low_priority", treatment({ low_priority = "WWW.Example.COM." }, "www.example.com"))
  end)

  it("counts them", function()
    assert.equal(4, names.new(SETTINGS).count)
    assert.equal(0, names.new({}).count)
  end)

  it("is called with a colon", function()
    local ok, message = pcall(names.new(SETTINGS).find, "example.com")
    assert.is_false(ok)
    assert.equal("call it with a colon: names:find(name)", message)
  end)

  local refused = {
    ["another treatment"] = { { lowpriority = "a" }, 'has no setting "lowpriority"; did you mean "low_priority"?' },
    ["a mapping"] = {
      { low_priority = { example = "a" } },
      "has the setting low_priority: a mapping; it has to be a string or a list of strings",
    },
    ["a number"] = {
      { low_priority = 10 },
      "has the setting low_priority: 10, a number; it has to be a string or a list of strings",
    },
    ["a number in a list"] = {
      { low_priority = { "a.example", 10 } },
      "has the setting low_priority: a list; it has to be a string or a list of strings; in it is 10, a number",
    },
    ["an empty name"] = {
      { low_priority = { "" } },
      'has in its setting low_priority the name "", which no server has; a name is text such as www.example.com',
    },
    ["a pattern"] = {
      { low_priority = { "*.a.example" } },
      'has in its setting low_priority the name "*.a.example", which no server has; write "a.example", which stands '
        .. "for every name below it, too",
    },
    ["a dot at the beginning"] = {
      { low_priority = ".a.example" },
      'has in its setting low_priority the name ".a.example", which no server has; write "a.example", which stands '
        .. "for every name below it, too",
    },
    ["a URL"] = {
      { low_priority = "https://a.example/" },
      'has in its setting low_priority the name "https://a.example/", which no server has; a name is text such as '
        .. "www.example.com",
    },
    ["a name with two treatments"] = {
      { low_priority = "a.example", high_priority = "a.example" },
      "has the name a.example in two settings; it can have one treatment",
    },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      local ok, message = pcall(names.new, row[1])
      assert.is_false(ok)
      assert.equal("the classifier " .. row[2] .. " (in the configuration, under classifiers:)", message)
    end)
  end
end)

local kit = require("spec.kit")
local stats = kit.helper("stats")

local function added(object, values)
  for _, value in ipairs(values) do
    object:add(value)
  end
  return object
end

-- Numbers from 0 to 1 that look random and are the same each time.
local function noise(count)
  local list, seed = {}, 12345
  for i = 1, count do
    seed = (seed * 1103515245 + 12345) % 2147483648
    list[i] = seed / 2147483648
  end
  return list
end

describe("stats.new", function()
  it("computes mean, variance, minimum and maximum", function()
    local object = added(stats.new(), { 2, 4, 4, 4, 5, 5, 7, 9 })
    assert.equal(8, object.count)
    assert.equal(5, object:mean())
    assert.near(32 / 7, object:variance(), 1e-12)
    assert.near((32 / 7) ^ 0.5, object:deviation(), 1e-12)
    assert.same({ 2, 9 }, { object.min, object.max })
  end)

  it("has no results without values, and no variance of one value", function()
    local object = stats.new()
    assert.same({ 0, 0, 0 }, { object.count, object:mean(), object:variance() })
    assert.is_nil(object.min)
    assert.same({ 3, 0 }, { added(object, { 3 }):mean(), object:deviation() })
  end)

  for _, name in ipairs({ "count", "min", "max", "other" }) do
    it("accepts values by add() only, not by setting its " .. name, function()
      assert.has_error(function()
        stats.new()[name] = 5
      end, "an object of stats.new() cannot be written to: call object:add(value)")
    end)
  end

  it("is exact far from zero", function()
    assert.near(1, added(stats.new(), { 1e9, 1e9 + 1, 1e9 + 2 }):variance(), 1e-9)
  end)
end)

describe("stats.percentile", function()
  it("is exact for up to five values", function()
    local median = stats.percentile(0.5)
    assert.is_nil(median:value())
    local expected = { 9, 6, 5, 4, 5 }
    for i, value in ipairs({ 9, 3, 5, 1, 7 }) do
      median:add(value)
      assert.equal(expected[i], median:value())
    end
  end)

  -- The example of the article that describes the algorithm, Jain and Chlamtac 1985.
  it("gives the estimates of the article", function()
    local median = added(stats.percentile(0.5), {
      0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92, 34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,
      0.42, 0.09, 11.37,
    })
    assert.near(4.44, median:value(), 0.005)
  end)

  for _, share in ipairs({ 0.05, 0.5, 0.95 }) do
    it(("approximates the percentile %g of many values"):format(share), function()
      assert.near(share, added(stats.percentile(share), noise(10000)):value(), 0.02)
    end)
  end

  it("is small enough to be kept for many flows", function()
    local name, options = kit.script([[
local stats = require("stats")
local it = { kept = {} }

function it.new()
  for i = 1, 100000 do
    it.kept[i] = stats.percentile(0.5)
  end
  return { classifier = function() end }
end

return it
]])
    assert.equal("", kit.load(name, options))
    kit.remove_scripts()
  end)

  it("is exact for equal values", function()
    assert.equal(7, added(stats.percentile(0.9), { 7, 7, 7, 7, 7, 7, 7, 7, 7 }):value())
  end)

  for _, name in ipairs({ "add", "value" }) do
    it(("is called with a colon: %s()"):format(name), function()
      local ok, message = pcall(stats.percentile(0.5)[name], 5)
      assert.is_false(ok)
      assert.equal(("call it with a colon: object:%s()"):format(name), message)
    end)
  end

  for _, share in ipairs({ 0, 1, 95, "0.5" }) do
    it("refuses " .. tostring(share), function()
      assert.has_error(function()
        stats.percentile(share)
      end, "stats.percentile(share): share is a number between 0 and 1, such as 0.95")
    end)
  end
end)

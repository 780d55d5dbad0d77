--- The step charges of regular expressions.
require("spec.kit") -- declares regex.h and loads the library
local ffi = require("ffi")

-- A part of the host with these steps, and its charges.
local function maker_with(rest, exchange)
  local charged = { count = 0 }
  local steps = {
    charge = function(count)
      charged.count = charged.count + count
      if charged.count > rest then
        error("the call has no steps left", 0)
      end
    end,
    rest = function()
      return rest - charged.count
    end,
  }
  local bytes = {
    of = function(source)
      return ffi.cast("const uint8_t *", source), #source, #source
    end,
  }
  local regexes = assert(loadfile("core/script/lua/regexes.lua"))(ffi.C, bytes, steps, exchange)
  return regexes.maker(), charged
end

describe("a match", function()
  it("charges a step for 64 bytes, and for 4 units of work", function()
    local new, charged = maker_with(1e9)
    assert.is_false(new("b", false):test(("a"):rep(6400)))
    assert.equal(100, charged.count) -- it was never attempted
    assert.is_true(new("^a", false):test(("a"):rep(64)))
    assert.equal(101.75, charged.count) -- three units: ^, a, and the end
  end)

  it("charges for the text after its start position", function()
    local new, charged = maker_with(1e9)
    assert.is_nil(new("b", false):find(("a"):rep(6400), 3201))
    assert.equal(50, charged.count)
  end)

  it("ends when the steps of the call are used up", function()
    local new, charged = maker_with(100)
    local re = new("(?:a+)+[bc]", false)
    assert.has_error(function()
      re:test(("a"):rep(64))
    end, "the call has no steps left")
    assert.is_true(charged.count > 100 and charged.count < 110)
  end)

  it("ends at its own limit when the call has more steps than that", function()
    local new, charged = maker_with(1e9)
    local re = new("(?:a+)+[bc]", false)
    assert.error_matches(function()
      re:test(("a"):rep(64))
    end, "re:test%(%): the pattern took too many steps on this text and was stopped")
    assert.is_true(charged.count > 262144 and charged.count < 262200)
  end)
end)

describe("the pattern maker", function()
  it("makes patterns only while a classifier is loaded", function()
    local exchange = { loading = true }
    local new = maker_with(1e9, exchange)
    local re = new("a", false)
    exchange.loading = false
    assert.is_true(re:test("a"))
    local problem = "make it once, in new() or at the top of the file; classifier() cannot make patterns"
    assert.same({ nil, problem }, { new("a", false) })
  end)

  it("counts the patterns made", function()
    local new = maker_with(1e9)
    for _ = 1, 64 do
      assert(new("a", false))
    end
    assert.same({ nil, "a classifier may make up to 64 patterns, including its helper modules" }, { new("a", false) })
  end)
end)

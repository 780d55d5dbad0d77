local kit = require("spec.kit")
local entropy = kit.helper("entropy")

local ALL = {}
for byte = 0, 255 do
  ALL[#ALL + 1] = string.char(byte)
end
ALL = table.concat(ALL)

describe("entropy.of", function()
  local cases = { [""] = 0, ["aaaa"] = 0, ["abab"] = 1, ["abcd"] = 2, [ALL] = 8, [ALL:rep(3)] = 8 }
  for bytes, bits in pairs(cases) do
    it(("is %d for %d bytes like %q"):format(bits, #bytes, bytes:sub(1, 4)), function()
      local found, count = entropy.of(bytes)
      assert.near(bits, found, 1e-9)
      assert.equal(#bytes, count)
    end)
  end

  it("reads the payload of a packet", function()
    kit.each_flow(kit.packets.tcp({ payload = "abab" }), function(flow)
      assert.same({ 1, 4 }, { entropy.of(flow) })
    end)
  end)
end)

describe("entropy.histogram", function()
  it("sums over several strings", function()
    local histogram = entropy.histogram()
    histogram:add("aa")
    histogram:add("bb")
    assert.equal(1, histogram:entropy())
    assert.equal(4, histogram:total())
    assert.equal(2, histogram:count(("a"):byte()))
    assert.equal(0, histogram:count(255))
  end)

  it("adds the payload of a packet", function()
    local histogram = entropy.histogram()
    kit.each_flow({ kit.packets.tcp({ payload = "ab" }), kit.packets.tcp({ seq = 2, payload = "cd" }) }, function(flow)
      histogram:add(flow)
    end)
    assert.equal(2, histogram:entropy())
  end)

  it("is separate from other histograms", function()
    entropy.histogram():add("x")
    assert.equal(0, entropy.histogram():total())
  end)

  local refused = {
    ["another field"] = { "h.colour", 'histogram has no field "colour"; it has: add, count, entropy, total' },
    ["a dot"] = { "h.total()", "call it with a colon: histogram:total()" },
    ["a number that is no byte"] = { "h:count(256)", "histogram:count(byte): byte is a number from 0 to 255" },
    ["no source"] = { "h:add(1)", "histogram:add() takes the flow passed to classifier(), flow" },
    ["a write"] = { "h._0 = 5", "attempt to write to constant location" },
    ["a number for an index"] = { "h[300]", 'histogram has no field "number"' },
    ["arithmetic"] = { "h + 1", "attempt to perform arithmetic" },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      local body = row[1]:find("=") and row[1] or "local _ = " .. row[1]
      local run = assert(loadstring("return function(h) " .. body .. " end"))()
      local ok, message = pcall(run, entropy.histogram())
      assert.is_false(ok)
      assert.truthy(message:find(row[2], 1, true), message)
    end)
  end
end)

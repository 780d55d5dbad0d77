local kit = require("spec.kit")
local tokens = kit.helper("tokens")

describe("tokens.new", function()
  local cases = {
    ["one token"] = { { "abc" }, "xxabcxx", 1, 5 },
    ["the first of several"] = { { "his", "he", "hers" }, "ushers", 2, 4 },
    ["the longest that ends there"] = { { "he", "she" }, "ushers", 2, 4 },
    ["one within another that is not there"] = { { "abcd", "bc" }, "xabcx", 2, 4 },
    ["the first of equal ones"] = { { "a", "a" }, "ba", 1, 2 },
    ["one after a false start"] = { { "aab" }, "aaab", 1, 4 },
    ["bytes of any value"] = { { "\0\255" }, "x\0\255", 1, 3 },
    ["nothing in nothing"] = { { "a" }, "" },
    ["nothing that ends behind the bytes"] = { { "abc" }, "xab" },
    ["nothing in another case"] = { { "abc" }, "ABC" },
  }
  for what, row in pairs(cases) do
    it("finds " .. what, function()
      assert.same({ row[3], row[4] }, { tokens.new(row[1]):find(row[2]) })
    end)
  end

  it("may ignore case", function()
    local set = tokens.new({ "Host: ", "\193" }, { ignore_case = true })
    assert.same({ 1, 8 }, { set:find("\r\nhOsT: x") })
    assert.is_nil(set:find("\225"))
  end)

  it("searches the payload of a packet", function()
    local set = tokens.new({ "BitTorrent" })
    kit.each_flow(kit.packets.tcp({ payload = "\19BitTorrent protocol" }), function(flow)
      assert.same({ 1, 11 }, { set:find(flow) })
    end)
    kit.each_flow(kit.packets.tcp({}), function(flow)
      assert.is_nil(set:find(flow))
    end)
  end)

  it("accepts 64 tokens of 1024 bytes", function()
    local list = {}
    for i = 1, 64 do
      list[i] = ("%016d"):format(i)
    end
    assert.equal(64, (tokens.new(list):find("0000000000000064")))
    list[65] = "x"
    assert.has_error(function()
      tokens.new(list)
    end, "tokens.new(list): more than 64 tokens, or more than 1024 bytes of them")
    assert.has_error(function()
      tokens.new({ ("x"):rep(1025) })
    end, "tokens.new(list): more than 64 tokens, or more than 1024 bytes of them")
  end)

  local refused = {
    ["no list"] = { "text", "tokens.new(list): list has the strings to look for" },
    ["an empty list"] = { {}, "tokens.new(list): list has the strings to look for" },
    ["an empty token"] = { { "a", "" }, "tokens.new(list): list[2] is not a string with something in it" },
    ["a number"] = { { 1 }, "tokens.new(list): list[1] is not a string with something in it" },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      assert.has_error(function()
        tokens.new(row[1])
      end, row[2])
    end)
  end

  local options = {
    ["a word"] = { "ignore_case", "options is a table such as { ignore_case = true }" },
    ["another name"] = { { ignorecase = true }, 'there is no option "ignorecase"; there is: ignore_case' },
    ["a number"] = { { ignore_case = 1 }, "ignore_case is true or false" },
  }
  for what, row in pairs(options) do
    it("refuses as options " .. what, function()
      assert.has_error(function()
        tokens.new({ "a" }, row[1])
      end, "tokens.new(list, options): " .. row[2])
    end)
  end

  it("is called with a colon", function()
    assert.has_error(function()
      tokens.new({ "a" }).find("a")
    end, "call it with a colon: set:find(flow)")
  end)
end)

describe("tokens.starts", function()
  local cases = {
    { "abc", "ab", true }, { "ab", "ab", true }, { "", "", true }, { "a", "ab", false }, { "xab", "ab", false },
  }
  for _, row in ipairs(cases) do
    it(("is %s for %q and %q"):format(row[3], row[1], row[2]), function()
      assert.equal(row[3], tokens.starts(row[1], row[2]))
    end)
  end
end)

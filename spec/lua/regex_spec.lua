local kit = require("spec.kit")

-- Each pattern as if in a separate classifier, because the number of patterns of a classifier is limited.
local regex = {
  new = function(...)
    return kit.helper("regex").new(...)
  end,
}

local REQUEST = "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

-- The text of an error, which must be at a line of this file.
local function error_of(call)
  local raised, message = pcall(call)
  assert.is_false(raised)
  return message:match("^[%w_./]*regex_spec%.lua:%d+: (.*)$") or "not at the caller: " .. message
end

describe("re:find", function()
  local cases = {
    ["a word"] = { { "b+" }, { "abbc" }, { 2, 3 } },
    ["the first of several"] = { { "a|b" }, { "xba" }, { 2, 2 } },
    ["what groups capture"] = { { "(\\w+)=(\\d*)" }, { "; n=;" }, { 3, 4, "n", "" } },
    ["false for a group that took no part"] = { { "(a)|(b)|(c)" }, { "b" }, { 1, 1, false, "b", false } },
    ["nothing between bytes"] = { { "x*" }, { "ab" }, { 1, 0 } },
    ["nothing at all in nothing"] = { { "x*" }, { "" }, { 1, 0 } },
    ["no byte in nothing"] = { { "." }, { "" }, {} },
    ["nothing without a match"] = { { "abc" }, { "ab" }, {} },
    ["bytes of any value"] = { { "\\x00\\xff" }, { "a\0\255" }, { 2, 3 } },
    ["bytes of any value in the pattern"] = { { "\0\255" }, { "a\0\255" }, { 2, 3 } },
    ["bytes, not characters"] = { { "^.$" }, { "\195\164" }, {} },
    ["either case with ignore_case"] = { { "host", { ignore_case = true } }, { "HoSt" }, { 1, 4 } },
    ["its own case otherwise"] = { { "host", { ignore_case = false } }, { "HoSt" }, {} },
    ["a match after the position init"] = { { "a" }, { "aba", 2 }, { 3, 3 } },
    ["a match after a position from the end"] = { { "a" }, { "aab", -2 }, { 2, 2 } },
    ["from the start for a position before it"] = { { "a" }, { "ab", -9 }, { 1, 1 } },
    ["from the start for position 0"] = { { "a" }, { "ab", 0 }, { 1, 1 } },
    ["nothing at the end"] = { { "$" }, { "ab", 3 }, { 3, 2 } },
    ["nothing after the end"] = { { "$" }, { "ab", 4 }, {} },
    ["nothing at infinity"] = { { "$" }, { "ab", math.huge }, {} },
    ["the beginning only where the source begins"] = { { "^b" }, { "ab", 2 }, {} },
    ["the place to begin at"] = { { "\\Gb" }, { "ab", 2 }, { 2, 2 } },
    ["what stands before the place to begin at"] = { { "(?<=a)b" }, { "ab", 2 }, { 2, 2 } },
    ["what the match keeps"] = { { "a\\Kb" }, { "ab" }, { 2, 2 } },
  }
  for what, case in pairs(cases) do
    it("finds " .. what, function()
      assert.same(case[3], { regex.new(unpack(case[1])):find(unpack(case[2])) })
    end)
  end

  it("returns one capture for each group", function()
    local re = regex.new(("(a?)"):rep(32) .. "b")
    local result = { re:find("aab") }
    assert.same({ 1, 3, "a", "a", "" }, { unpack(result, 1, 5) })
    assert.equal(34, #result)
  end)
end)

describe("re:match", function()
  local cases = {
    ["the whole match without groups"] = { "\\w+", { " ab " }, { "ab" } },
    ["the groups"] = { "(\\w)(\\w)", { " ab " }, { "a", "b" } },
    ["nothing, which is text"] = { "x*", { "ab" }, { "" } },
    ["false for a group that took no part"] = { "(a)|b", { "b" }, { false } },
    ["nil without a match"] = { "(a)", { "b" }, {} },
    ["a match after the position init"] = { "a(.)", { "abac", 2 }, { "c" } },
  }
  for what, case in pairs(cases) do
    it("returns " .. what, function()
      assert.same(case[3], { regex.new(case[1]):match(unpack(case[2])) })
    end)
  end

  it("reads a packet's payload and a stream", function()
    local re = regex.new("\r\nHost: *(\\S+)")
    local packets = { kit.packets.tcp({ flags = "S" }), kit.packets.tcp({ seq = 1, payload = REQUEST }) }
    local hosts = {}
    kit.each_flow(packets, function(flow)
      hosts[#hosts + 1] = re:match(flow) or "no match"
      hosts[#hosts + 1] = re:match(flow:stream("c2s")) or "no match"
    end)
    assert.same({ "no match", "no match", "www.example.com", "www.example.com" }, hosts)
  end)
end)

describe("re:test", function()
  it("returns whether there is a match", function()
    local re = regex.new("^GET .*\\.html")
    assert.is_true(re:test(REQUEST))
    assert.is_false(re:test("POST /index.html"))
    assert.is_false(re:test(""))
  end)
end)

describe("regex.new", function()
  local refused = {
    ["no string"] = { { 5 }, "regex.new(pattern, options): pattern is a string" },
    ["no options"] = {
      { "a", "i" }, "regex.new(pattern, options): options is a table such as { ignore_case = true }",
    },
    ["a misspelt option"] = {
      { "a", { ignorecase = true } },
      'regex.new(pattern, options): there is no option "ignorecase"; did you mean "ignore_case"?',
    },
    ["an option without a similar name"] = {
      { "a", { "multiline" } }, 'regex.new(pattern, options): there is no option "1"; there is: ignore_case',
    },
    ["an option of another type"] = {
      { "a", { ignore_case = 1 } }, "regex.new(pattern, options): ignore_case is true or false",
    },
    ["recursion"] = { { "a(?R)?" }, "regex.new: recursion is not available at offset 1" },
    ["a verb"] = { { "a(*SKIP)b" }, "regex.new: a verb or other word after (* is not available at offset 1" },
    ["a callout"] = { { "a(?C1)" }, "regex.new: a callout is not available at offset 1" },
    ["Unicode"] = { { "\\pL" }, "regex.new: Unicode (\\X, \\p, \\P) is not available at offset 0" },
    ["a long pattern"] = { { ("a"):rep(1025) }, "regex.new: it has 1025 bytes; the maximum is 1024" },
    ["many groups"] = {
      { ("(a)"):rep(33) },
      "regex.new: 33 capturing groups; the maximum is 32; (?:...) does not capture",
    },
  }
  for what, case in pairs(refused) do
    it("refuses " .. what, function()
      assert.equal(case[2], error_of(function()
        local re = regex.new(unpack(case[1]))
        return re
      end))
    end)
  end

  local not_compiled = {
    ["an open group"] = { "a(b|c", 5 },
    ["a quantifier of nothing"] = { "a|*", 2 },
    ["half a character"] = { "a\\C", 3 },
  }
  for what, case in pairs(not_compiled) do
    it("reports the words of PCRE2 and the offset for " .. what, function()
      assert.matches(("^regex.new: %%l[^\n]+ at offset %d$"):format(case[2]), error_of(function()
        local re = regex.new(case[1])
        return re
      end))
    end)
  end

  it("refuses a pattern that grows", function()
    assert.matches("^regex.new: the compiled pattern takes %d+ bytes, "
      .. "but only 32768 are left of the 32768 for all patterns$", error_of(function()
        local re = regex.new("(?:a|b){999}")
        return re
      end))
  end)

  for _, name in ipairs({ "find", "match", "test" }) do
    it(("makes an object with a %s that requires a colon"):format(name), function()
      local re = regex.new("a")
      assert.equal(("call it with a colon: re:%s(flow)"):format(name), error_of(function()
        re[name]("a")
      end))
    end)
  end

  for _, name in ipairs({ "find", "match" }) do
    for _, init in ipairs({ "2", 0 / 0 }) do
      it(("makes an object with a %s that begins at a number, not at %s"):format(name, init), function()
        local re = regex.new("a")
        local problem = "re:%s(source, init): init is a number, the position to begin at"
        assert.equal(problem:format(name), error_of(function()
          re[name](re, "a", init)
        end))
      end)
    end
  end
end)

local LONG = 262144
local TOO_MANY = "re:test(): the pattern took too many steps on this text and was stopped; let fewer of its * and "
  .. "+ match the same bytes, or anchor it with ^"
local TOO_DEEP = "re:test(): the pattern needs too much backtracking on this text and was stopped; let a repeated "
  .. "group match more at a time, or make it possessive, as (?:...)*+"

describe("a pattern", function()
  local cases = {
    ["repeats what repeats"] = { "(a+)+[bc]", TOO_MANY },
    ["repeats everything"] = { "(.*)*[xy]", TOO_MANY },
    ["repeats three times over"] = { ".*.*.*[xy]", TOO_MANY },
    ["looks ahead within looking ahead"] = { "(?=(?=(?=a*[bc])a*[bc])a*[bc])a", TOO_MANY },
    ["has alternatives that are the same"] = { "(?:a|aa)+$", TOO_DEEP },
  }
  for what, case in pairs(cases) do
    it("is an error, and never no match, when it " .. what, function()
      local re = regex.new(case[1])
      assert.equal(case[2], error_of(function()
        local found = re:test(("a"):rep(LONG - 1) .. "!")
        return found
      end))
    end)
  end

  it("searches 256 KiB, and reports longer text", function()
    local re = regex.new("b")
    assert.is_false(re:test(("a"):rep(LONG)))
    assert.equal("re:test(): the text is too long: a pattern searches up to 256 KiB", error_of(function()
      local found = re:test(("a"):rep(LONG + 1))
      return found
    end))
  end)
end)

-- A classifier with this text at the top, and the other text as the body of classifier().
local function classifier(top, body)
  return kit.script(([[
local regex = require("regex")
local HIGH, LOW = { qos_treatment = "high_priority" }, { qos_treatment = "low_priority" }
%s
return { new = function() return { classifier = function(self, flow)
%s
end } end }]]):format(top, body))
end

-- The error of the classifier when it runs on a request, or when it is loaded.
local function problem_of(name, options)
  options.errors = true
  local loaded, run = pcall(kit.run, name, kit.packets.http({ uri = "/" }), options)
  local text = loaded and run.errors[1] or not loaded and run or ""
  return text:match("script%.lua:(%d+: [^\n]*) | ")
end

describe("a classifier", function()
  after_each(kit.remove_scripts)

  it("decides by a pattern", function()
    local name, options = classifier('local HOST = regex.new("\\r\\nHost: *(\\\\S+)")', [[
      local host = HOST:match(flow)
      if host then
        flow.finalised = true
        return HOST:test(flow) and host == "www.example.com" and HIGH or LOW
      end]])
    local run = kit.run(name, kit.packets.http({ uri = "/", host = "www.example.com" }), options)
    assert.equal("high_priority", run.qos_treatment)
  end)

  it("makes no pattern in classifier()", function()
    assert.equal("5: regex.new: make it once, in new() or at the top of the file; classifier() cannot make patterns",
      problem_of(classifier("", 'regex.new("a"):test(flow)')))
  end)

  it("makes 64 patterns, those of its helper modules among them", function()
    local name, options = classifier('for _ = 1, 65 do regex.new("a") end', "")
    local problem = "3: regex.new: a classifier may make up to 64 patterns, including its helper modules"
    assert.equal(problem, problem_of(name, options))
    assert.is_nil(problem_of(classifier('for _ = 1, 64 do regex.new("a") end', "")))
  end)

  it("makes patterns of 32 KiB", function()
    local text = 'for _ = 1, %d do regex.new("(?:a|b){100}") end'
    assert.matches("^3: regex.new: the compiled pattern takes %d+ bytes, "
      .. "but only %d+ are left of the 32768 for all patterns", problem_of(classifier(text:format(9), "")))
    assert.is_nil(problem_of(classifier(text:format(2), "")))
  end)

  it("gets the line at which a pattern takes too long", function()
    assert.equal("5: " .. TOO_MANY,
      problem_of(classifier('local RE = regex.new("(a+)+[bc]")', 'local _ = RE:test(("a"):rep(30000))')))
  end)
end)

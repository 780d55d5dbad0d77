--- The `string` functions of scripts give the results of LuaJIT's, including errors.
local engine = require("spec.kit.engine")
local jit = require("jit")

local ours = engine.sandbox.environment(error).string
local theirs = string

local NOTHING = {} -- stands for a missing argument at the end
local NIL = {} -- stands for nil

local function show(done, ...)
  local shown = {}
  for i = 1, select("#", ...) do
    local value = (select(i, ...))
    shown[i] = type(value) .. ":" .. tostring(value)
  end
  -- Our functions do not distinguish a missing argument from nil.
  return ((done and "" or "error ") .. table.concat(shown, ", "):gsub("no value", "nil"))
end

-- The outcome of a call as one text: results, or the error with its line, which is equal for
-- both.
local function call(f, arguments)
  return show(pcall(function()
    return (function(...)
      return ...
    end)(f(unpack(arguments, 1, arguments.count)))
  end))
end

-- The same in interpreted code: the reference are LuaJIT's functions without the compiler.
local interpret = assert(load(string.dump(call)))
for index = 1, 8 do
  local name, value = debug.getupvalue(call, index)
  if name then
    debug.setupvalue(interpret, index, value)
  end
end
jit.off(interpret, true)

local function shown_call(name, arguments)
  local shown = {}
  for i = 1, arguments.count do
    local value = arguments[i]
    shown[i] = type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  return ("string.%s(%s)"):format(name, table.concat(shown, ", "))
end

local function compare(name, ...)
  local arguments = { count = 0 }
  for i = 1, select("#", ...) do
    local value = (select(i, ...))
    if value == NOTHING then
      break
    end
    if value ~= NIL then
      arguments[i] = value
    end
    arguments.count = i
  end
  local expected, found = interpret(theirs[name], arguments), call(ours[name], arguments)
  if expected ~= found then
    error(("%s:\n  LuaJIT's %s\n  ours     %s"):format(shown_call(name, arguments), expected, found), 0)
  end
end

-- All combinations of lists of arguments.
local function compare_all(name, ...)
  local lists, arguments = { ... }, {}
  local function fill(at)
    if at > #lists then
      compare(name, unpack(arguments, 1, #lists))
      return
    end
    for i = 1, #lists[at] do
      arguments[at] = lists[at][i]
      fill(at + 1)
    end
  end
  fill(1)
end

local TEXTS = {
  "", "a", "abc", "a.b.c", "GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n", "a\0b\0", "aaaaaaaaaa",
  "(a(b)c)", "key = value, other=thing", "THE (quick) fox", "%", "x^y$", "\255\128", ("ab"):rep(40), 12.5, -3,
}
local PATTERNS = {
  "", "a", "abc", ".", ".*", ".-", ".+", "^", "$", "^$", "^a", "a$", "a*", "a-", "a?", "b?c", "a*b", "^(%u+) (%S+)",
  "(%a+)", "()", "()a()", "((a)(b))", "(a*)(b*)", "[abc]", "[^abc]", "[a-c]+", "[]]", "[^]]", "[%a_][%w_]*", "[a-]",
  "%d+", "%D", "%s", "%S+", "%w+", "%W", "%p", "%c", "%x+", "%l", "%u", "%g", "%z", "%Z", "%%", "%.", "%bab", "%b()",
  "%f[%a]%a+", "%f[%A]", "(.)%1", "(a)(b)%2", "(%w+) = (%w+)", "\0", "a\0x", "[\0]", "x^y$", "^^", "$$", "a**", "*",
  "+", "(", ")", "(()", "())", "(a", "a)", "%", "a%", "[", "[a", "[^", "[%", "[]", "[a%]", "%b", "%bx", "%f", "%fa",
  "%f[a", "%1", "%0", "(%1)", "()%1", ("()"):rep(32), ("()"):rep(33), ("a?"):rep(201), ("a?"):rep(199) .. "a*", 2, 1.5,
}
local PLACES = {
  NOTHING, NIL, 0, 1, 2, 3, -1, -2, -100, 100, 0.5, 1.9, -0.5, -1.9, "2", "0x2", " 3 ", "x", false, {}, 1LL,
}
local FEW_PLACES = { NOTHING, 1, 2, -1, 4, 1000, -1000 }
local ODD_TEXTS = { NIL, false, {}, print, 1LL, 5, "x" }

describe("string", function()
  it("finds like LuaJIT", function()
    compare_all("find", TEXTS, PATTERNS, FEW_PLACES)
    compare_all("find", { "abcabc", "a.c", "" }, { "c", ".", "", "abcabca", "%" }, PLACES,
      { NOTHING, NIL, true, false, 0 })
    compare_all("find", ODD_TEXTS, ODD_TEXTS, PLACES)
    compare("find", NOTHING)
    compare("find", "a", NOTHING)
    compare("find", ("x"):rep(3000) .. "needle", "needle", -10)
    compare("find", ("x"):rep(3000), ("x"):rep(1000) .. "y", 1, true)
    compare("find", ("x"):rep(3000), ("x"):rep(1000), 7, true)
  end)

  it("matches like LuaJIT", function()
    compare_all("match", TEXTS, PATTERNS, FEW_PLACES)
    compare_all("match", { "abcabc", "" }, { "(b)(c)", "()", "^b" }, PLACES)
    compare_all("match", ODD_TEXTS, ODD_TEXTS)
    compare("match", NOTHING)
  end)

  -- Collects an iterator's results until it ends or raises an error.
  local function iterated(gmatch, text, pattern)
    local shown = {}
    local iterator = gmatch(text, pattern)
    repeat
      local result = interpret(iterator, { count = 0 })
      shown[#shown + 1] = result
    until result == "" or result:find("^error") or #shown == 200
    return table.concat(shown, "\n")
  end

  it("iterates like LuaJIT", function()
    for _, text in ipairs(TEXTS) do
      for _, pattern in ipairs(PATTERNS) do
        assert.equal(iterated(theirs.gmatch, text, pattern), iterated(ours.gmatch, text, pattern),
          ("gmatch(%q, %q)"):format(text, pattern))
      end
    end
    compare("gmatch", NOTHING)
    compare_all("gmatch", { NIL, false, {} }, { "x" })
    compare_all("gmatch", { "x" }, { NIL, false, {} })
  end)

  it("has iterators that a script cannot break", function()
    local found = {}
    for key, value in ours.gmatch("a=1, b=2", "(%w+)=(%w+)") do
      found[#found + 1] = key .. value
    end
    assert.same({ "a1", "b2" }, found)
    local iterator = ours.gmatch("abc", "%w")
    for _, changed in ipairs({ 5, {}, 1e300, 0 / 0, -1e300, "x" }) do
      iterator[3] = changed
      pcall(iterator)
      iterator[1], iterator[2] = changed, changed
      pcall(iterator)
    end
    assert.is_nil((iterator()))
  end)

  local REPLACEMENTS = {
    "", "x", "<%0>", "%1", "%2", "%%", "%", "%a", "%1%0%1", "\0", 7, 1.5, { a = "A", b = 1, c = false, ab = "AB" }, {},
    setmetatable({}, { __index = function(_, key)
      return type(key) == "string" and key .. key or key
    end }),
    function(...)
      return table.concat({ ... }, "|")
    end,
    function()
      return nil
    end,
    function()
      return false
    end,
    function()
      return {}
    end,
    function()
      return true
    end,
  }

  it("replaces like LuaJIT", function()
    compare_all("gsub", TEXTS, PATTERNS, REPLACEMENTS, { NOTHING, 1 })
    compare_all("gsub", { "abcabc", "" }, { "b", "^a", "", "^" }, { "<%0>", { b = "B" }, REPLACEMENTS[16] },
      { NOTHING, NIL, 0, 1, 2, -1, 1.9, 100, "1", "x", {} })
    compare_all("gsub", { "x", false, NIL }, { "x", {}, NIL }, { false, true, 1LL, "y", NIL })
    compare("gsub", NOTHING)
    compare("gsub", "abc", "%w", { a = {} })
    compare("gsub", ("word "):rep(2000), "%w+", function(word)
      return word .. "!"
    end)
    compare("gsub", ("word "):rep(2000), "(%w)(%w+)", "%2%1%0")
  end)

  it("cuts and reverses strings like LuaJIT", function()
    local long = ("0123456789"):rep(50)
    compare_all("sub", { "", "abc", long, 12.5, true, {}, NIL }, PLACES, PLACES)
    for _, name in ipairs({ "len", "lower", "upper", "reverse" }) do
      compare_all(name, { "", "aBc", "\0\255\196", long, 12.5, false, {}, 1LL, NIL, NOTHING })
    end
    compare_all("rep", { "", "ab", 5, {}, NIL }, { 0, 1, 3, -1, 2.5, "2", "x", false, 1LL, NIL },
      { NOTHING, NIL, "", ",", 5, {}, false })
  end)

  it("returns bytes like LuaJIT", function()
    compare_all("byte", { "", "a", "abc", ("0123456789"):rep(50), 12.5, false, NIL }, PLACES, PLACES)
    compare_all("char", { 0, 65, 255, 65.9, "66" }, { 0, 65, 256, -1, "x", {}, NIL, NOTHING })
    compare("char", NOTHING)
  end)

  it("accepts positions that are not 32-bit integers", function()
    for _, huge in ipairs({ 2 ^ 31, 1e10, 1e300, math.huge }) do
      assert.equal("abc", ours.sub("abc", 1, huge))
      assert.equal("abc", ours.sub("abc", -huge, huge))
      assert.equal("", ours.sub("abc", huge))
      assert.is_nil(ours.find("abc", "b", huge))
      assert.equal(2, (ours.find("abc", "b", -huge)))
      assert.equal(3, select("#", ours.byte("abc", -huge, huge)))
      assert.equal("xbc", (ours.gsub("abc", "%w", "x", 1)))
      assert.equal("xxx", (ours.gsub("abc", "%w", "x", huge)))
    end
  end)

  it("formats like LuaJIT", function()
    local formats = {
      "", "x", "%d", "%5d|%-5d|%05d", "%+d % d", "%i", "%u", "%x %X", "%o", "%c", "%e", "%.3f", "%g", "%a", "%s", "%q",
      "%10s|", "%-10s|", "%.2s", "%%", "%d%%", "port %d", "%s:%d", "%s %s %s %s %s %s %s", "%5.1f", "%99d", "%99.99f",
      "%.99s", "%100d", "%", "%y", "%5", "% %", "%5%", "%-", "%.", "%123s", "%.123f", "\0%d\0", "%s%",
      ("x"):rep(300) .. "%s", ("%d"):rep(7),
    }
    local values = { NIL, 1, -1.5, 1e308, 0 / 0, 2 ^ 53, "7", "text", "a\nb\0\"\\", ("y"):rep(400), true }
    compare_all("format", formats, values)
    compare_all("format", formats, values, { NIL, 3, "z" })
    compare_all("format", formats, { 1 }, { 2 }, { "3" }, { 4 }, { 5 }, { 6 }, { 7, NOTHING })
    compare_all("format", { NIL, {}, 5, "%d", NOTHING })
    compare_all("format", { "%d", "%x", "%s", "%q" }, { 1LL, -1LL })
    compare_all("format", { "%d", "%5.1f" }, { {}, print, false })
  end)
end)

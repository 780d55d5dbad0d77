--- Positions of the limit checks in a script: core/script/lua/instrument.lua and lexer.lua in
-- isolation.
local lexer = assert(loadfile("core/script/lua/lexer.lua"))()
local instrument = assert(loadfile("core/script/lua/instrument.lua"))(lexer)

-- The operand in the brackets of a __part(), which may be nested.
local function open_part(brackets)
  local operand = brackets:match("^%((.*),'[%w_.]+'%)$") or brackets:match("^%((.*),nil%)$")
  return (operand:gsub("__part(%b())", open_part))
end

local CHECK = " __steps=__steps%-(%d+) if __steps<0 then __stop%(%)end "

-- A text with its checks, each shown as <STEPS>, each concatenation as {a .. b)), and operands
-- without their __part().
local function show_all(text)
  assert(loadstring(text))
  local result = instrument(text)
  assert(loadstring(result))
  return (result:gsub(CHECK, "<%1>"):gsub("__part(%b())", open_part):gsub("%(__joined%(", "{"))
end

-- The same without the check at the beginning.
local function show(text)
  return (show_all(text):gsub("<%d+>", "", 1))
end

local CHECKS = {
  ["a while loop"] = { "while x do y() end", "while x do<1> y() end" },
  ["a numeric for loop"] = { "for i = 1, 2 do y() end", "for i = 1, 2 do<1> y() end" },
  ["a generic for loop"] = { "for k in pairs(t) do y() end", "for k in pairs(t) do<1> y() end" },
  ["a repeat loop"] = { "repeat y() until x", "repeat<1> y() until x" },
  ["a plain block"] = { "do local x end", "do<1> local x end" },
  ["a function"] = { "local function f(a, b) return a end", "local function f(a, b)<1> return a end" },
  ["a function of no parameters"] = { "function t.f() end", "function t.f()<1> end" },
  ["a method with varargs"] = { "function t.a:b(...) end", "function t.a:b(...)<1> end" },
  ["a function as a value"] = { "f(function() end)", "f(function()<1> end)" },
  ["functions in a table"] = { "t = { function() end, a = function() end }",
    "t = { function()<1> end, a = function()<1> end }" },
  ["a goto"] = { "::a:: x() goto a", "::a:: x() <1>goto a" },
  ["a goto behind then"] = { "::a:: if x then goto a end", "::a:: if x then <1>goto a end" },
  ["a goto behind an operand"] = { "::a:: local x = y goto a", "::a:: local x = y <1>goto a" },
  ["a goto behind a label"] = { "::a:: ::b:: goto a", "::a:: ::b:: <1>goto a" },
  ["a goto with its label after a comment"] = { "::a:: goto --[[x]] a", "::a:: <1>goto --[[x]] a" },
  ["a field called goto"] = { "local x = t.goto y = 2", "local x = t.goto y = 2" },
  ["an if statement"] = { "if x then y() elseif z then y() else y() end",
    "if x then y() elseif z then y() else y() end" },
  ["the next line, not its own"] = { "while x do\n  y()\nend", "while x do<1>\n  y()\nend" },

  ["do behind dots"] = { "local function f(...) for _ = 1,...do end end",
    "local function f(...)<17> for _ = 1,...do<1> end end" },
  ["repeat behind a label"] = { "::a::repeat until x", "::a::repeat<1> until x" },
  ["do behind a number"] = { "for i = 1, 0x1p4 do end", "for i = 1, 0x1p4 do<1> end" },
  ["do behind a closing bracket"] = { "for k in next,t[1]do end", "for k in next,t[1]do<1> end" },
  ["names with bytes from 128 up"] = { "local \195\169do = 1 local do\255 = 2",
    "local \195\169do = 1 local do\255 = 2" },
  ["names that begin with a keyword"] = { "local dodo, end_, functions = 1", "local dodo, end_, functions = 1" },
  ["a string with a keyword"] = { 'x = " do " y = \' repeat \'', 'x = " do " y = \' repeat \'' },
  ["a string with escapes"] = { [[x = "\" do " y = '\\' while a do end]], [[x = "\" do " y = '\\' while a do<1> end]] },
  ["a string that skips blanks"] = { 'x = "\\z\n  do "', 'x = "\\z\n  do "' },
  ["a string over lines"] = { 'x = "\\\n do \\\r\n do "', 'x = "\\\n do \\\r\n do "' },
  ["a long string"] = { "x = [[ do ]] y = [==[ do ]=] do ]==]", "x = [[ do ]] y = [==[ do ]=] do ]==]" },
  ["an index that looks like a long string"] = { "x = t[t[1]] y = t[ [[do]] ]", "x = t[t[1]] y = t[ [[do]] ]" },
  ["a comment"] = { "-- while do\nx()", "-- while do\nx()" },
  ["a comment that ends the text"] = { "x() -- do", "x() -- do" },
  ["a long comment"] = { "--[==[ do ]] do ]==] x()", "--[==[ do ]] do ]==] x()" },
  ["a comment that looks like a long one"] = { "--[=do\nx()", "--[=do\nx()" },
  ["a first line of a shell"] = { "#!/usr/bin/do\nx()", "#!/usr/bin/do\nx()" },
  ["a byte order mark"] = { "\239\187\191while x do end", "\239\187\191while x do<1> end" },
  ["two dots between numbers"] = { "x = 1 ..2", "x = {1 ..2))" },
  ["an exponent with a sign"] = { "x = 1e+5+0xA-1", "x = 1e+5+0xA-1" },
}

-- Position of the first check of a text.
local FIRST = {
  ["a text"] = { "x()", "<1>x()" },
  ["a text behind its comments"] = { "--[[ a\n]] -- b\nreturn 1", "--[[ a\n]] -- b\n<1>return 1" },
  ["no text without a token"] = { "-- a\n", "-- a\n" },
  ["a text behind the line of a shell"] = { "#!/usr/bin/do\nx()", "#!/usr/bin/do\n<1>x()" },
  ["a text behind a byte order mark"] = { "\239\187\191x()", "\239\187\191<1>x()" },
  ["a text of many tokens"] = { "x(" .. ("1,"):rep(64) .. "1)", "<9>x(" .. ("1,"):rep(64) .. "1)" },
}

local WEIGHTS = {
  ["a long body"] = { "while x do " .. ("y() "):rep(20) .. "end", "<4>" },
  ["a long condition"] = { "while x(" .. ("1, "):rep(40) .. "1) do end", "<6>" },
  ["a long condition behind the body"] = { "repeat until x(" .. ("1, "):rep(40) .. "1)", "<6>" },
  ["comparisons"] = { "while x do y(a < b, c >= d) end", "<3>" },
  ["arguments that are copied"] = { "function f(...) y(...) end", "<17>" },
  ["code behind an inner loop"] = { "while x do while y do end " .. ("z() "):rep(20) .. "end", "<5>" },
  ["a way back"] = { "::a:: " .. ("y() "):rep(20) .. "goto a", "<4>" },
  ["a way forward"] = { "goto a " .. ("y() "):rep(20) .. "::a::", "<1>" },
}

local JOINED = {
  ["two values"] = { "x = a .. b", "x = {a .. b))" },
  ["more than two"] = { "x = a .. b .. c", "x = {a .. b .. c))" },
  ["operators with a higher precedence"] = { "x = -a + b * c .. not d ^ 2", "x = {-a + b * c .. not d ^ 2))" },
  ["operators with a lower precedence"] = { "x = a .. b == c .. d and e or f .. g",
    "x = {a .. b)) == {c .. d)) and e or {f .. g))" },
  ["arguments"] = { "f(a .. b, c, d .. e)", "f({a .. b)), c, {d .. e)))" },
  ["a call without brackets"] = { 'x = f"a" .. g{ b .. c }', 'x = {f"a" .. g{ {b .. c)) }))' },
  ["calls in a chain"] = { "x = a.b:c(d)[e] .. f", "x = {a.b:c(d)[e] .. f))" },
  ["an index"] = { "t[a .. b] = c .. d", "t[{a .. b))] = {c .. d))" },
  ["a table"] = { "t = { a .. b, [c .. d] = e .. f; g = h .. i }",
    "t = { {a .. b)), [{c .. d))] = {e .. f)); g = {h .. i)) }" },
  ["a condition"] = { "if a .. b then elseif c .. d then end", "if {a .. b)) then elseif {c .. d)) then end" },
  ["the condition behind a loop"] = { "repeat x() until a .. b y()", "repeat<1> x() until {a .. b)); y()" },
  ["a result"] = { "local function f() return a .. b end", "local function f()<1> return {a .. b)) end" },
  ["a function as an operand"] = { "x = a .. (function() return b .. c end)()",
    "x = {a .. (function()<1> return {b .. c)) end)()))" },
  ["a function as the first operand"] = { 'x = function() end .. "a"', 'x = {function()<1> end .. "a"))' },
  ["the next statement, a name"] = { "x = a .. b y = c", "x = {a .. b)); y = c" },
  ["the next statement, in brackets"] = { 'x = a .. "b" (f)()', 'x = {a .. "b")); (f)()' },
  ["the next line, in brackets"] = { 'x = a .. "b"\n(f)()', 'x = {a .. "b"));\n(f)()' },
  ["the next statement after a condition"] = { 'repeat until a .. "b" (f)()', 'repeat<1> until {a .. "b")); (f)()' },
  ["a name that is called"] = { "x = a .. b (f)()", "x = {a .. b (f)()))" },
  ["the next statement, a goto"] = { "x = a .. b goto l ::l::", "x = {a .. b)) <1>goto l ::l::" },
  ["the next statement, a function"] = { "x = a .. b function f() end", "x = {a .. b)); function f()<1> end" },
}

-- Operands that may be tables are checked.
local PARTS = {
  ["names"] = { "x = a .. b", "(__joined(__part(a,'a') .. __part(b,'b')))" },
  ["fields"] = { "x = a.b .. c.d.e", "(__joined(__part(a.b,'a.b') .. __part(c.d.e,'c.d.e')))" },
  ["literals, which cannot be tables"] = { "x = 'a' .. 1 .. b", "(__joined('a' .. 1 .. __part(b,'b')))" },
  ["calls"] = { "x = f(1) .. a:g()", "(__joined(__part(f(1),nil) .. __part(a:g(),nil)))" },
  ["sums"] = { "x = a + 1 .. 'b'", "(__joined(__part(a + 1,nil) .. 'b'))" },
  ["a negative number"] = { "x = 'a' .. -1", "(__joined('a' .. __part(-1,nil)))" },
  ["a table"] = { "x = {} .. 'a'", "(__joined(__part({},nil) .. 'a'))" },
  ["varargs"] = { "x = ... .. 'a' .. ...", "(__joined(__part(...,'...') .. 'a' .. __part(...,'...')))" },
  ["a method call on a literal"] = { "x = ('a'):rep(2) .. 'b'", "(__joined(__part(('a'):rep(2),nil) .. 'b'))" },
}

local REFUSED = {
  ["the counter"] = { "\n__steps = 1", 2, 'the name "__steps" is reserved; choose another one' },
  ["the counter as a local"] = { "local __steps", 1, 'the name "__steps" is reserved; choose another one' },
  ["the stop function"] = { "return __stop", 1, 'the name "__stop" is reserved; choose another one' },
  ["the string check"] = { "local t = { __joined = 1 }", 1, 'the name "__joined" is reserved; choose another one' },
  ["a weak table"] = { "t.__mode = 1", 1, "__mode is not available in a classifier: docs/flow-api.md says why" },
  ["a __concat that comes late"] = {
    "t.__concat = f", 1, "__concat is not available in a classifier: docs/flow-api.md says why",
  },
  ["goto as a name"] = { "\r\n\r\nx = goto y = 2", 3, 'the name "goto" is not available; choose another one' },
  ["goto as a local"] = { "local goto", 1, 'the name "goto" is not available; choose another one' },
  ["goto as a function"] = { "goto(1)", 1, 'the name "goto" is not available; choose another one' },
  ["goto as a key"] = { "t = { goto = 1 }", 1, 'the name "goto" is not available; choose another one' },
  ["very many concatenations"] = {
    "x = {\n" .. ("x..x,"):rep(20000) .. "}", 2,
    "the file needs more than 100000 checks of its limits; split it",
  },
  ["too long a chain"] = {
    "x = a" .. (" .. a"):rep(64), 1, "more than 64 values are joined by ..; use table.concat()",
  },
}

local function each(cases, title, check)
  for what, case in pairs(cases) do
    it(title .. what, function()
      check(case)
    end)
  end
end

describe("a check", function()
  each(CHECKS, "goes where it belongs in ", function(case)
    assert.equal(case[2], show(case[1]))
  end)

  each(FIRST, "begins ", function(case)
    assert.equal(case[2], show_all(case[1]))
  end)

  each(WEIGHTS, "takes more steps for ", function(case)
    assert.equal(case[2], show(case[1]):match("<%d+>"))
  end)
end)

describe("straight code", function()
  it("is divided between statements", function()
    for what, statement in pairs({ call = "y() ", assignment = "x = y ", condition = "if x then y() end ",
        declaration = "local x = y " }) do
      local text = show("local function f() while x do " .. statement:rep(190) .. "end end")
      local checks = select(2, text:gsub("<%d+>", ""))
      assert.is_true(checks >= 3, what .. ": " .. checks)
      assert.is_nil(text:match("<[5-9]%d>") or text:match("<%d%d%d+>"))
    end
  end)
end)

-- Of a branch as long as another one, which takes its steps whichever is taken.
describe("a branch", function()
  it("takes its own steps behind a long one", function()
    for _, behind in ipairs({ "else ", "elseif z then " }) do
      local long, costly = ("y() "):rep(50), ("a < b, "):rep(20)
      local text = show("while x do if y then " .. long .. behind .. "x(" .. costly .. "1) end end")
      assert.truthy(text:match("^while x do<3%d>"), text)
    end
  end)
end)

describe("a concatenation", function()
  each(JOINED, "is bounded with ", function(case)
    assert.equal(case[2], show(case[1]))
  end)
end)

describe("an operand", function()
  each(PARTS, "is looked at among ", function(case)
    local text = instrument(case[1])
    assert.equal(case[2], text:match("x = (.*)$"))
  end)
end)

describe("a script", function()
  each(REFUSED, "is refused for ", function(case)
    assert(loadstring(case[1]))
    local made, problem = pcall(instrument, case[1])
    assert.is_false(made)
    assert.same({ line = case[2], problem = case[3] }, problem)
  end)

  it("keeps its lines", function()
    local list = io.popen("ls classifiers/*.lua lua/*.lua spec/*/*.lua spec/*.lua 2>/dev/null")
    for path in list:lines() do
      local file = assert(io.open(path))
      local text = file:read("*a")
      file:close()
      if not text:find("__steps", 1, true) and not text:find("__mode", 1, true) then
        local result = instrument(text)
        assert(loadstring(result, path))
        assert.equal(select(2, text:gsub("\n", "")), select(2, result:gsub("\n", "")))
      end
    end
    list:close()
  end)
end)

--- Source texts that the instrumenter could misread: all but the last ones load, and loop where
-- intended.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local RESERVED = "is reserved"

local HEAD = "local it = {} function it.new(logger) return { classifier = function(self, flow) "
local TAIL = " end } end return it"

-- A one-line source that loops after the text that may be misread.
local function loops(text)
  return { source = HEAD .. text .. " while true do end" .. TAIL, STEPS }
end

-- A source that runs without an error.
local function runs(text)
  return { source = HEAD .. text .. TAIL }
end

-- A source that fails to load.
local function refused(source, expect)
  return { source = source, expect, load = true }
end

local function repeated(text, count, between)
  return (text .. (between or " ")):rep(count)
end

local rows = {
  ["has 190 brackets"] = loops("local x = " .. ("("):rep(190) .. "1" .. (")"):rep(190)),
  ["makes many large regular expressions"] = refused(
    "local r = require('regex') for i = 1, 60 do r.new('(?:(?:(?:(?:a|b|cc*){1,5}){1,5}x?){1,5}|' .. i .. ')+') end",
    "left of 32768 for all patterns"
  ),
  ["is one line"] = loops(""),
  ["has no line end at its end"] = loops("local x = 1"),
  ["ends in a comment without a line end"] = { source = HEAD .. "while true do end" .. TAIL .. " -- the end", STEPS },
  ["ends in a long comment"] = { source = HEAD .. "while true do end" .. TAIL .. " --[==[ do ]] ]=] ]==]", STEPS },
  ["has lines that end in CR LF"] = { source = (HEAD .. "\nwhile true do\nend\n" .. TAIL):gsub("\n", "\r\n"), STEPS },
  ["has lines that end in CR"] = { source = (HEAD .. "-- x\nwhile true do\nend\n" .. TAIL):gsub("\n", "\r"), STEPS },
  ["has lines that end in LF CR"] = {
    source = (HEAD .. "-- x\nwhile true do\nend\n" .. TAIL):gsub("\n", "\n\r"),
    STEPS,
  },
  ["begins with a line for the shell"] = {
    source = "#!/usr/bin/lua do function\n" .. HEAD .. "while true do end" .. TAIL,
    STEPS,
  },
  ["begins with a byte order mark"] = { source = "\239\187\191" .. HEAD .. "while true do end" .. TAIL, STEPS },
  ["begins with a mark and a line for the shell"] = {
    source = "\239\187\191#!/usr/bin/lua do\n" .. HEAD .. "while true do end" .. TAIL, STEPS,
  },
  ["has keywords in a comment"] = loops("-- while do function repeat goto x\n"),
  ["has keywords in a long comment"] = loops("--[[ while do function repeat goto x ]]"),
  ["has keywords in a comment of level 3"] = loops("--[===[ ]] ]=] ]==] while do function ]===]"),
  ["has a comment that looks long"] = loops("--[= while do [[\n"),
  ["has a comment that looks long, with blanks"] = loops("-- [[ while do\n"),
  ["has keywords in a string"] = loops("local x = 'while true do function( repeat goto x end'"),
  ["has keywords in a long string"] = loops("local x = [[while do function() repeat goto x]]"),
  ["has keywords in a string of level 2"] = loops("local x = [==[ ]] ]=] do function() ]==]"),
  ["has a long string with a quote"] = loops("local x = [[ \" ' -- ]]"),
  ["has quotes within quotes"] = loops([[local x = 'a"do' .. "b'do" .. 'c\'do\'']]),
  ["has a backslash before the quote"] = loops([[local x = "a\\" local y = '\\' local z = '\\\'']]),
  ["has escapes of all kinds"] = loops([[local x = "\a\b\f\n\r\t\v\\\"\'\065\x41\u{20AC}\z
      do" .. "\z  end"]]),
  ["has a line end in a string"] = loops("local x = 'a\\\ndo\\\r\nend'"),
  ["has a string as an argument"] = loops("local x = type'do' .. type\"do\" .. type[[do]] .. type{}"),
  ["has an index that is no long string"] = loops("local t = { { 1 } } local x = t[ [[a]] ] or t[1][1] or t[#t][1]"),
  ["has a comment between brackets"] = loops("local t = {} local x = t[--[[do]]1] or t[--do\n1]"),
  ["has numbers of all kinds"] = loops("local x = 0x.1p4 + 0X1P-2 + 1e+5 + 1E-5 + .5 + 5. + 0x1.8 + 3"),
  ["has numbers beside dots"] = loops("local x = 1 ..2 local y = 1 .. 2 local z = 1. ..2"),
  ["has numbers of 64 bits"] = loops("local x = 1LL + 0x1ULL local y = 1i local z = 12ull"),
  ["has numbers beside keywords"] = loops("for _ = 1,(2)do end for _ = 0x1,0x2 do end"),
  ["has a number that ends in a keyword's letters"] = loops("local x = 0xd0 .. 0xed local y = 0xe"),
  ["has an ellipsis beside a keyword"] = loops("local function f(...) for _ = 1, ...do end end f(1)"),
  ["has a label beside a keyword"] = loops("::l::repeat local x = 1 until x"),
  ["has labels in a row"] = loops("do goto a ::a::::b::::c:: end"),
  ["has names with bytes from 128 on"] = loops(
    "local d\195\182, \255\254, do\195\182 = 1, 2, 3 local end\226\130\172 = 4"
  ),
  ["has names that contain keywords"] = loops("local dodo, functional, _do, do1, endless, gotoo, repeats = 1"),
  ["has fields that are called so"] = loops("local t = {} t.x = 1 t.steps = 1 t.stop = function() end t.stop()"),
  ["has functions in a table"] = loops(
    "local t = { function() return 1 end, a = function(...) return ... end; [1] = function() end }"
  ),
  ["has functions in functions in arguments"] = loops(
    "type(function() return function() return function() end end end)"
  ),
  ["has a function with parameters over lines"] = loops(
    "local function f(a, --[[)]] b, -- )\n c, ...) return a end f()"
  ),
  ["has a function of a method of a field"] = loops(
    "local t = { a = { b = {} } } function t.a.b.c() end function t.a.b:d() end"
  ),
  ["has a function that is called at once"] = loops("(function(...) return ... end)(1)"),
  ["has semicolons and blocks without anything"] = loops("do end; do end do local x; end;"),
  ["has a while over a function"] = loops("while (function() return false end)() do end"),
  ["has a while over a table with functions"] = loops("while ({ f = function() do end return false end }).f() do end"),
  ["has a for over a function with do"] = loops("for _ in (function() do return function() end end end)() do end"),
  ["has an until over a function"] = loops("repeat local x = 1 until (function() repeat until true return x end)()"),
  ["has a repeat with its local in the condition"] = loops(
    "local n = 0 repeat local last = n > 3 n = n + 1 until last"
  ),
  ["has a break at the end of a loop"] = loops(
    "while true do break end repeat break until true for _ = 1, 2 do break end"
  ),
  ["has a return at the end of a block"] = loops("do local function f() do return end end f() end"),
  ["has a goto out of loops"] = loops("for _ = 1, 2 do while true do goto out end end ::out::"),
  ["has a goto to the end of a block"] = loops(
    "for i = 1, 3 do if i == 2 then goto continue end local x = i ::continue:: end"
  ),
  ["has a goto in an if"] = loops("do if flow then goto l else goto l end ::l:: end"),
  ["has elseif upon elseif"] = loops("if nil then elseif nil then elseif nil then elseif nil then else end"),
  ["has not, # and - in rows"] = loops("local t = {} local x = not not not #t local y = - - -5 local z = -#t"),
  ["has concatenations in all places"] = loops(
    "local a, t = 'x', {} t['a' .. 'b'] = { 'a' .. 'b', c = 'a' .. 'b' .. 'c' } local x = type('a' .. a) .. (a "
      .. ".. a):len() .. -1 .. #a"),
  ["has a concatenation over lines"] = loops("local a = 'x' local x = a\n..\na\n.. --[[do]] a\n.. a"),
  ["has a concatenation of calls"] = loops(
    "local function f(x) return x end local x = f'a' .. f\"b\" .. f[[c]] .. f('d') .. ('e'):rep(2)"
  ),
  ["has a concatenation of functions' results"] = loops("local x = (function() return 'a' .. 'b' end)() .. 'c'"),
  ["has a concatenation between other operators"] = loops(
    "local a = 'x' local x = a .. a == a and a .. a or a .. 1 + 2 * 3 ^ 2 .. a < a"
  ),
  ["has a concatenation in a condition"] = loops(
    "local a = 'x' if a .. a ~= a then end while a .. a == a do end repeat until a .. a"
  ),
  ["has a concatenation in a return"] = loops("local function f(a) return a .. a, a .. a end f('x')"),
  ["has a concatenation in a for"] = loops(
    "for i = '1' .. '0', '1' .. '1' do end for _ in ('a' .. 'b'):gmatch('a' .. '') do end"
  ),
  ["has a statement that begins with a bracket"] = loops("local a = 'x';(function() end)();(a .. a):len()"),
  ["has an assignment to many"] = loops("local t = {} t.a, t['b' .. 'c'], t[1] = 1, 'x' .. 'y', function() end"),
  ["calls with a table"] = loops("type{ function() do end end, 'a' .. 'b' }"),
  ["has a local function of the same name as a keyword's part"] = loops(
    "local function doit() end local function unti() end doit() unti()"
  ),
  ["has attributes of no Lua"] = refused("local x <const> = 1 return {}", "hostile.lua:1: "),
  ["nests 150 blocks"] = loops(repeated("do", 150) .. repeated("end", 150)),
  ["nests 60 functions"] = loops("local f = " .. repeated("function() return", 60) .. " 1 " .. repeated("end", 60)),
  ["nests 150 brackets"] = loops("local x = " .. ("("):rep(150) .. "1" .. (")"):rep(150)),
  ["nests 150 tables"] = loops("local x = " .. ("{"):rep(150) .. ("}"):rep(150)),
  ["nests 90 loops"] = { source = HEAD .. repeated("while true do", 90) .. repeated("end", 90) .. TAIL, STEPS },
  ["has 190 locals"] = loops("local " .. repeated("x", 189, ", ") .. "x"),
  ["has 59 upvalues in a loop"] = {
    source = (function()
      local names, uses = {}, {}
      for i = 1, 59 do
        names[i], uses[i] = "u" .. i, "u" .. i
      end
      return "local " .. table.concat(names, ", ") .. " = 1\n" .. HEAD .. "while true do local _ = { "
        .. table.concat(uses, ", ") .. " } end" .. TAIL
    end)(), STEPS,
  },
  ["has 60 upvalues in a loop"] = {
    source = (function()
      local names = {}
      for i = 1, 60 do
        names[i] = "u" .. i
      end
      local list = table.concat(names, ", ")
      return "local " .. list .. " = 1\n" .. HEAD .. "while true do local _ = { " .. list .. " } end" .. TAIL
    end)(), STEPS,
  },
  ["has 20 000 statements in a line"] = loops("local x = 0 " .. repeated("x = x + 1", 20000)),
  ["has 9000 statements in a loop"] = {
    source = HEAD .. "local x = 0 while true do " .. repeated("x = x + 1", 9000) .. " end" .. TAIL,
    STEPS,
  },
  ["has 9000 additions in an expression"] = {
    source = HEAD .. "local x = 1 while true do x = x % 7" .. (" + x"):rep(9000) .. " end" .. TAIL,
    STEPS,
  },
  ["has 9000 functions"] = loops(repeated("do local function f() end f() end", 9000)),
  ["has 60 values joined"] = loops("local a = 'x' local x = a" .. (" .. a"):rep(59)),
  ["is 1 MiB of comments"] = {
    source = ("-- do while function\n"):rep(49900) .. HEAD .. "while true do end" .. TAIL,
    STEPS,
  },
  ["is 1 MiB of blanks"] = { source = (" "):rep(1000000) .. HEAD .. "while true do end" .. TAIL, STEPS },
  ["is 1 MiB of one string"] = {
    source = "local x = [==[" .. ("do "):rep(340000) .. "]==]\n" .. HEAD .. "while true do end" .. TAIL,
    STEPS,
  },
  ["is 1 MiB of short strings"] = {
    source = "local x = {\n" .. ("'do',\n"):rep(60000) .. "}\n" .. HEAD .. "while true do end" .. TAIL,
    STEPS,
  },

  -- These are rejected.
  ["uses goto as a name"] = refused(HEAD .. "local goto = 1" .. TAIL, "goto"),
  ["uses goto as a name, in an assignment"] = refused(HEAD .. "local x x = goto y = 2" .. TAIL, "goto"),
  ["uses a reserved name as a local"] = refused(HEAD .. "local __stop = function() end" .. TAIL, RESERVED),
  ["uses a reserved name as a parameter"] = refused(HEAD .. "local function f(__steps) end" .. TAIL, RESERVED),
  ["uses a reserved name as a field"] = refused(HEAD .. "local t = { __steps = 1e9 }" .. TAIL, RESERVED),
  ["uses a reserved name as a method"] = refused(HEAD .. "self:__stop()" .. TAIL, RESERVED),
  ["uses a reserved name as a label"] = refused(HEAD .. "::__stop::" .. TAIL, RESERVED),
  ["writes a reserved name"] = refused(HEAD .. "__steps = 1e9 while true do __steps = 1e9 end" .. TAIL, RESERVED),
  ["jumps to a missing label"] = refused(HEAD .. "goto missing" .. TAIL, "undefined label"),
  ["jumps into the scope of a local"] = refused(HEAD .. "goto l local x ::l:: x = 1" .. TAIL, "jumps into the scope"),
  ["nests 300 blocks"] = refused(HEAD .. repeated("do", 300) .. repeated("end", 300) .. TAIL, "hostile.lua:1: "),
  ["nests 300 functions"] = refused(
    HEAD .. "local f = " .. repeated("function() return", 300) .. repeated("end", 300) .. TAIL,
    "hostile.lua:1: "
  ),
  ["nests 60 000 brackets"] = refused(
    HEAD .. "local x = " .. ("("):rep(60000) .. "1" .. (")"):rep(60000) .. TAIL,
    "hostile.lua:1: "
  ),
  ["has 201 locals"] = refused(HEAD .. "local " .. repeated("x", 200, ", ") .. "x" .. TAIL, "hostile.lua:1: "),
  -- LuaJIT allows 60, OpenResty's branch 120.
  ["has 121 upvalues"] = refused((function()
    local names = {}
    for i = 1, 121 do
      names[i] = "u" .. i
    end
    local list = table.concat(names, ", ")
    return "local " .. list .. " = 1\n" .. HEAD .. "local _ = { " .. list .. " }" .. TAIL
  end)(), "hostile.lua:2: "),
  ["has a string without an end"] = refused(HEAD .. "local x = 'do" .. TAIL, "unfinished string"),
  ["has a long string without an end"] = refused(HEAD .. "local x = [==[ do ]=]" .. TAIL, "unfinished long string"),
  ["has a comment without an end"] = refused(HEAD .. "--[==[ do ]=]" .. TAIL, "unfinished long comment"),
  ["has a wrong escape"] = refused(HEAD .. "local x = '\\q'" .. TAIL, "invalid escape"),
  ["has a number that runs into a keyword"] = refused(HEAD .. "for _ = 1,2do end" .. TAIL, "malformed number"),
  ["has a wrong number"] = refused(HEAD .. "local x = 0x" .. TAIL, "malformed number"),
  ["has one end too many"] = refused(HEAD .. "end" .. TAIL, "hostile.lua:1: "),
  ["has one end too few"] = refused(HEAD .. "do" .. TAIL, "hostile.lua:1: "),
  ["has a zero byte"] = refused(HEAD .. "local x = 1 \0" .. TAIL, "hostile.lua:1: "),
  ["is bytecode"] = refused(string.dump(function() end, true), "bytecode"),
  ["is bytecode behind a line for the shell"] = refused("#\n" .. string.dump(function() end, true), "hostile.lua"),
  ["is larger than 1 MiB"] = refused(("-"):rep(1024 * 1024 + 1), "is larger than 1 MiB"),
  ["is empty"] = refused("", "must return a table"),
  ["loops at its top"] = refused("while true do end", "took more than 10000000 steps to load"),
  ["loops in new()"] = refused(
    "return { new = function() while true do end end }",
    "took more than 10000000 steps to load"
  ),
  ["recurses in new()"] = refused("local function r() return 1 + r() end return { new = r }", "stack overflow"),
  ["raises a table at its top"] = refused("error({})", "the error is a table value"),
  ["requires itself"] = refused("require('hostile')", "cannot be opened"),
  ["requires a missing module"] = refused("require('nothing')", "cannot be opened"),
  ["requires 9000 times"] = refused("for i = 1, 9000 do require('http') end error('through')", "through"),
  ["is 1 MiB of concatenations"] = refused("local a local function f() "
    .. ("a = {" .. ("a..a,"):rep(30) .. "} "):rep(6000) .. "end " .. HEAD .. TAIL, "split it"),
  ["joins 65 values"] = refused(HEAD .. "local a = 'x' local x = a" .. (" .. a"):rep(64) .. TAIL, "values are joined"),
  ["matches a pattern that backtracks, at its top"] = refused(
    "('a'):rep(400):find(('a-'):rep(9) .. 'b')",
    "string.find: the pattern takes more than 4000000 steps"
  ),
  ["wants too much memory at its top"] = refused("local t = {} for i = 1, 1e6 do t[i] = { i } end", ""),
}
rows["calls a method of a text"] = runs("local x = ('x'):len()")
return rows

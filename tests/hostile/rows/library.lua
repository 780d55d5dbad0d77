--- Library functions with excessive work or misleading arguments. Rows without an error of their
-- own must end by their steps, or be refused.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local ATTEMPTS = ": the pattern takes more than 4000000 steps on this text"

local LONG = "local s = ('a'):rep(60000) "

return {
  -- Patterns.
  ["matches a pattern of nine quantifiers"] = { "local s = ('a'):rep(400) s:find(('a-'):rep(9) .. 'b')", ATTEMPTS },
  ["matches .-.-b on 2 KiB"] = { "local s = ('a'):rep(2048) s:find('.-.-.-b')", ATTEMPTS },
  ["matches .*.*.*b on 60 KB"] = { LONG .. "s:find('.*.*b')", ATTEMPTS },
  ["matches a pattern that backtracks, in match"] = {
    "local s = ('a'):rep(400) s:match(('a*'):rep(9) .. 'b')", ATTEMPTS,
  },
  ["matches a pattern that backtracks, in gmatch"] = {
    "local s = ('a'):rep(400) for _ in s:gmatch(('a-'):rep(9) .. 'b') do end", ATTEMPTS,
  },
  ["matches a pattern that backtracks, in gsub"] = {
    "local s = ('a'):rep(400) s:gsub(('a-'):rep(9) .. 'b', '')",
    ATTEMPTS,
  },
  ["matches many short patterns"] = { "local s = ('a'):rep(20) while true do s:find('a*a*a*b') end", STEPS },
  ["matches %b on an unbalanced text"] = { "local s = ('('):rep(60000) while true do s:find('%b()') end", ATTEMPTS },
  ["matches %b at each place"] = { "local s = ('('):rep(60000) s:gsub('%b()', '')", ATTEMPTS },
  ["matches %f at each place"] = { LONG .. "while true do s:gsub('%f[%s]', '') end", STEPS },
  ["matches a back reference"] = { LONG .. "s:find('(a*)%1b')", ATTEMPTS },
  ["matches a long class at each place"] = { LONG .. "s:find('[' .. ('b'):rep(5000) .. ']')", ATTEMPTS },
  ["matches a pattern as long as may be"] = { LONG .. "s:find(('a?'):rep(30000) .. 'b')", "" },
  ["nests captures"] = { "('x'):find(('('):rep(200))", "too many captures" },
  ["leaves a capture open"] = { "('x'):find('(x')", "unfinished capture" },
  ["closes a capture that is not open"] = { "('x'):find('.)')", "invalid pattern capture" },
  ["ends a pattern with %"] = { "('x'):find('%')", "malformed pattern" },
  ["ends a pattern in a class"] = { "('x'):find('[a')", "malformed pattern" },
  ["refers to a capture that is not there"] = { "('xx'):find('(x)%2')", "invalid capture index" },
  ["recurses in a pattern"] = { LONG .. "s:match(('(a'):rep(30) .. (')'):rep(30) .. ('a?'):rep(9000))", "" },
  ["finds plain text in a nearly equal one"] = {
    LONG .. "local p = ('a'):rep(29000) .. 'b' while true do s:find(p, 1, true) end", STEPS, slow = true,
  },
  ["finds at odd places"] = { "local s = ('a'):rep(99) assert(s:find('a', -1e9) == 1) assert(not s:find('b', 1e9))" },
  ["finds at an invalid position"] = { "('a'):find('a', {})", "number expected" },
  ["finds by nan"] = { "local x = ('a'):find('a', 0 / 0) flow.finalised = x == nil" },
  ["goes on with gmatch for ever"] = { "local g = ('aa'):gmatch('a') while true do g() end", STEPS },

  -- gsub and its callbacks.
  ["gsub calls gsub in its callback"] = {
    "local function r() return (('x'):gsub('x', r)) end r()", "stack overflow",
  },
  ["gsub with a callback without end"] = { "('x'):gsub('x', function() while true do end end)", STEPS },
  ["gsub with a callback that raises"] = { "('x'):gsub('x', function() error('mine') end)", "mine" },
  ["gsub with a callback that returns a table"] = {
    "('x'):gsub('x', function() return {} end)",
    "invalid replacement value",
  },
  ["gsub with a table with an __index that loops"] = {
    "('x'):gsub('x', setmetatable({}, { __index = function() while true do end end }))", STEPS,
  },
  ["gsub that makes 60 MB"] = { "local s = ('x'):rep(8000) s:gsub('.', ('y'):rep(8000))", "" },
  ["gsub that doubles and doubles"] = { "local s = 'x' while true do s = s:gsub('.', '%0%0') end", "" },
  ["gsub of empty matches in a long text"] = { LONG .. "while true do s:gsub('', '') end", STEPS },
  ["gsub with a replacement that refers to a missing capture"] = { "('x'):gsub('x', '%9')", "invalid capture index" },
  ["gsub without a replacement"] = { "('x'):gsub('x')", "expected" },
  ["gsub up to a negative number"] = { "assert(('x'):gsub('x', 'y', -1e9) == 'x')" },

  -- Strings.
  ["rep of 1e9"] = { "return ('x'):rep(1e9)", "string.rep: the result would have" },
  ["rep of 1e300"] = { "return ('x'):rep(1e300)", "string.rep: the result would have" },
  ["rep to infinity"] = { "return ('x'):rep(math.huge)", "string.rep: the result would have" },
  ["rep of nan"] = { "local x = ('x'):rep(0 / 0) flow.finalised = #x > 5" },
  ["rep of a separator"] = { "return ('x'):rep(1e6, ('y'):rep(1e4))", "string.rep: the result would have" },
  ["rep without arguments"] = { "while true do local _ = (''):rep(2 ^ 31) end", STEPS },
  ["rep again and again"] = { "while true do local _ = ('x'):rep(60000) end", STEPS },
  ["format with a huge width"] = { "return ('%99999999d'):format(1)", "" },
  ["format with a huge precision"] = { "return ('%.99999999f'):format(1)", "" },
  ["format that is huge"] = {
    "local f = ('%99s'):rep(10000) local t = {} for i = 1, 4000 do t[i] = 'x' end f:format(unpack(t))",
    "",
  },
  ["format with many values"] = {
    "local t = {} for i = 1, 4000 do t[i] = ('x'):rep(6000) end ('%s'):rep(4000):format(unpack(t))",
    "",
  },
  ["format for ever"] = { "while true do local _ = ('%99.99f'):format(1e300) end", STEPS },
  ["format of %q"] = { "local s = ('\\0'):rep(60000) while true do local _ = ('%q'):format(s) end", "" },
  ["format with a __tostring without end"] = {
    "('%s'):format(setmetatable({}, { __tostring = function() while true do end end }))", STEPS,
  },
  ["format with a wrong letter"] = { "('%y'):format(1)", "invalid option" },
  ["format of an address"] = { "('%p'):format({})", "%p is not available" },
  ["format with too few values"] = { "('%d %d'):format(1)", "" },
  ["format of a string as a number"] = { "('%d'):format('x')", "number expected" },
  ["reverse, upper and lower for ever"] = { LONG .. "while true do local _ = s:reverse():upper():lower() end", STEPS },
  ["byte of a long string"] = { LONG .. "while true do s:byte(1, 4000) end", STEPS },
  ["byte of too much"] = { LONG .. "s:byte(1, -1)", "" },
  ["char of too much"] = { "local t = {} for i = 1, 7000 do t[i] = 65 end string.char(unpack(t))", "" },
  ["char of a number that is not a byte"] = { "string.char(256)", "" },
  ["sub for ever"] = { LONG .. "local i = 0 while true do i = i % 50000 + 1 local _ = s:sub(i) end", STEPS },
  ["doubles a string"] = { "local s = 'x' while true do s = s .. s end", "" },
  ["joins 60 long strings"] = { LONG .. "local _ = s" .. (" .. s"):rep(59), "" },
  ["grows a string byte by byte"] = { "local s = '' while true do s = s .. 'x' end", "" },
  ["tohex for ever"] = { "while true do bit.tohex(1, 8) end", STEPS },
  ["tonumber of a long text"] = { "local s = ('1'):rep(60000) while true do tonumber(s) end", "" },
  ["tonumber in base 36"] = { "local s = ('z'):rep(60000) while true do tonumber(s, 36) end", "" },
  ["arithmetic on a long text"] = {
    "local s = ('1'):rep(60000) while true do local _ = s + 1 end",
    "",
    slow = true,
  },

  -- Tables.
  ["insert far before the first"] = { "table.insert({}, -1e9, 1)", "" },
  ["insert far behind the last"] = { "table.insert({}, 1e9, 1)", "" },
  ["insert at nan"] = { "table.insert({ 1, 2, 3 }, 0 / 0, 1)", "" },
  ["insert at the front of much"] = {
    "local t = {} for i = 1, 5000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t) end", STEPS,
  },
  ["insert without a value"] = { "table.insert({})", "wrong number of arguments" },
  ["remove from the front of much"] = {
    "local t = {} for i = 1, 5000 do t[i] = i end while true do t[5000] = table.remove(t, 1) end", STEPS,
  },
  ["remove far behind the last"] = {
    "table.remove({ 1 }, 1e9)",
    "table.remove: position 1000000000 is outside 1 to 1",
  },
  ["remove far before the first"] = { "table.remove({ 1, 2 }, -1e9)", false },
  ["concat to infinity"] = { "table.concat({}, 'x', 1, 1e9)", "" },
  ["concat of long strings"] = { LONG .. "local t = {} for i = 1, 99 do t[i] = s end table.concat(t)", "" },
  ["concat of a long separator"] = { LONG .. "local t = {} for i = 1, 999 do t[i] = '' end table.concat(t, s)", "" },
  ["concat of a non-string"] = { "table.concat({ {} })", "table" },
  ["concat for ever"] = { "local t = {} for i = 1, 500 do t[i] = 'xx' end while true do table.concat(t) end", STEPS },
  ["maxn for ever"] = { "local t = {} for i = 1, 9000 do t['k' .. i] = i end while true do table.maxn(t) end", STEPS },
  ["sort of much, for ever"] = {
    "local t = {} for i = 1, 9000 do t[i] = i * 7919 % 9001 end while true do table.sort(t) end", STEPS,
  },
  ["sort by a function without end"] = { "table.sort({ 3, 1, 2 }, function() while true do end end)", STEPS },
  ["sort by a function that says yes"] = {
    "local t = {} for i = 1, 500 do t[i] = i end table.sort(t, function() return true end)", false,
  },
  ["sort by a function that says no"] = {
    "local t = {} for i = 1, 500 do t[i] = i end table.sort(t, function() return false end)", false,
  },
  ["sort by a function that changes its mind"] = {
    "local t, n = {}, 0 for i = 1, 500 do t[i] = i end table.sort(t, function() n = n + 1 return n % 3 == 0 "
      .. "end)", false,
  },
  ["sort by a function that empties the table"] = {
    "local t = {} for i = 1, 99 do t[i] = i end table.sort(t, function(a, b) for i = 1, 99 do t[i] = nil end "
      .. "return (a or 0) < (b or 0) end)", false,
  },
  ["sort by a function that raises"] = { "table.sort({ 2, 1 }, function() error('mine') end)", "mine" },
  ["sort of sorts"] = {
    "local function by(a, b) local t = { 3, 2, 1 } table.sort(t, by) return a < b end table.sort({ 2, 1 }, "
      .. "by)", "stack overflow",
  },
  ["sort of nan"] = { "local t = {} for i = 1, 200 do t[i] = i % 2 == 0 and i or 0 / 0 end table.sort(t)", false },
  ["sort of values that cannot be compared"] = { "table.sort({ 1, 'a', {} })", "attempt to compare" },
  ["sort by __lt without end"] = {
    "local m = { __lt = function() while true do end end } table.sort({ setmetatable({}, m), setmetatable({}, "
      .. "m) })", STEPS,
  },
  ["length of a table, for ever"] = {
    "local t = {} for i = 1, 9000 do t[i] = i end while true do local _ = #t end",
    STEPS,
  },
  ["next through much, for ever"] = {
    "local t = {} for i = 1, 3000 do t['k' .. i] = i end while true do for _ in pairs(t) do end end", STEPS,
  },
  ["next of an unknown key"] = { "assert(next({}, 'x') == nil)" },
  ["next of nan"] = { "assert(next({}, 0 / 0) == nil)" },
  ["unpack of too much"] = { "return unpack({}, 1, 1e8)", "unpack: the result would have 100000000 values" },
  ["unpack to infinity"] = { "return unpack({}, 1, math.huge)", "bad argument #3 to 'unpack'" },
  ["unpack for ever"] = { "local t = {} for i = 1, 4000 do t[i] = i end while true do unpack(t) end", STEPS },
  ["select of much, for ever"] = {
    "local t = {} for i = 1, 4000 do t[i] = i end while true do select(4000, unpack(t)) end",
    STEPS,
  },
  ["select without arguments"] = { "select(0)", "index out of range" },
  ["a table index that is nan"] = { "local t = {} t[0 / 0] = 1", "table index is NaN" },
  ["a table index that is nil"] = { "local t = {} t[nil] = 1", "table index is nil" },
  ["setmetatable of a string"] = { "setmetatable('', {})", "table expected, got string" },
  ["math of a non-number"] = { "math.floor({})", "number expected" },
  ["ldexp to infinity"] = { "local _ = math.ldexp(1, 1e9)", false },
  ["bit of a non-number"] = { "bit.band('x', 1)", "number expected" },
  ["assert with a table"] = { "assert(false, {})", "the error is a table value" },
  ["assert without arguments"] = { "assert(false)", "assertion failed" },
}

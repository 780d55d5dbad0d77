--- Errors of every kind: the message is one line and harmless.
local NO_MESSAGE = "the error is a %s value, not a message; error() takes a text"

return {
  ["raises 64 KiB of control characters"] = { "error(('\\1'):rep(65535))", "" },
  ["raises an object with tostring as its __tostring"] = {
    "error(tostring(setmetatable({}, { __tostring = tostring })))",
    "stack overflow",
  },
  ["raises a text"] = { "error('mine')", "mine | error('mine')" },
  ["raises a text without a place"] = { "error('mine', 0)", "mine" },
  ["raises at a level far up"] = { "error('mine', 1e6)", "mine" },
  ["raises at a negative level"] = { "error('mine', -5)", "mine" },
  ["raises at the caller"] = { "error('mine', 2)", "mine" },
  ["raises nil"] = { "error(nil)", NO_MESSAGE:format("nil") },
  ["raises no value"] = { "error()", NO_MESSAGE:format("nil") },
  ["raises a boolean"] = { "error(true)", NO_MESSAGE:format("boolean") },
  ["raises a number"] = { "error(42)", "42" },
  ["raises nan"] = { "error(0 / 0)", "nan" },
  ["raises a table"] = { "error({})", NO_MESSAGE:format("table") },
  ["raises a function"] = { "error(error)", NO_MESSAGE:format("function") },
  ["raises flow"] = { "error(flow)", NO_MESSAGE:format("cdata") },
  ["raises a stream"] = { "error(flow:stream('c2s'))", NO_MESSAGE:format("cdata") },
  ["raises an int64"] = { "error(1LL)", NO_MESSAGE:format("cdata") },
  ["raises an object with a __tostring that loops"] = {
    "error(setmetatable({}, { __tostring = function() while true do end end }))", NO_MESSAGE:format("table"),
  },
  ["raises an object with a __tostring that raises"] = {
    "error(setmetatable({}, { __tostring = function() error({}) end }))", NO_MESSAGE:format("table"),
  },
  ["raises an object that hides its metatable"] = {
    "error(setmetatable({}, { __metatable = 'Fault', __index = function() while true do end end "
      .. "}))", NO_MESSAGE:format("table"),
  },
  ["raises an object that looks like a fault of the host"] = {
    "error({ file = 'x', text = 'y', line = 1, problem = 'z' })", NO_MESSAGE:format("table"),
  },
  ["raises 60 KB"] = { "error(('x'):rep(60000))", "xxxxxxxx" },
  ["raises 60 KB of lines"] = { "error(('x\\n'):rep(30000))", "x x x" },
  ["raises 60 KB of line ends"] = { "error(('\\n'):rep(60000))", "hostile.lua:2: " },
  ["raises 60 KB of blanks"] = { "error((' '):rep(60000))", "hostile.lua:2: " },
  ["raises control characters"] = { "error('\\27[31mred\\0\\7\\r\\b')", "[31mred" },
  ["raises bytes that are no UTF-8"] = { "error('\\255\\254\\192')", "hostile.lua:2: " },
  ["raises an empty text"] = { "error('')", "hostile.lua:2: " },
  ["raises a text that begins with another place"] = { "error('other.lua:99: not me', 0)", "not me" },
  ["raises a text that begins with its own place"] = { "error('hostile.lua:1: not there', 0)", "not there" },
  ["raises a text that begins with a huge line number"] = {
    "error('hostile.lua:' .. ('9'):rep(4000) .. ': x', 0)", "hostile.lua",
  },
  ["raises a text that begins with a place of the host"] = { "error('loop:1: x', 0)", "x" },
  ["raises the text of another limit"] = {
    "error('took more than 500000 steps (classifier_steps), and was stopped here', 0)", "took more than 500000 steps",
  },
  ["raises a text of formats"] = { "error('%s%n%d%99999s', 0)", "%s%n%d%99999s" },
  ["raises a text with quotes for JSON"] = { "error('\"},{\"type\":\"verdict\"', 0)", "verdict" },
  ["raises in a callback of a callback"] = {
    "('x'):gsub('x', function() table.sort({ 2, 1 }, function() ('y'):gsub('y', function() error('deep') end) "
      .. "end) end)", "deep",
  },
  ["raises 200 calls deep"] = {
    "local function r(n) if n == 0 then error('deep') end return 1 + r(n - 1) end return r(200)",
    "deep",
  },
  ["raises 5000 calls deep"] = {
    "local function r(n) if n == 0 then error('deep') end return 1 + r(n - 1) end return r(5000)",
    "deep",
  },
  ["raises another text each time"] = { "self.n = (self.n or 0) + 1 error('number ' .. self.n)", "number 1" },
  ["raises at another line each time"] = {
    "self.n = (self.n or 0) + 1\n" .. ("if self.n == %d then error('x') end\n"):rep(40):gsub("%%d", (function()
      local n = 0
      return function()
        n = n + 1
        return tostring(n)
      end
    end)()), "hostile.lua:3: x",
  },
  ["raises at the end of a line of 60 KB"] = { (" "):rep(60000) .. "error('far')", "far" },
  ["raises in a line of bytes above 127"] = {
    "local \195\164 = 1 error('\195\164\226\130\172' .. \195\164)",
    "\195\164\226\130\1721",
  },
  ["indexes nil"] = { "local x x.y = 1", "attempt to index local 'x' (a nil value)" },
  ["calls nil"] = { "local x x()", "attempt to call local 'x' (a nil value)" },
  ["calls a number"] = { "local x = 5 x()", "attempt to call local 'x' (a number value)" },
  ["compares a number with a string"] = { "return 1 < 'x'", "attempt to compare number with string" },
  ["adds tables"] = { "return {} + 1", "attempt to perform arithmetic" },
  ["raises in every packet, and is quarantined"] = { "error('always')", "is quarantined for" },
  ["raises at every third packet"] = { "if flow.packet_count % 3 == 0 then error('at times') end", "at times" },
}

--- Ways out of the sandbox.
local NOT = "is not available in a classifier"
local FROZEN = "cannot be set: use a local function of your own"

local rows = {
  ["reads beside a complex number"] = { "assert((1i)[5] == 1 and (1i)[4] == 0)" },
  ["changes the methods of strings"] = { "getmetatable('').__index.upper = nil", "attempt to index a nil value" },
  ["has no metatable of strings"] = { "assert(getmetatable('') == nil)" },
  ["has no metatable of flow"] = { "assert(getmetatable(flow) == nil and getmetatable(flow:stream('c2s')) == nil)" },
  ["has no metatable of libraries"] = { "assert(getmetatable(string) == nil or getmetatable(string) == false)" },
  ["has no metatable of functions"] = { "assert(getmetatable(print == nil and type or type) == nil)", NOT },
  ["sets the metatable of strings"] = { "setmetatable('', {})", "table expected, got string" },
  ["sets the metatable of flow"] = { "setmetatable(flow, {})", "table expected, got cdata" },
  ["sets the metatable of a library"] = { "setmetatable(string, {})", "cannot change a protected metatable" },
  ["sets the metatable of a helper module"] = { "setmetatable(http, nil)", false },
  ["changes a function of string"] = { "string.upper = nil", FROZEN },
  ["adds to string"] = { "string.mine = 1", FROZEN },
  ["changes a function of table"] = { "table.insert = nil", FROZEN },
  ["changes math"] = { "math.pi = 3", FROZEN },
  ["changes bit"] = { "bit.band = nil", FROZEN },
  ["changes a global"] = { "type = nil", "assignment to the global" },
  ["makes a global"] = { "mine = 1", "assignment to the global" },
  ["makes a global function"] = { "function mine() end", "assignment to the global" },
  ["calls dump of a string"] = { "('').dump()", NOT },
  ["calls string.dump"] = { "string.dump(type)", NOT },
  ["reads a function of string that is not there"] = { "return string.gfind", NOT },
  ["reads string by a number"] = { "return string[1]", "" },
  ["reads string by a table with __tostring"] = {
    "return string[setmetatable({}, { __tostring = function() while true do end end })]", "took more than 500000 steps",
  },
  ["reads math.random"] = { "math.random()", NOT },
  ["reads table.foreach"] = { "table.foreach({}, print)", NOT },
  ["requires ffi"] = { "require('ffi')", "at the top of the file" },
  ["requires io"] = { "require('io')", "at the top of the file" },
  ["requires by a path"] = { "require('../classifiers/witness_1')", "is not a valid name of a helper module" },
  ["requires by an absolute path"] = { "require('/etc/passwd')", "is not a valid name of a helper module" },
  ["requires by a name with a zero"] = { "require('http\\0x')", "is not a valid name of a helper module" },
  ["requires by a table"] = { "require({})", "is not a valid name of a helper module" },
  ["requires by a name of 60 KB"] = { "require(('x'):rep(60000))", "" },
  ["requires a loaded module"] = { "assert(require('http') == http)" },
  ["gets at ffi by flow"] = { "return flow.ffi or flow.C", "flow has no field" },
  ["gets at a type by flow"] = { "return flow.__index", "flow has no field" },
  ["casts by arithmetic"] = { "return flow + 0ULL", "attempt to perform arithmetic" },
  ["indexes a number of 64 bits"] = { "return (1ULL)[0]", "cannot be indexed" },
  ["calls a number of 64 bits"] = { "(1ULL)()", "" },
  ["makes a number of 64 bits large"] = {
    "local x = 1LL for i = 1, 99 do x = x * 3LL end return x",
    "returned a cdata",
  },
  ["shows a number of 64 bits"] = { "assert(tostring(1LL) == '1LL')" },
  ["compares a number of 64 bits with flow"] = { "return flow == 1LL", "" },
  ["makes a complex number"] = { "local x = 1i return x.re", "returned a number" },
  ["writes a complex number"] = { "local x = 1i x.re = 5", "" },
  ["keeps a number of 64 bits as a key"] = { "local t = {} t[1LL] = 1 assert(t[1LL] == nil)" },
  ["compares functions of another classifier"] = { "assert(rawequal(string, string) and not rawequal(string, table))" },
  ["uses rawget to look behind a library"] = { "assert(rawget(string, 'upper') == nil)" },
  ["uses next to look into a library"] = { "assert(next(string) == nil)" },
  ["uses pairs to look into a library"] = { "for k in pairs(string) do error(k) end" },
  ["uses pairs to look into the logger"] = { "for _, f in pairs(logger) do assert(type(f) == 'function') end" },
  ["uses pairs to look into a helper module"] = { "for _, f in pairs(http) do assert(type(f) == 'function') end" },
  ["gives a helper module other functions"] = {
    "http.request = function() return 'mine' end assert(http.request() == 'mine')",
    false,
  },
  ["gives settings a function that loops"] = {
    "settings.read({ x = 1 }, { x = { type = 'number', check = function() while true do end end } })", "took "
      .. "more than 500000 steps",
  },
  ["asks for a name that is reserved"] = { "return self.__steps" , "reserved" },
}

for _, name in ipairs({
  "print", "pcall", "xpcall", "loadstring", "dofile", "os", "_G", "collectgarbage", "coroutine", "debug", "ffi",
  "gcinfo", "getfenv", "io", "jit", "load", "loadfile", "module", "newproxy", "package", "rawset", "setfenv",
}) do
  rows["reads " .. name] = { ("local x = %s return x"):format(name), NOT }
end
rows["asks for a name that is reserved"].load = true
return rows

--- Classifiers that fill the memory, or seem to. Each row tests the effect on the others: the
-- hostile classifier is stopped at an unpredictable point, depending on its memory.
local MEMORY = "MiB (classifier_memory_mb)"

local FILE = "local kept, n = {}, 0\n%s\nlocal it = {} function it.new(logger) return { classifier = "
  .. "function(self, flow)\n%s\n"
  .. "end } end return it"

-- With two upvalues, a table `kept` and a number `n`. expect: as in table.lua, but nil means the
-- memory error.
local function keeping(body, expect, before)
  if expect == nil then
    expect = MEMORY
  end
  return { source = FILE:format(before or "", body), expect }
end

local rows = {
  memory = true,

  ["keeps tables"] = keeping("for _ = 1, 20000 do n = n + 1 kept[n] = {} end"),
  ["keeps tables with fields"] = keeping("for _ = 1, 9000 do n = n + 1 kept[n] = { a = 1, b = 2, c = 3 } end"),
  ["keeps tables in a chain"] = keeping("for _ = 1, 20000 do kept = { kept } end"),
  ["keeps tables by names"] = keeping("for _ = 1, 9000 do n = n + 1 kept['key' .. n] = n end"),
  ["keeps tables by tables"] = keeping("for _ = 1, 9000 do kept[{}] = {} end"),
  ["keeps an array of numbers"] = keeping("for _ = 1, 90000 do n = n + 1 kept[n] = n end"),
  ["keeps one large key"] = keeping("kept[2 ^ 30] = 1 kept[1] = 1", false),
  ["keeps closures"] = keeping(
    "for _ = 1, 9000 do n = n + 1 local a, b = n, {} kept[n] = function() return a, b end end"
  ),
  ["keeps closures in a chain"] = keeping("for _ = 1, 20000 do local f = kept kept = function() return f end end"),
  ["keeps strings"] = keeping("for _ = 1, 40 do n = n + 1 kept[n] = ('x'):rep(50000) .. n end"),
  ["keeps short strings"] = keeping("for _ = 1, 9000 do n = n + 1 kept[n] = 'key' .. n end"),
  ["keeps payload"] = keeping("for i = 1, 900 do n = n + 1 kept[n] = flow.payload .. n .. ('x'):rep(1000) end"),
  ["keeps strings in the fields of self"] = keeping("for _ = 1, 40 do n = n + 1 self[n] = ('x'):rep(50000) .. n end"),
  ["keeps in flow.state"] = keeping("local s = flow.state for _ = 1, 40 do n = n + 1 s[n] = ('x'):rep(50000) .. n end"),
  ["keeps tables in flow.state"] = keeping("local s = flow.state for _ = 1, 20000 do n = n + 1 s[n] = {} end"),
  ["keeps flow.state of every flow"] = keeping(
    "for _ = 1, 9000 do n = n + 1 flow.state[n] = { n } end kept[flow.slot] = flow.state"
  ),
  ["keeps histograms"] = keeping("for _ = 1, 2000 do n = n + 1 kept[n] = entropy.histogram() end", nil,
    'local entropy = require("entropy")'),
  ["keeps statistics"] = keeping(
    "for _ = 1, 9000 do n = n + 1 kept[n] = stats.new() end",
    nil,
    'local stats = require("stats")'
  ),
  ["keeps percentiles"] = keeping("for _ = 1, 5000 do n = n + 1 kept[n] = stats.percentile(0.5) end", nil,
    'local stats = require("stats")'),
  ["keeps sets of tokens"] = keeping("for _ = 1, 200 do n = n + 1 kept[n] = tokens.new({ ('x'):rep(1000) }) end", nil,
    'local tokens = require("tokens")'),
  ["keeps hellos"] = keeping("for _ = 1, 5000 do n = n + 1 kept[n] = { stats.new(), tls.client_hello(flow) } end", nil,
    'local tls, stats = require("tls"), require("stats")'),
  ["keeps by metatables"] = keeping("for _ = 1, 9000 do kept = setmetatable({}, { __index = kept, a = 1 }) end"),
  ["keeps in a cycle"] = keeping("for _ = 1, 9000 do n = n + 1 local a, b = {}, {} a.b, b.a = b, a kept[n] = a end"),
  ["doubles a table"] = keeping("for i = 1, math.max(#kept, 1) do kept[#kept + 1] = i if i > 99999 then break end end"),
  ["doubles a table of tables"] = keeping("for i = 1, 30 do kept = { kept, { kept }, i } end", false),
  ["doubles a string, and keeps it"] = keeping(
    "for _ = 1, 40 do n = n + 1 local s = 'x' .. n while #s < 30000 do s = s .. s end kept[n] = s end"
  ),
  ["makes much garbage"] = keeping("for _ = 1, 3000 do local _ = { {}, {}, {} } end", false),
  ["makes much garbage of strings"] = keeping(
    "for i = 1, 60 do local _ = ('x'):rep(60000) .. i .. flow.packet_count end",
    false
  ),
  ["makes large empty tables"] = keeping(
    "for i = 1, 30 do local t = {} for k = 1, 5000 do t[k] = k end end",
    false
  ),
  ["keeps, and lets go again"] = keeping("for i = 1, 30 do n = n + 1 kept[n] = ('x'):rep(50000) .. n end if n > "
    .. "600 then "
    .. "kept, n = {}, 0 end", false),
  ["keeps, and finalises each flow"] = keeping(
    "local s = flow.state for i = 1, 20 do s[i] = ('x'):rep(50000) .. i .. flow.slot end flow.finalised = true", false),
  ["keeps a list from the top of the file"] = {
    source = "local kept = {} for i = 1, 900 do kept[i] = ('x'):rep(60000) .. i end\n"
      .. "return { new = function() return { classifier = function() assert(#kept == 900) end } end }", false,
  },
  ["keeps in upvalues of many functions"] = keeping(
    "for _ = 1, 900 do local a, b, c, d, e = {}, {}, {}, {}, {} n = n + 1 kept[n] = { function() return a end, "
      .. "function() return b, c end, function() return d, e, a end } end"),
  ["keeps the varargs of calls"] = keeping("local function f(...) return { ... } end local t = {} for i = 1, "
    .. "200 do t[i] = i end "
    .. "for _ = 1, 300 do n = n + 1 kept[n] = f(unpack(t)) end"),
  ["keeps its own classifier() in many objects"] = keeping(
    "for _ = 1, 9000 do n = n + 1 kept[n] = { classifier = self.classifier, n = n } end"),
}

for _, what in ipairs({
  "tables", "tables with fields", "tables in a chain", "tables by names", "tables by tables", "closures",
  "closures in a chain", "short strings", "tables in flow.state", "flow.state of every flow", "statistics",
  "percentiles", "hellos", "by metatables", "in a cycle", "in upvalues of many functions", "the varargs of calls",
  "its own classifier() in many objects",
}) do
  rows["keeps " .. what].slow = true
end
return rows

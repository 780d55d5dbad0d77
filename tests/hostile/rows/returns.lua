--- Invalid results of classifier().
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local RETURNED = "classifier() returned a %s; it returns nil or a table"
local UNKNOWN_KEY = 'classifier() returned the unknown key "%s"'
local VERDICT = "return { qos_treatment = 'high_priority', why = %s }"

return {
  ["returns a table with an __index that loops"] = {
    "return setmetatable({}, { __index = function() while true do end end })", STEPS,
  },
  ["returns a number"] = { "return 1", RETURNED:format("number") },
  ["returns nan"] = { "return 0 / 0", RETURNED:format("number") },
  ["returns true"] = { "return true", RETURNED:format("boolean") },
  ["returns false"] = { "return false", RETURNED:format("boolean") },
  ["returns a string"] = { "return 'high_priority'", RETURNED:format("string") },
  ["returns a function"] = { "return function() end", RETURNED:format("function") },
  ["returns flow"] = { "return flow", RETURNED:format("cdata") },
  ["returns a stream"] = { "return flow:stream('c2s')", RETURNED:format("cdata") },
  ["returns itself"] = { "return self", UNKNOWN_KEY:format("classifier") },
  ["returns flow.state"] = { "flow.state.x = 1 return flow.state", UNKNOWN_KEY:format("x") },
  ["returns a list"] = { "return { 'high_priority' }", UNKNOWN_KEY:format("1") },
  ["returns an empty table"] = { "return {}", "without qos_treatment" },
  ["returns a key that is a table"] = {
    "return { qos_treatment = 'high_priority', [{}] = 1 }",
    UNKNOWN_KEY:format("table"),
  },
  ["returns a key that is nan's neighbour"] = {
    "return { qos_treatment = 'high_priority', [math.huge] = 1 }",
    UNKNOWN_KEY:format("inf"),
  },
  ["returns a key of control characters"] = {
    "return { qos_treatment = 'high_priority', ['\\27[0m\\n'] = 1 }",
    "unknown key",
  },
  ["returns 9000 keys"] = {
    "local t = { qos_treatment = 'high_priority' } for i = 1, 9000 do t['k' .. i] = i end return t", "unknown key",
  },
  ["returns a key of 60 KB"] = { "return { qos_treatment = 'high_priority', [('k'):rep(60000)] = 1 }", "unknown key" },
  ["returns an unknown treatment"] = { "return { qos_treatment = 'fast' }", 'qos_treatment = "fast"' },
  ["returns a treatment of 60 KB"] = { "return { qos_treatment = ('x'):rep(60000) }", "qos_treatment = " },
  ["returns a treatment that is a number"] = { "return { qos_treatment = 1 }", 'qos_treatment = "1"' },
  ["returns a treatment that is a table"] = { "return { qos_treatment = {} }", 'qos_treatment = "table"' },
  ["returns a treatment that loops when it is shown"] = {
    "return { qos_treatment = setmetatable({}, { __tostring = function() while true do end end }) }", STEPS,
  },
  ["returns an object that loops in __index"] = {
    "return setmetatable({}, { __index = function() while true do end end })",
    STEPS,
  },
  ["returns a table with an __index that recurses"] = {
    "return setmetatable({}, { __index = function(t, k) return t[k .. 'x'] end })", "",
  },
  ["returns a table with its treatment in a metatable"] = {
    "return setmetatable({}, { __index = { qos_treatment = 'fast' } })", 'qos_treatment = "fast"',
  },
  ["returns a cyclic table"] = { "local t = {} t.qos_treatment = t return t", 'qos_treatment = "table"' },
  ["returns a why that is a word"] = { VERDICT:format("'so'"), "returned why = a string" },
  ["returns a why that is a list"] = { VERDICT:format("{ 1 }"), "returned why with a number for a name" },
  ["returns a why that is flow"] = { VERDICT:format("flow"), "returned why = a cdata" },
  ["returns a why of 33 names"] = {
    "local why = {} for i = 1, 33 do why['n' .. i] = i end " .. VERDICT:format("why"), "more than 32 names",
  },
  ["returns a why of 90 000 names"] = {
    "local why = {} for i = 1, 90000 do why['n' .. i] = i end " .. VERDICT:format("why"), "", c = true,
  },
  ["returns a why that loops when it is shown"] = {
    VERDICT:format("{ x = setmetatable({}, { __tostring = function() while true do end end }) }"), STEPS,
  },
  ["returns a why that raises when it is shown"] = {
    VERDICT:format("{ x = setmetatable({}, { __tostring = function() error('mine') end }) }"), "mine",
  },
  ["returns a why with __index and __pairs that loop"] = {
    VERDICT:format("setmetatable({ [1] = 1 }, { __index = function() while true do end end, __pairs = "
      .. "function() end })"),
    "returned why with a number for a name",
  },
  ["returns a why that is a cycle"] = {
    "local why = { [1] = 1 } why.why = why " .. VERDICT:format("why"),
    "returned why with",
  },
}

--- Scripts that never end, or use too much: the exact message of each, with the JIT compiler on.
-- A shipped classifier runs next to each, and must decide as if it were alone.
local kit = require("spec.kit")

local PACKETS = kit.packets.http({ uri = "/static/index.html" })

local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local LOAD = "took more than 10000000 steps to load, and was stopped here"
local MEMORY = "not enough memory: the limit for all classifiers together is 64 MiB (classifier_memory_mb)"
local REPEATED = "string.rep: the result would have %s bytes; the limit is 65536"
local PATTERN = "string.%s: the pattern takes more than 4000000 steps on this text; anchor it (^), or use fewer * and -"
local REPLACED = "string.gsub: the result would have more than 65536 bytes, the limit for strings"
local UNKNOWN_KEY = 'classifier() returned the unknown key "%s"; known: qos_treatment, why'

local function returned(kind)
  return ("classifier() returned a %s; it returns nil or a table such as "
    .. '{ qos_treatment = "constrained_bw" }'):format(kind)
end

local function frozen(name)
  return name .. " cannot be set: use a local function of your own"
end

-- Bodies of classifier(): body, message, and the line it names, by default 2, which is the body;
-- 1 is where classifier() begins.
local HOSTILE = {
  ["loops with an empty body"] = { "while true do end", STEPS },
  ["repeats until false"] = { "repeat until false", STEPS },
  ["jumps for ever"] = { "::again:: goto again", STEPS },
  ["counts to infinity"] = { "for _ = 1, math.huge do end", STEPS },
  ["adds for ever"] = { "local x = 0 while true do x = x + 1 end", STEPS },
  ["waits for a field that it should set"] = { "while not flow.finalised do end", STEPS },
  ["calls for ever"] = {
    "local function f(a) return a + 1 end local x = 0 while true do x = f(x) end", STEPS,
  },
  ["calls C for ever"] = { "while true do flow:max_packet_size() end", STEPS },
  ["recurses for ever, and comes back in between"] = {
    "local function r(n) return n == 0 and 0 or 1 + r(n - 1) end while true do r(50) end", STEPS,
  },
  ["calls itself in its tail"] = { "local function r() return r() end r()", STEPS },
  ["allocates for ever"] = { "local t = {} while true do t[#t + 1] = 1 if #t > 99 then t = {} end end", STEPS },
  ["builds strings for ever"] = { "while true do local _ = flow.payload .. flow.packet_count end", STEPS },
  ["asks for texts of flow for ever"] = { "while true do local _ = flow.ip_src .. flow.client end", STEPS },
  ["sets flow.finalised for ever"] = { "while true do flow.finalised = true end", STEPS },
  ["keeps state for ever"] = { "while true do flow.state.n = (flow.state.n or 0) + 1 end", STEPS },
  ["logs for ever"] = { 'while true do logger:error("x") end', STEPS },
  ["logs for ever with a format, which pcall is behind"] = {
    'while true do logger:error("%d", 1) end', STEPS,
  },
  ["loops in a comparison"] = { "table.sort({ 3, 1, 2 }, function() while true do end end)", STEPS },
  ["loops in a replacement"] = { '("x"):gsub("x", function() while true do end end)', STEPS },
  ["loops in __index"] = {
    "return setmetatable({}, { __index = function() while true do end end }).x", STEPS,
  },
  ["loops in __tostring"] = {
    "tostring(setmetatable({}, { __tostring = function() while true do end end }))", STEPS,
  },
  ["loops in the verdict"] = {
    "return setmetatable({}, { __index = function() while true do end end })", STEPS,
  },
  ["matches a pattern that backtracks for long"] = {
    '("a"):rep(60):find(("a-"):rep(4) .. "b")', PATTERN:format("find"),
  },
  ["matches a pattern that tries nearly for ever"] = {
    'local s = ("a"):rep(2048) local x = s:match((".-"):rep(20) .. "b") return x', PATTERN:format("match"),
  },
  ["iterates over such a pattern"] = {
    'for _ in ("a"):rep(2048):gmatch((".-"):rep(20) .. "b") do end', PATTERN:format("gmatch"),
  },
  ["replaces such a pattern"] = {
    'local x = ("a"):rep(2048):gsub((".-"):rep(20) .. "b", "") return x', PATTERN:format("gsub"),
  },
  ["matches a set of very many bytes"] = {
    'local x = ("a"):rep(6e4):find("[" .. ("b"):rep(6e4) .. "]") return x', PATTERN:format("find"),
  },
  ["looks for a long text again and again"] = {
    'local s, t = ("a"):rep(6e4), ("a"):rep(3e4) .. "b" while true do s:find(t, 1, true) end', STEPS,
  },
  ["has a replacement that replaces itself"] = {
    'local function f(w) local x = w:gsub("x", f) return x end return (f("x"))',
    "stack overflow; hint: a recursive function needs a condition that ends it", 1,
  },
  ["matches many such patterns"] = {
    'local s = ("a"):rep(20) while true do s:find("(a*)*(a*)*b") end', STEPS,
  },
  ["catches its end"] = {
    "pcall(function() while true do end end)",
    '"pcall" is not available in a classifier: let errors happen: dpae counts and reports them, and '
      .. "goes on with the next packet",
  },
  ["hides in a coroutine"] = {
    "coroutine.wrap(function() while true do end end)()",
    '"coroutine" is not available in a classifier: it would not be safe; use string, table, math, bit, '
      .. "require for helper modules, the logger and flow",
  },

  ["recurses without end"] = {
    "local function r() return 1 + r() end return r()",
    "stack overflow; hint: a recursive function needs a condition that ends it", 1,
  },
  ["recurses in the host's own functions"] = {
    "tostring(setmetatable({}, { __tostring = tostring }))",
    "stack overflow; hint: a recursive function needs a condition that ends it", 1,
  },
  ["unpacks too much"] = {
    "return unpack({}, 1, 1e8)", "unpack: the result would have 100000000 values; the limit is 4096", 1,
  },
  ["has metatables in a circle"] = {
    "local t = {} setmetatable(t, { __index = t }).__index = t setmetatable(t, t) return t.x", "loop in gettable",
  },
  ["nests more in a pattern than there may be"] = {
    'local x = ("x"):rep(300):find(("x?"):rep(201)) return x', "pattern too complex",
  },
  ["nests captures deeply"] = { '("x"):find(("("):rep(200))', "too many captures" },

  ["repeats a string too often"] = { 'return ("x"):rep(1e9)', REPEATED:format("1000000000"), 1 },
  ["repeats a string by a non-number"] = {
    'return ("x"):rep({})', "bad argument #2 (number expected, got table)", 1,
  },
  ["repeats a string with an invalid separator"] = {
    'local x = ("x"):rep(2, {}) return x', "bad argument #2 to 'rep' (string expected, got table)",
  },
  ["repeats a string by a number of 64 bits"] = {
    'local x = ("x"):rep(1000000000LL) return x', "bad argument #1 to 'rep' (number expected, got cdata)",
  },
  ["repeats a string for ever"] = { 'return ("x"):rep(math.huge)', REPEATED:format("inf"), 1 },
  ["repeats a separator too often"] = {
    'return ("x"):rep(1e6, ("y"):rep(1e4))', REPEATED:format("10001000000"), 1,
  },
  ["repeats an empty string too often"] = { 'while true do (""):rep(2^31) end', STEPS },
  ["joins long strings"] = {
    'local s = ("x"):rep(6e4) while true do s = s .. s end', "..: the result has 120000 bytes; the limit is 65536",
  },
  ["replaces by more and more"] = { 'return ("x"):rep(1e4):gsub(".", ("y"):rep(1e4))', REPLACED, 1 },
  ["replaces by more and more, with a function"] = {
    'local y = ("y"):rep(1e4) local x = ("x"):rep(1e4):gsub(".", function() return y end) return x', REPLACED,
  },
  ["replaces by more and more, from a table"] = {
    'local y = ("y"):rep(1e4) local x = ("x"):rep(1e4):gsub(".", { x = y }) return x', REPLACED,
  },
  ["replaces by a very long list of captures"] = {
    'local x = ("x"):rep(6e4):gsub("()", ("%0"):rep(3e4)) return x', PATTERN:format("gsub"),
  },
  ["joins a long list"] = {
    'local s, t = ("x"):rep(1e4), {} for i = 1, 99 do t[i] = s end return table.concat(t)',
    "table.concat: the result would have 990000 bytes; the limit is 65536", 1,
  },

  ["formats with an invalid width"] = {
    'local x = ("%99999d"):format(1) return x', "invalid option '%999' to 'format'",
  },
  ["formats a text that is too long"] = {
    'local s = ("x"):rep(6e4) local x = ("%s%s"):format(s, s) return x',
    "string.format: the result could have 120260 bytes; the limit is 65536",
  },
  ["takes the bytes of a long text"] = {
    'local x = ("x"):rep(5000):byte(1, -1) return x',
    "string.byte: the result would have 5000 values; the limit is 4096",
  },
  ["makes a text of very many bytes"] = {
    "local x = string.char(65, unpack({}, 1, 4096)) return x",
    "string.char: 4097 values given; the limit is 4096",
  },

  ["raises a table"] = { "error({})", "the error is a table value, not a message; error() takes a text" },
  ["raises nil"] = { "error(nil)", "the error is a nil value, not a message; error() takes a text" },
  ["raises flow"] = { "error(flow)", "the error is a cdata value, not a message; error() takes a text" },
  ["raises an object with a __tostring that loops"] = {
    "error(setmetatable({}, { __tostring = function() while true do end end }))",
    "the error is a table value, not a message; error() takes a text",
  },

  ["returns a function"] = { "return function() end", returned("function"), 1 },
  ["returns true"] = { "return true", returned("boolean"), 1 },
  ["returns NaN"] = { "return 0 / 0", returned("number"), 1 },
  ["returns a string"] = { 'return "high_priority"', returned("string"), 1 },
  ["returns flow"] = { "return flow", returned("cdata"), 1 },
  ["returns a list"] = { 'return { "high_priority" }', UNKNOWN_KEY:format("1"), 1 },
  ["returns several unknown keys"] = {
    'return { qos_treatment = "high_priority", f = 1, d = 1, b = 1, a = 1, c = 1, [{}] = 1, [2] = 1 }',
    UNKNOWN_KEY:format("2"), 1,
  },
  ["returns a table as a key"] = {
    'return { qos_treatment = "high_priority", [{}] = 1 }', UNKNOWN_KEY:format("table"), 1,
  },

  ["explains itself with a word"] = {
    'return { qos_treatment = "high_priority", why = "so" }',
    "classifier() returned why = a string; it is a table of names and values, such as "
      .. "{ packets = flow.packet_count }", 1,
  },
  ["explains itself with a list"] = {
    'return { qos_treatment = "high_priority", why = { 1 } }',
    "classifier() returned why with a number for a name; its names are strings", 1,
  },
  ["explains itself with too much"] = {
    'local why = {} for i = 1, 33 do why["n" .. i] = i end return { qos_treatment = "high_priority", why = why }',
    "classifier() returned why with more than 32 names", 1,
  },
  ["explains itself with too much, and by keys of several types"] = {
    'local why = { [true] = 1, [2] = 1, [{}] = 1 } for i = 1, 33 do why["n" .. i] = i end '
      .. 'return { qos_treatment = "high_priority", why = why }',
    "classifier() returned why with a boolean for a name; its names are strings", 1,
  },
  ["loops in its explanation"] = {
    'return { qos_treatment = "high_priority", why = { x = setmetatable({}, { __tostring = function() '
      .. "while true do end end }) } }", STEPS,
  },

  ["changes a function of string"] = { "string.upper = nil", frozen("string.upper") },
  ["adds to string"] = { "string.mine = 1", frozen("string.mine") },
  ["changes a function of table"] = { "table.insert = nil", frozen("table.insert") },
  ["changes a constant of math"] = { "math.pi = 3", frozen("math.pi") },
  ["changes a function of bit"] = { "bit.band = nil", frozen("bit.band") },
  ["changes a global"] = { "type = nil", 'assignment to the global "type": declare it with local' },
  ["changes a library"] = { "string = nil", 'assignment to the global "string": declare it with local' },
  ["sets the metatable of a library"] = { "setmetatable(string, {})", "cannot change a protected metatable" },
  ["sets the metatable of strings"] = {
    'setmetatable("", {})', "bad argument #1 to 'setmetatable' (table expected, got string)",
  },
  ["changes the methods of strings"] = {
    'getmetatable("").__index.upper = nil', "attempt to index a nil value",
  },
  ["sets the metatable of flow"] = {
    "setmetatable(flow, {})", "bad argument #1 to 'setmetatable' (table expected, got cdata)",
  },
}

local FIRST = {
  ["loops at the top of its file"] = { "while true do end", LOAD },
  ["loops in new()"] = { "return { new = function() while true do end end }", LOAD },
  ["wants too much memory at the top of its file"] = {
    'local t = {} for i = 1, 3000 do t[i] = ("x"):rep(6e4) .. i end', MEMORY,
  },
}

local function write(directory, name, source)
  local file = assert(io.open(("%s/%s.lua"):format(directory, name), "w"))
  file:write(source)
  file:close()
end

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

local HEAD = "local it = {} function it.new(logger) return { classifier = function(self, flow)"
local TAIL = "end } end return it"

local function script(body)
  return ("%s\n%s\n%s"):format(HEAD, body, TAIL)
end

-- A source line as errors show it.
local function shown(line)
  return #line > 80 and line:sub(1, 77) .. "..." or line
end

-- The first line of an error, without the packet.
local function first_line(text)
  return (text:match("^[^\n]*"):gsub(" %(packet %d+, [^()]*Z%)$", ""))
end

-- The classifier with this body, followed by a shipped one.
local function run_beside(body)
  local name, options = kit.script(script(body))
  write(options.classifiers, "shipped", read("classifiers/payload_uri_1.lua"))
  options.errors = true
  local run = kit.run({ name, "shipped" }, PACKETS, options)
  run.directory = options.classifiers
  return run
end

describe("the limits", function()
  local alone = kit.run("payload_uri_1", PACKETS)

  after_each(kit.remove_scripts)

  for what, case in pairs(HOSTILE) do
    it("hold for a script that " .. what, function()
      local run = run_beside(case[1])
      local line = case[3] or 2
      local lines = { HEAD, case[1], TAIL }
      assert.equal(("classifier script: %s/script.lua:%d: %s | %s"):format(run.directory, line, case[2],
        shown(lines[line])), first_line(run.errors[1]))
      assert.equal(alone.qos_treatment, run.qos_treatment)
      assert.equal(alone.packet, run.packet)
    end)
  end

  for what, case in pairs(FIRST) do
    it("hold for a script that " .. what, function()
      local name, options = kit.script(case[1])
      assert.equal(("%s/script.lua:1: %s | %s"):format(options.classifiers, case[2], shown(case[1])),
        kit.load(name, options))
    end)
  end

  it("leave an explanation readable", function()
    local name, options = kit.script(script('return { qos_treatment = "low_priority", why = { n = 1.5, yes = true, '
      .. 'text = "a\\0b\\\\", of = {}, count = flow.packet_count } }'))
    local run = kit.run(name, kit.packets.udp({}), options)
    assert.equal("count=1, n=1.5, of=table, text=a\\000b\\\\, yes=true", run.verdicts[1].why)
  end)

  it("cut an explanation that is too long", function()
    local name, options = kit.script(script('return { qos_treatment = "low_priority", why = { x = ("y"):rep(999) } }'))
    local run = kit.run(name, kit.packets.udp({}), options)
    assert.equal("x=" .. ("y"):rep(194) .. "...", run.verdicts[1].why)
  end)

  it("cut an explanation only where it does not fit, and no escape in two", function()
    for given, shown_as in pairs({
      [("y"):rep(197)] = ("y"):rep(197),
      [("y"):rep(198)] = ("y"):rep(194) .. "...",
      [("y"):rep(193) .. "\1"] = ("y"):rep(193) .. "\\001",
      [("y"):rep(194) .. "\1"] = ("y"):rep(194) .. "...",
      [("y"):rep(195) .. "\\"] = ("y"):rep(195) .. "\\\\",
    }) do
      local name, options = kit.script(script(
        ('return { qos_treatment = "low_priority", why = { x = %q } }'):format(given)))
      assert.equal("x=" .. shown_as, kit.run(name, kit.packets.udp({}), options).verdicts[1].why)
    end
  end)

  it("keep each explanation with its packet", function()
    local name, options = kit.script(script("local n = flow.packet_count return n < 3 and { "
      .. 'qos_treatment = "low_priority", why = n == 1 and { b = 1, a = 2 } or {} } or nil'))
    local run = kit.run(name, { kit.packets.udp({}), kit.packets.udp({}), kit.packets.udp({}) }, options)
    assert.equal("a=2, b=1", run.verdicts[1].why)
    assert.equal("", run.verdicts[2].why)
    assert.is_nil(run.verdicts[3])
  end)

  it("do not affect calls that end in time", function()
    local name, options = kit.script(script("for _ = 1, 1e5 do end"))
    assert.is_nil(kit.run(name, PACKETS, options).errors[1])
  end)

  it("apply to each call separately", function()
    local name, options = kit.script(script("local n = 0 for i = 1, 3e5 do n = n + i % 7 end"))
    local many = {}
    for i = 1, 100 do
      many[i] = PACKETS
    end
    assert.is_nil(kit.run(name, many, options).errors[1])
  end)

  it("quarantine a script that keeps failing, and reload it on probation", function()
    local name, options = kit.script(script('error("always")'))
    options.errors = true
    local packets = {}
    for i = 1, 30 do
      packets[i] = kit.packets.udp({ time = i })
    end
    local run = kit.run(name, packets, options)
    local ran = {}
    for i, outcome in ipairs(run.outcomes) do
      ran[#ran + 1] = #outcome.ran > 0 and i or nil
    end
    assert.same({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20 }, ran)
    assert.same({ "script" }, run.quarantined)
  end)
end)

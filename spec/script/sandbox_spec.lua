--- Hostile and mistaken scripts, and the exact message of each.
local kit = require("spec.kit")

local PACKET = kit.packets.tcp({ payload = "hello" })

-- Wraps the body of classifier() into a whole script, on one line.
local function script(body)
  return ('local http, it = require("http"), {} function it.new(logger, config) return { '
    .. "classifier = function(self, flow) %s end } end return it"):format(body)
end

-- The packet in the error of a single-packet run.
local WHERE = " (packet 1, 10.1.0.1:40000 -> 10.1.0.2:80 tcp, 1970-01-01T00:00:01.000000Z)"

-- An error without its source line, which must be that of this source, and without the packet.
local function without_source(text, source)
  local message, number, shown = text:match("^([^\n]*%.lua:(%d+): [^\n]*) | ([^\n]*)")
  shown = shown and shown:sub(-#WHERE) == WHERE and shown:sub(1, -#WHERE - 1) or shown
  if not message then
    return text
  end
  local lines = {}
  for line in (source .. "\n"):gmatch("(.-)\n") do
    lines[#lines + 1] = line:match("^%s*(.-)%s*$")
  end
  local line = lines[tonumber(number)]
  assert.equal(#line > 80 and line:sub(1, 77) .. "..." or line, shown)
  return message
end

-- The first error, without its packet.
local function error_of(body)
  local source = script(body)
  local name, options = kit.script(source)
  options.errors = true
  local run = kit.run(name, PACKET, options)
  local first = run.errors[1] and without_source(run.errors[1], source)
  return first and first:match("script%.lua:1: ([^\n]*)") or first
end

local function fault_of(source, name)
  local file, options = kit.script(source, name)
  return (without_source(kit.load(file, options), source):gsub("/tmp/[^/]*/", ""))
end

local NOT_OFFERED = "it would not be safe; use string, table, math, bit, require for helper modules, "
  .. "the logger and flow"
local READ_FLOW = "; hint: read the fields of flow, such as flow.packet_count, or call its methods"
local BYTES_OF_STRING = "use s:byte(1) for its first byte as a number, s:sub(1, 1) for the same as text"
local OF_STRING = "available: byte, char, find, format, gmatch, gsub, len, lower, match, rep, reverse, sub, upper"
local NO_PCALL = "let errors happen: dpae counts and reports them, and goes on with the next packet"

local TREATMENTS = "known: constrained_bw, default_priority, high_priority, low_priority"
local REMEDY = "put the file there, or remove the name"

local FIELDS = "bytes_c2s, bytes_s2c, client, "
  .. "dst_port, finalised, from_client, ip_dst, ip_src, ip_version, max_interpacket_interval, "
  .. "max_packet_size, min_interpacket_interval, packet_count, packet_direction, packet_length, "
  .. "packets_c2s, packets_s2c, payload, payload_length, proto, retransmissions, serial, server, "
  .. "server_name, "
  .. "set_suppress_flow, slot, src_port, start_time, state, stream, suppressed, tcp_ack, tcp_acq, tcp_cwr, "
  .. "tcp_dst, tcp_ece, tcp_fin, tcp_flags, tcp_psh, tcp_rst, tcp_seq, tcp_src, tcp_syn, tcp_urg, "
  .. "time, verified_direction, vlan"

local FAILING = {
  ["reads a missing field of flow"] = {
    "return flow.tcp_scr",
    'flow has no field "tcp_scr"; did you mean "tcp_src"?',
  },
  ["reads a field without a similar name"] = {
    "return flow.colour_of_it", 'flow has no field "colour_of_it"; it has: ' .. FIELDS,
  },
  ["sets a misspelt field"] = {
    "flow.finalized = true", 'flow has no field "finalized"; did you mean "finalised"?',
  },
  ["compares a method"] = {
    "return flow.max_packet_size > 100",
    "attempt to compare number with function; hint: call a method: flow:max_packet_size()",
  },
  ["compares with a method"] = {
    "return 100 > flow.max_packet_size",
    "attempt to compare function with number; hint: call a method: flow:max_packet_size()",
  },
  ["counts with a method"] = {
    "return flow.max_packet_size + 1",
    "attempt to perform arithmetic on field 'max_packet_size' (a function value); hint: call a method: "
      .. "flow:max_packet_size()",
  },
  ["calls a method with a dot"] = { "flow.tcp_syn()", "call it with a colon: flow:tcp_syn()" },
  ["calls a method on another cdata"] = {
    "flow.max_packet_size(1LL)", "call it with a colon: flow:max_packet_size()",
  },
  ["indexes flow with a table"] = { "return flow[{}]", 'flow has no field "table"; it has: ' .. FIELDS },
  ["writes a member"] = {
    "flow.packet_count = 1",
    "attempt to write to constant location; hint: a classifier may only set flow.finalised",
  },
  ["writes a getter"] = {
    'flow.payload = "x"', "flow.payload cannot be set: a classifier may only set flow.finalised",
  },
  ["replaces flow.state"] = {
    "flow.state = {}", "flow.state cannot be set: a classifier may only set flow.finalised",
  },
  ["finalises with a word"] = {
    'flow.finalised = "yes"', "cannot convert 'string' to 'bool'; hint: flow.finalised is true or false",
  },
  ["adds to flow"] = {
    "return flow + 1", "attempt to perform arithmetic on 'struct flow_view' and 'number'" .. READ_FLOW,
  },
  ["adds an int64 to flow"] = {
    "return flow + 1LL", "attempt to perform arithmetic on 'struct flow_view' and 'int64_t'" .. READ_FLOW,
  },
  ["measures flow"] = { "return #flow", "attempt to get length of 'struct flow_view'" .. READ_FLOW },
  ["concatenates flow"] = {
    'return flow .. ""', "attempt to concatenate 'flow' (a cdata value)" .. READ_FLOW,
  },
  ["iterates over flow"] = {
    "for _ in pairs(flow) do end", "'struct flow_view' has no '__pairs' metamethod" .. READ_FLOW,
  },
  ["calls next on flow"] = {
    "return (next(flow))", "bad argument #1 to 'next' (table expected, got cdata)",
  },
  ["loops over keys that have no order"] = {
    "for _ in pairs({ [{}] = 1, [{}] = 2 }) do end",
    "pairs: two keys that are tables, functions or cdata have no order that a replay could repeat: keep them in a "
      .. "list as well, or use a number or string that identifies them as the key",
  },
  ["makes a weak table"] = {
    'local seen = setmetatable({}, { ["__mode"] = "k" })',
    "setmetatable: __mode is not available in a classifier: the contents of a weak table depend on when the "
      .. "collector runs, which no replay repeats; keep per-flow data in flow.state, which is freed with the flow",
  },
  ["inserts far outside of a table"] = {
    "table.insert({}, -1e9, 1)", "table.insert: position -1000000000 is outside 1 to 1",
  },
  ["inserts into nil"] = {
    "table.insert(self.list, 1)", "bad argument #1 to 'insert' (table expected, got nil)",
  },
  ["sorts values that cannot be compared"] = { 'table.sort({ 1, "a" })', "attempt to compare string with number" },
  ["indexes an int64"] = { "return (0LL)[0]", "'int64_t' cannot be indexed with 'number'" },
  ["reads a misspelt global"] = {
    "return tostirng(1)", 'there is no global "tostirng"; did you mean "tostring"?',
  },
  ["reads an unknown global"] = {
    "return counter_of_mine",
    'there is no global "counter_of_mine"; if it is a local variable, declare it before its use',
  },
  ["writes a global"] = { "count = 1", 'assignment to the global "count": declare it with local' },
  ["prints"] = {
    'print("x")', '"print" is not available in a classifier: use the logger passed to new()',
  },
  ["catches errors"] = { "pcall(error)", '"pcall" is not available in a classifier: ' .. NO_PCALL },
  ["catches errors with a handler"] = {
    "xpcall(error)", '"xpcall" is not available in a classifier: ' .. NO_PCALL,
  },
  ["asks for the time"] = {
    "return os.time()", '"os" is not available in a classifier: flow.time is the time of the packet',
  },
  ["looks for the globals"] = {
    "return _G.os",
    '"_G" is not available in a classifier: read globals by their names; declare your own with local',
  },
  ["requires ffi"] = { 'require("ffi")', 'require "ffi" at the top of the file: classifier() cannot load modules' },
  ["formats a log line wrongly"] = {
    'logger:error("%d", nil)', 'logger:error(format, ...): value 1 of format "%d": number expected, got nil',
  },
  ["formats a log line with too few values"] = {
    'logger:error("%d %d", 1)', 'logger:error(format, ...): format "%d %d" needs more values',
  },
  ["formats a log line with too few texts"] = {
    'logger:error("%s %s", 1)', 'logger:error(format, ...): format "%s %s" needs more values',
  },
  ["formats a log line in an unknown way"] = {
    'logger:error("%y", 1)', "logger:error(format, ...): invalid option '%y' to 'format'",
  },
  ["formats a log line with a __tostring that raises a table"] = {
    'logger:error("%s", setmetatable({}, { __tostring = function() error({}) end }))',
    "the error is a table value, not a message; error() takes a text",
  },
  ["calls an unknown method of the logger"] = {
    'logger:warn("x")', 'logger has no method "warn"; it has: critical, debug, error, info, warning',
  },
  ["calls a misspelt method of the logger"] = {
    'logger:eror("x")', 'logger has no method "eror"; did you mean "error"?',
  },
  ["indexes the logger with a table"] = {
    "return logger[{}]", 'logger has no method "table"; it has: critical, debug, error, info, warning',
  },
  ["parses a request without a flow"] = {
    "local method = http.request(5)",
    "http.request() takes the flow passed to classifier(), flow:stream(), or a string",
  },
  ["calls dump of a string"] = { '(""):dump()', "string.dump is not available in a classifier; " .. OF_STRING },
  ["indexes a string with a number"] = {
    "return flow.payload[1]",
    "a string cannot be indexed with [1]: " .. BYTES_OF_STRING,
  },
  ["indexes a string with a table"] = {
    "return flow.payload[{}]",
    "a string cannot be indexed with [table]: " .. BYTES_OF_STRING,
  },
  ["calls string.dump"] = { "string.dump(type)", "string.dump is not available in a classifier; " .. OF_STRING },
  ["misspells a method of strings"] = {
    "return flow.payload:lowr()", 'string.lowr is not available in a classifier; did you mean "lower"?',
  },
  ["searches for nil"] = {
    "local x = flow.payload:find() return x", "bad argument #1 to 'find' (string expected, got nil)",
  },
  ["calls a method of strings with a dot"] = {
    'local x = ("x").upper() return x', "bad argument #1 to 'upper' (string expected, got nil)",
  },
  ["calls a method of strings on a table"] = {
    'local x = { sub = ("").sub } x = x:sub(1) return x', "calling 'sub' on bad self (string expected, got table)",
  },
  ["replaces by an invalid value"] = {
    'local x = flow.payload:gsub("h", true) return x', "bad argument #2 to 'gsub' (string/function/table expected)",
  },
  ["replaces by a function that returns an invalid value"] = {
    'local x = flow.payload:gsub("h", function() return {} end) return x', "invalid replacement value (a table)",
  },
  ["replaces by a missing capture"] = {
    'local x = flow.payload:gsub("h", "%2") return x', "invalid capture index",
  },
  ["writes a pattern with an open set"] = {
    'local x = flow.payload:match("[a") return x', "malformed pattern (missing ']')",
  },
  ["formats a text as a number"] = {
    'local x = ("%d"):format("x") return x', "bad argument #1 to 'format' (number expected, got string)",
  },
  ["misspells a function of math"] = {
    "local x = math.flor(1.5) return x", 'math.flor is not available in a classifier; did you mean "floor"?',
  },
  ["asks for a function of another Lua"] = {
    "local x = table.unpack({}) return x",
    "table.unpack is not available in a classifier; available: concat, insert, maxn, remove, sort",
  },
  ["calls a helper module wrongly in a tail call"] = {
    'return http.header(flow, "Host:")',
    'http.header(source, name): name is a string such as "Host", without a colon or blanks',
  },
  ["misspells a function of a helper module"] = {
    "local x = http.requst(flow) return x", 'the helper module http has no "requst"; did you mean "request"?',
  },
  ["formats an address"] = { 'string.format("%10p", {})', "string.format: %p is not available in a classifier" },
  ["asks for a random number"] = {
    "math.random()",
    "math.random is not available in a classifier; available: abs, acos, asin, atan, atan2, ceil, cos, cosh, deg, "
      .. "exp, floor, fmod, frexp, huge, ldexp, log, log10, max, min, modf, pi, pow, rad, sin, sinh, sqrt, tan, tanh",
  },
  ["gives functions a metatable"] = {
    "setmetatable(string.format, {})", "bad argument #1 to 'setmetatable' (table expected, got function)",
  },
  ["returns a number"] = {
    "return 1",
    'classifier() returned a number; it returns nil or a table such as { qos_treatment = "constrained_bw" }',
  },
  ["returns an unknown treatment"] = {
    'return { qos_treatment = "fast" }',
    'classifier() returned qos_treatment = "fast"; ' .. TREATMENTS,
  },
  ["returns no treatment"] = {
    "return {}",
    "classifier() returned a table without qos_treatment; return nil to give no verdict",
  },
  ["returns a treatment that is a table"] = {
    "return { qos_treatment = {} }",
    'classifier() returned qos_treatment = "table"; ' .. TREATMENTS,
  },
  ["returns an unknown key only"] = {
    "return { colour = 1 }", 'classifier() returned the unknown key "colour"; known: qos_treatment, why',
  },
  ["returns an unknown key"] = {
    'return { qos_treatment = "low_priority", colour = 1 }',
    'classifier() returned the unknown key "colour"; known: qos_treatment, why',
  },
  ["raises an error of its own"] = { 'error("my own")', "my own" },
}
for _, name in ipairs({
  "collectgarbage", "coroutine", "debug", "ffi", "gcinfo", "getfenv", "io", "jit", "load", "loadfile",
  "module", "newproxy", "package", "rawset", "setfenv",
}) do
  FAILING["reads " .. name] = {
    "return " .. name, ('"%s" is not available in a classifier: %s'):format(name, NOT_OFFERED),
  }
end

-- Bodies that must not fail; their result is the verdict.
local WORKING = {
  ["sets finalised with a number"] = 'flow.finalised = 1 assert(flow.finalised == true) return nil',
  ["iterates strings in byte order"] = 'local keys = "" for key in pairs({ b = 1, a = 1, ab = 1 }) do '
    .. 'keys = keys .. key .. " " end for key in next, { y = 1, x = 1 } do keys = keys .. key end '
    .. 'assert(keys == "a ab b xy", keys)',
  ["sets a metatable that is not weak"] = "assert(getmetatable(setmetatable({}, { __index = {} })).__index)",
  ["reads finalised as false"] = "assert(flow.finalised == false) return nil",
  ["shows no addresses with tostring"] = 'assert(tostring({}) == "table" and tostring(type) == "function")',
  ["shows no addresses with format"] = 'assert(string.format("%s %s 100%%p", {}, type) == "table function 100%p")',
  ["shows no address of flow"] = 'assert(tostring(flow) == "flow" and ("%s"):format(flow) == "flow")',
  ["shows no address with a protected metatable"] = "local mine = { __metatable = { __tostring = true } } "
    .. 'assert(tostring(setmetatable({}, mine)) == "table")',
  ["shows no address with a __tostring that is inherited"] = "local mine = { __index = { __tostring = true } } "
    .. 'assert(tostring(setmetatable({}, setmetatable({}, mine))) == "table")',
  ["shows no address with a __tostring that returns a non-string"] = "local mine = { __tostring = function() "
    .. 'return {} end } assert(("%s"):format(setmetatable({}, mine)) == "table")',
  ["keeps a __tostring behind a protected metatable"] = 'local mine = { __tostring = function() return "me" end, '
    .. '__metatable = false } assert(tostring(setmetatable({}, mine)) == "me")',
  ["keeps __tostring"] = 'local mine = { __tostring = function() return "me" end } '
    .. 'assert(tostring(setmetatable({}, mine)) == "me")',
  ["hides the metatable of strings"] = 'assert(getmetatable("") == nil)',
  ["hides the metatable of flow"] = "assert(getmetatable(flow) == nil)",
  ["has no methods on strings but the safe ones"] = 'assert((""):upper() == "" and getmetatable(string) == nil)',
  ["compares flow with nil"] = "assert(flow ~= nil)",
  ["has bit operations"] = "assert(bit.band(6, 3) == 2)",
  ["returns a treatment"] = 'return { qos_treatment = "low_priority" }',
}

local FAULTS = {
  ["a syntax error"] = {
    "return {\n  new = = 1\n}",
    "script.lua:2: unexpected symbol near '='; hint: Lua expects a value or a statement here",
  },
  ["bytecode"] = { string.dump(function() end), "script.lua: is bytecode: only Lua source text is loaded" },
  ["a file that is too large"] = {
    ("-"):rep(1024 * 1024 + 1), "script.lua: is larger than 1 MiB: a script is a small text file",
  },
  ["bytecode behind a line that is a comment"] = {
    "#\n" .. string.dump(function() end), "script.lua: cannot load malformed bytecode",
  },
  ["an empty file"] = {
    "", "script.lua:1: must return a table with a function new(logger, config); it is a nil value",
  },
  ["no new"] = {
    "return { classifier = function() end }",
    "script.lua:1: the table it returns must have a function new(logger, config); it is a nil value",
  },
  ["a new that fails"] = { 'return {\n new = function() error("no luck") end }', "script.lua:2: no luck" },
  ["a new that raises a table"] = {
    "return { new = function() error({}) end }",
    "script.lua:1: the error is a table value, not a message; error() takes a text",
  },
  ["a new that returns nil"] = {
    "return { new = function() end }",
    "script.lua:1: new() must return an object, a table with classifier(self, flow); it is a nil value",
  },
  ["an object without classifier()"] = {
    "return { new = function() return {} end }",
    "script.lua:1: the object of new() must have classifier(self, flow), as by C.__index = C; it is a nil value",
  },
  ["a classifier() without self"] = {
    "return { new = function() return {\n classifier = function(flow) flow.finalised = true end } end }",
    "script.lua:2: classifier() needs two parameters, self and flow",
  },
  ["a missing helper module"] = {
    'require("nothing")',
    "script.lua:1: lua/nothing.lua cannot be opened: No such file or directory; helper modules are files "
      .. "in lua; available: dns, entropy, http, names, quic, regex, settings, ssh, stats, tls, tokens",
  },
  ["a misspelt helper module"] = {
    'require("htpp")',
    'script.lua:1: lua/htpp.lua cannot be opened: No such file or directory; did you mean "http"?',
  },
  ["a helper module outside of lua/"] = {
    'local x = require("../classifiers/payload_uri_1")',
    'script.lua:1: require: "../classifiers/payload_uri_1" is not a valid name of a helper module: use letters, '
      .. "digits and _, and a dot for a folder",
  },
  ["a helper module with an absolute path"] = {
    'require("/etc/passwd")',
    'script.lua:1: require: "/etc/passwd" is not a valid name of a helper module: use letters, digits and _, '
      .. "and a dot for a folder",
  },
  ["a global function at the top"] = {
    "function help() end", 'script.lua:1: assignment to the global "help": declare it with local',
  },
  ["a logger called with a dot"] = {
    'return { new = function(logger) logger.info("x") end }',
    "script.lua:1: call it with a colon: logger:info(text)",
  },
  ["a logger without a text"] = {
    "return { new = function(logger) logger:error({}) end }",
    "script.lua:1: logger:error(text): text is a table, not a string",
  },
}

-- Signatures of classifier() that work.
local LOADING = {
  ["no parameter"] = "function() end",
  ["self and flow"] = "function(self, flow) end",
  ["more than these"] = "function(self, flow, more) end",
  ["any number of parameters"] = "function(...) end",
  ["self and any number"] = "function(self, ...) end",
  ["those of a library function"] = "error",
}

describe("the sandbox", function()
  after_each(kit.remove_scripts)

  for what, case in pairs(FAILING) do
    it("reports a script that " .. what, function()
      assert.equal(case[2], error_of(case[1]))
    end)
  end

  for what, body in pairs(WORKING) do
    it("runs a script that " .. what, function()
      assert.is_nil(error_of(body))
    end)
  end

  for what, case in pairs(FAULTS) do
    it("does not load " .. what, function()
      assert.equal(case[2], fault_of(case[1]))
    end)
  end

  for what, form in pairs(LOADING) do
    it("loads a classifier() with " .. what, function()
      assert.equal("", fault_of(("return { new = function() return { classifier = %s } end }"):format(form)))
    end)
  end

  it("reports where it looked for a missing classifier", function()
    assert.equal("classifiers/absent.lua: cannot be opened: No such file or directory; " .. REMEDY, kit.load("absent"))
  end)

  it("does not load a directory", function()
    local name, options = kit.script("", "other")
    assert(os.execute(("mkdir %s/script.lua"):format(options.classifiers)) == 0)
    assert.equal("other", name)
    assert.equal("script.lua: is not a regular file: replace it with the script",
      (kit.load("script", options):gsub("/tmp/[^/]*/", "")))
  end)

  it("rejects a FIFO without waiting", function()
    local _, options = kit.script("", "other")
    assert(os.execute(("mkfifo %s/script.lua"):format(options.classifiers)) == 0)
    assert.equal("script.lua: is not a regular file: replace it with the script",
      (kit.load("script", options):gsub("/tmp/[^/]*/", "")))
  end)

  it("does not load a name that is a path", function()
    assert.matches("is not a valid classifier name: use letters, digits and _", kit.load("../lua/http"))
  end)

  it("shows a cycle of helper modules", function()
    local name, options = kit.script('require("one")')
    options.lua = options.classifiers
    for from, to in pairs({ one = "two", two = "one" }) do
      local file = assert(io.open(("%s/%s.lua"):format(options.lua, from), "w"))
      file:write(('require("%s")'):format(to))
      file:close()
    end
    assert.matches("/one.lua: helper modules require each other: one %-> two %-> one$", kit.load(name, options))
  end)

  it("suggests a helper module in a folder", function()
    local name, options = kit.script('require("dns.qurey")')
    options.lua = options.classifiers
    assert(os.execute(("mkdir %s/dns && touch %s/dns/query.lua"):format(options.lua, options.lua)) == 0)
    assert.matches('; did you mean "dns%.query"%? | ', kit.load(name, options))
  end)

  it("names classifier, file, line and trace in an error", function()
    local name, options = kit.script(
      "local function deep() error('oops') end\n" .. script("deep()"))
    options.errors = true
    local text = kit.run(name, PACKET, options).errors[1]
    assert.equal("classifier script: script.lua:1: oops | local function deep() error('oops') end" .. WHERE
      .. "\ncalled from script.lua:2", (text:gsub("/tmp/[^/]*/", "")))
  end)

  it("names a line reported by a helper module once, and its caller", function()
    local name, options = kit.script(
      "local http, it = require('http'), {}\nlocal function host(flow) return (http.header(flow, 'Host:')) end\n"
      .. "function it.new() return { classifier = function(self, flow)\n  local x = host(flow) return x end }\nend\n"
      .. "return it")
    options.errors = true
    local text = kit.run(name, PACKET, options).errors[1]
    assert.matches("script%.lua:2: http%.header%(source, name%): [^\n]*\ncalled from /tmp/[^/]*/script%.lua:4$", text)
  end)

  it("isolates two classifiers from each other", function()
    local name, options = kit.script(
      'local http = require("http") http.request = nil\n' .. script(""))
    local file = assert(io.open(options.classifiers .. "/other.lua", "w"))
    file:write('local http = require("http")\n'
      .. script('assert(http.request) return { qos_treatment = "low_priority" }'))
    file:close()
    assert.equal("low_priority", kit.run({ name, "other" }, PACKET, options).qos_treatment)
  end)

  it("gives new() the classifier's own settings", function()
    local name, options = kit.script([[
      return { new = function(_, config)
        assert(config.limit == 10 and config.on == true and config.name == "x" and config.quoted == "7")
        assert(config.list[2] == 0.5 and config.deep.er == "yes")
        return { classifier = function() end }
      end }]])
    options.settings = [[
      script: { limit: 10, on: true, name: x, list: [1, 0.5], deep: { er: 'yes' }, quoted: '7' }
      other: { limit: 11 }]]
    assert.equal("", kit.load(name, options))
  end)

  it("gives new() an empty table without settings", function()
    local name, options = kit.script([[
      return { new = function(_, config)
        assert(next(config) == nil)
        return { classifier = function() end }
      end }]])
    assert.equal("", kit.load(name, options))
  end)

  it("refuses settings that are not a mapping", function()
    local name, options = kit.script(script(""))
    options.settings = "script: 5"
    assert.matches("/script.lua: the settings of script in the configuration must be a mapping",
      kit.load(name, options))
  end)
end)

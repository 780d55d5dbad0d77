--- Helper modules with invalid arguments.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local SOURCE = "takes the flow passed to classifier(), flow:stream(), or a string"
local COLON = "call it with a colon"

local LONG = "local s = ('GET / HTTP/1.1\\r\\n'):rep(4000) "

return {
  ["asks http with a number"] = { "local x = http.request(5) return x", SOURCE },
  ["asks http with a table"] = { "local x = http.response({}) return x", SOURCE },
  ["asks http with self"] = { "local x = http.host(self) return x", SOURCE },
  ["asks http with a number of 64 bits"] = { "local x = http.request(1LL) return x", SOURCE },
  ["asks http for a field that is a table"] = { "http.header(flow, {})", "name is a string" },
  ["asks http for a field with a colon"] = { "http.header(flow, 'Host:')", "name is a string" },
  ["asks http for a field of 60 KB"] = { "http.header(flow, ('x'):rep(60000))", false },
  ["asks http for a field with zeros"] = { "http.header('GET / HTTP/1.1\\r\\nA\\0: x\\r\\n\\r\\n', 'A\\0')", false },
  ["asks http about 60 KB, for ever"] = { LONG .. "while true do http.header(s, 'Host') http.host(s) end", STEPS },
  ["asks tls about 60 KB, for ever"] = {
    "local s = '\\22\\3\\1' .. ('\\255'):rep(60000) while true do tls.sni(s) tls.client_hello(s) end",
    STEPS,
  },
  ["asks tls about a hello of lengths that lie"] = {
    "for i = 0, 255 do local c = string.char(i) tls.client_hello('\\22\\3\\1\\0' .. c .. '\\1\\0\\0' .. c .. "
      .. "('\\3' .. c):rep(60)) end",
  },
  ["asks ssh about 60 KB without a line end, for ever"] = {
    "local s = 'SSH-2.0-' .. ('x'):rep(60000) while true do ssh.banner(s) end",
    STEPS,
  },
  ["asks dns about pointers in a circle"] = {
    "for _ = 1, 200 do dns.query('\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0' .. '\\192\\12' .. '\\0\\1\\0\\1') end",
  },
  ["asks dns about labels without end"] = {
    "local s = '\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0' .. ('\\63'):rep(60000) while true do dns.query(s) end",
    STEPS,
  },
  ["asks quic about lengths that lie"] = {
    "for i = 0, 255 do local c = string.char(i) quic.initial('\\192\\0\\0\\0\\1' .. c .. ('x'):rep(i) .. c .. "
      .. "('y'):rep(40) .. c) end",
  },
  ["asks for the entropy of 60 KB, for ever"] = {
    "local s = ('ab'):rep(30000) while true do entropy.of(s) end",
    STEPS,
  },
  ["adds 60 KB to a histogram, for ever"] = {
    "local s, h = ('ab'):rep(30000), entropy.histogram() while true do h:add(s) end",
    STEPS,
  },
  ["reads a histogram past its end"] = { "entropy.histogram():count(256)", "byte is a number from 0 to 255" },
  ["reads a histogram before its start"] = { "entropy.histogram():count(-1)", "byte is a number from 0 to 255" },
  ["reads a histogram at nan"] = { "entropy.histogram():count(0 / 0)", "byte is a number from 0 to 255" },
  ["reads a histogram between two"] = { "local _ = entropy.histogram():count(1.5)", false },
  ["indexes a histogram"] = { "return entropy.histogram()[0]", "histogram has no field" },
  ["writes a histogram"] = { "entropy.histogram()._5 = 1", "" },
  ["calls a histogram with a dot"] = { "local h = entropy.histogram() h.add('x')", COLON },
  ["calls a histogram's method on flow"] = { "local h = entropy.histogram() h.total(flow)", COLON },
  ["adds a histogram to itself"] = { "local h = entropy.histogram() h:add(h)", SOURCE },
  ["adds text to statistics"] = { "stats.new():add('x')", "value is a number" },
  ["adds nan to statistics"] = {
    "local s = stats.new() for _ = 1, 20 do s:add(0 / 0) end local _ = s:mean() + s:deviation()",
    false,
  },
  ["adds infinity to statistics"] = {
    "local s = stats.new() for _ = 1, 20 do s:add(math.huge) s:add(-math.huge) end local _ = s:deviation()",
    false,
  },
  ["calls statistics with a dot"] = { "stats.new().add(5)", COLON },
  ["writes statistics"] = { "stats.new().count = 5", "" },
  ["asks for a percentile of nil"] = { "stats.percentile()", "share is a number between 0 and 1" },
  ["asks for a percentile of 1"] = { "stats.percentile(1)", "share is a number between 0 and 1" },
  ["asks for a percentile of nan"] = { "stats.percentile(0 / 0)", "share is a number between 0 and 1" },
  ["adds nan to a percentile"] = {
    "local p = stats.percentile(0.5) for i = 1, 50 do p:add(i % 3 == 0 and 0 / 0 or i) end local _ = p:value()",
    false,
  },
  ["adds infinity to a percentile"] = {
    "local p = stats.percentile(0.5) for i = 1, 50 do p:add(i % 3 == 0 and math.huge or -math.huge) end",
    false,
  },
  ["changes a percentile by hand"] = {
    "local p = stats.percentile(0.5) for i = 1, 50 do p:add(i) end for k in pairs(p) do p[k] = 0 end p:add(1) "
      .. "local _ = p:value()", false,
  },
  ["changes a percentile so that it does not end"] = {
    "local p = stats.percentile(0.5) for i = 1, 9 do p:add(i) end for i = 1, 15 do p[i] = -math.huge end "
      .. "p:add(1)", false,
  },
  ["looks for no tokens"] = { "tokens.new({})", "list has the strings to look for" },
  ["looks for tokens that are not a list"] = { "tokens.new('x')", "list has the strings to look for" },
  ["looks for an empty token"] = { "tokens.new({ '' })", "is not a string with something in it" },
  ["looks for 65 tokens"] = {
    "local t = {} for i = 1, 65 do t[i] = 't' .. i end tokens.new(t)",
    "more than 64 tokens",
  },
  ["looks for a token of 60 KB"] = { "tokens.new({ ('x'):rep(60000) })", "more than 1024 bytes" },
  ["looks for tokens of a table that lies"] = {
    "tokens.new(setmetatable({ 'x' }, { __index = function(_, i) return i < 1e6 and 'y' or nil end, __len = "
      .. "function() return 5 end }))",
  },
  ["looks for tokens of a table without end"] = {
    "tokens.new(setmetatable({ 'x' }, { __index = function() return 'y' end }))",
  },
  ["looks for tokens by a wrong option"] = { "tokens.new({ 'x' }, { ignorecase = true })", "there is no option" },
  ["makes sets of tokens, for ever"] = {
    "local t = {} for i = 1, 64 do t[i] = ('x'):rep(15) end while true do tokens.new(t) end",
    "",
  },
  ["looks for tokens in 60 KB, for ever"] = {
    LONG .. "local t = tokens.new({ 'zz' }) while true do t:find(s) end",
    STEPS,
  },
  ["looks for tokens with a dot"] = { "tokens.new({ 'x' }).find(flow)", COLON },
  ["looks for tokens without a source"] = { "tokens.new({ 'x' }):find()", SOURCE },
  ["compares with a token of 60 KB, for ever"] = { LONG .. "while true do tokens.starts(s, s) end", STEPS },
  ["compares with an invalid token"] = { "tokens.starts(flow, 5)", "text is a string" },
  ["looks for names with a dot"] = { "names.new({ low_priority = 'example.com' }).find('x')", COLON },
  ["looks for names by a number"] = {
    "names.new({ low_priority = 'example.com' }):find(5)",
    "name is a string or nil",
  },
  ["looks for a name of 60 KB of dots"] = { "names.new({ low_priority = 'example.com' }):find(('.'):rep(60000))", "" },
  ["makes names of invalid host names"] = { "names.new({ low_priority = 'a b' })", "which no server has" },
  ["makes names of unknown treatments"] = { "names.new({ fast = 'example.com' })", "has no setting" },
  ["reads settings that are no table"] = { "settings.read(5, {})", "config is what new() was given" },
  ["reads settings that are not declared"] = { "settings.read({ x = 1 }, {})", "has no setting" },
  ["reads settings of a type that is not there"] = { "settings.read({}, { x = { type = 'list' } })", "has the type" },
  ["reads settings that a function checks without end"] = {
    "settings.read({ x = 1 }, { x = { type = 'number', check = function() while true do end end } })", STEPS,
  },
  ["reads settings through a metatable that lies"] = {
    "settings.read(setmetatable({}, { __index = function() while true do end end, __pairs = function() end }), "
      .. "{ x = { type = 'number' } })", false,
  },
  ["reads settings of 9000 keys"] = {
    "local c = {} for i = 1, 9000 do c['k' .. i] = i end settings.read(c, {})", "",
  },
  ["misspells a function of a helper module"] = { "http.requst(flow)", 'did you mean "request"' },
  ["asks a helper module for a table"] = { "return http[{}]", "has no" },
  ["keeps a helper's result for all packets"] = {
    "self.kept = self.kept or {} self.kept[#self.kept + 1] = tls.client_hello(flow)",
  },
}

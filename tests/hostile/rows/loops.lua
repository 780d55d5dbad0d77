--- Endless loops of every form.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"

return {
  ["logs 64 KiB"] = { "local s = ('a'):rep(65535) while true do logger:info(s) end", STEPS },
  ["while true"] = { "while true do end", STEPS },
  ["repeat until false"] = { "repeat until false", STEPS },
  ["goto back"] = { "::again:: goto again", STEPS },
  ["goto back over code"] = { "local n = 0 ::again:: n = n + 1 if n >= 0 then goto again end", STEPS },
  ["goto forth and back"] = { "::a:: goto b ::b:: do goto c end ::c:: goto a", STEPS },
  ["goto continue"] = { "while true do goto continue ::continue:: end", STEPS },
  ["for to infinity"] = { "for _ = 1, math.huge do end", STEPS },
  ["for with step zero"] = { "for _ = 1, 2, 0 do end", STEPS },
  ["for down from infinity"] = { "for i = math.huge, 1, -1 do local _ = i end", STEPS },
  ["for with a tiny step"] = { "for i = 0, 1, 1e-12 do local _ = i end", STEPS },
  ["loops within loops"] = { "for _ = 1, 1e6 do for _ = 1, 1e6 do for _ = 1, 1e6 do end end end", STEPS },
  ["generic for without end"] = { "for _ in function() return 1 end do end", STEPS },
  ["generic for over a closure that counts"] = {
    "local n = 0 for i in function() n = n + 1 return n end do local _ = i end",
    STEPS,
  },
  ["generic for over next of the same table"] = {
    "local t = { 1 } for _ in function() return next(t) end do end",
    STEPS,
  },
  ["pairs of a table that grows"] = { "local t = { 1 } for k in pairs(t) do t[k + 1] = 1 t[1] = 1 if k > 9 then "
    .. "t = {} end end "
    .. "while true do end", STEPS },
  -- Growing a table of millions is a single call of a C function.
  ["ipairs of a table without end"] = { "local t = { 1 } for i in ipairs(t) do t[i + 1] = 1 end", STEPS, c = true },
  ["ipairs over __index"] = { "local t = setmetatable({}, { __index = function(_, i) return i end }) "
    .. "local i = 0 while t[i] do i = i + 1 end", STEPS },
  ["gmatch in a loop"] = { 'while true do for _ in ("abc"):gmatch(".") do end end', STEPS },
  ["while with a function as condition"] = { "local function yes() return true end while yes() do end", STEPS },
  ["while over a comparison"] = { "local n = 0 while n >= 0 do n = n + 1 end", STEPS },
  ["until over a comparison"] = { "local n = 0 repeat n = n + 1 until n < 0", STEPS },
  ["until with a long condition"] = {
    "local n = 1 repeat until n < 0 or n < 0 or n < 0 or n < 0 or n < 0 or n < 0 or n < 0",
    STEPS,
  },
  ["adds numbers"] = { "local x = 0 while true do x = x + 1 end", STEPS },
  ["adds in the fields of self"] = { "while true do self.n = (self.n or 0) + 1 end", STEPS },
  ["adds in flow.state"] = { "while true do flow.state.n = (flow.state.n or 0) + 1 end", STEPS },
  ["waits for flow.finalised"] = { "while not flow.finalised do end", STEPS },
  ["sets flow.finalised"] = { "while true do flow.finalised = true end", STEPS },
  ["reads fields of flow"] = { "while true do local _ = flow.packet_count + flow.tcp_src end", STEPS },
  ["calls methods of flow"] = { "while true do flow:max_packet_size() end", STEPS },
  ["asks for texts of flow"] = { "while true do local _ = flow.ip_src .. flow.client .. flow.server_name end", STEPS },
  ["asks for the payload"] = { "while true do local _ = #flow.payload end", STEPS },
  ["asks for streams"] = { 'while true do local _ = flow:stream("c2s").length + flow:stream("s2c").length end', STEPS },
  ["asks for the text of a stream"] = { 'while true do local _ = flow:stream("c2s").text end', STEPS },
  ["suppresses"] = { "while true do flow:set_suppress_flow() end", STEPS },
  ["calls a function"] = { "local function f(a) return a + 1 end local x = 0 while true do x = f(x) end", STEPS },
  ["calls many functions"] = { "local f = {} for i = 1, 50 do f[i] = function(a) return a + i end end "
    .. "local x, i = 0, 0 while true do i = i % 50 + 1 x = f[i](x) end", STEPS },
  ["makes closures"] = { "while true do local _ = function() return self end end", STEPS },
  ["calls varargs"] = {
    "local function f(...) return select('#', ...) end while true do f(1, 2, 3, 4, 5, 6, 7, 8, 9) end",
    STEPS,
  },
  ["passes many arguments on"] = { "local function f(...) return ... end local t = {} for i = 1, 200 do t[i] = i end "
    .. "while true do f(unpack(t)) end", STEPS },
  ["makes tables"] = { "while true do local _ = { 1, 2, 3, a = 4 } end", STEPS },
  ["makes tables that stay for a while"] = {
    "local t = {} while true do t[#t + 1] = 1 if #t > 99 then t = {} end end",
    STEPS,
  },
  ["makes strings"] = { "local n = 0 while true do n = n + 1 local _ = 'x' .. n end", STEPS },
  ["works with bits"] = { "local n = 1 while true do n = bit.bxor(bit.lshift(n, 13), n) end", STEPS },
  ["works with floats"] = { "local n = 1 while true do n = math.sin(n) + math.exp(n) % 1 + n ^ 0.5 end", STEPS },
  ["compares strings"] = {
    "local a = ('x'):rep(9000) .. '1' local b = ('x'):rep(9000) .. '2' while true do local _ = a < b end",
    STEPS,
  },
  ["takes strings for numbers"] = { "local s = '1.25' while true do local _ = s + s end", STEPS },
  ["turns numbers into strings"] = { "local n = 0 while true do n = n + 0.1 local _ = tostring(n) end", STEPS },
  ["logs"] = { 'while true do logger:error("x") end', STEPS },
  ["logs at a disabled level"] = { 'while true do logger:debug("x %d", 1) end', STEPS },
  ["logs with a format"] = { 'while true do logger:error("%s %d", "x", 1) end', STEPS },
  ["asks all helper modules"] = {
    "while true do http.request(flow) tls.sni(flow) ssh.banner(flow) dns.query(flow) end",
    STEPS,
  },
  ["makes helper objects"] = { "while true do stats.new():add(1) entropy.histogram():add('x') end", STEPS },
  ["adds to a percentile"] = {
    "local p = stats.percentile(0.5) local n = 0 while true do n = n + 1 p:add(n % 97) end",
    STEPS,
  },
  ["indexes through metatables"] = { "local t = {} for _ = 1, 50 do t = setmetatable({}, { __index = t }) end "
    .. "while true do local _ = t.x end", STEPS },
  ["turns in the last of nested blocks"] = { "do do do do while true do do do end end end end end end end", STEPS },
  ["turns in an elseif"] = { "if false then elseif true then while true do end end", STEPS },
  ["turns in a nested function"] = {
    "(function() (function() (function() while true do end end)() end)() end)()",
    STEPS,
  },
  ["turns in a method"] = { "local o = {} function o:run() while true do self.n = 1 end end o:run()", STEPS },
  ["turns in a coroutine of closures"] = { "local a, b function a() return b end function b() return a end "
    .. "local f = a while true do f = f() end", STEPS },
  ["breaks out and begins again"] = { "while true do while true do break end end", STEPS },
  ["turns behind a return that is not reached"] = { "local n = 1 while true do if n == 0 then return end end", STEPS },
}

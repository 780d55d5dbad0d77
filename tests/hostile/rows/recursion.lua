--- Nested calls.
local STEPS = "took more than 500000 steps (classifier_steps), and was stopped here"
local STACK = "stack overflow"

return {
  ["recurses without end"] = { "local function r() return 1 + r() end return r()", STACK },
  ["says how deep it got"] = {
    "local function r() self.depth = (self.depth or 0) + 1 return 1 + r() end "
      .. "if self.depth then local depth = self.depth self.depth = nil error('depth ' .. depth) end "
      .. "local x = r() return x", STACK,
  },
  ["recurses with many locals"] = {
    "local function r(n) local a, b, c, d, e, f, g, h = n, n, n, n, n, n, n, n return r(n + 1) + a + b + c + d "
      .. "+ e + f + g + h "
      .. "end return r(1)", STACK,
  },
  ["recurses with many arguments"] = {
    "local function r(...) return 1 + r(1, ...) end return r()", STACK,
  },
  ["recurses in turns"] = {
    "local a, b function a(n) return 1 + b(n) end function b(n) return 1 + a(n) end return a(1)", STACK,
  },
  ["calls itself in its tail"] = { "local function r() return r() end r()", STEPS },
  ["calls another one in its tail"] = {
    "local a, b function a() return b() end function b() return a() end a()", STEPS,
  },
  ["recurses and comes back, for ever"] = {
    "local function r(n) return n == 0 and 0 or 1 + r(n - 1) end while true do r(50) end", STEPS,
  },
  ["walks a tree of calls"] = { "local function r(n) if n > 0 then r(n - 1) r(n - 1) end end r(60)", STEPS },
  ["recurses through a table"] = { "local t = {} function t.r(n) return 1 + t.r(n) end return t.r(1)", STACK },
  ["recurses through a method"] = { "function self:r() return 1 + self:r() end return self:r()", STACK },
  ["recurses through classifier()"] = { "return self:classifier(flow)", STEPS },
  ["recurses through classifier(), not in its tail"] = { "local x = self:classifier(flow) return x", STACK },
  ["recurses through varargs and select"] = {
    "local function r(...) return (select('#', ...)) + r(...) end return r(1, 2)", STACK,
  },
  ["recurses through closures"] = {
    "local function make(f) return function() return f() + 1 end end local f = function() return 1 end "
      .. "while true do f = make(f) f() end", "",
  },
  ["computes Ackermann's function"] = {
    "local function a(m, n) if m == 0 then return n + 1 elseif n == 0 then return a(m - 1, 1) end "
      .. "return a(m - 1, a(m, n - 1)) end a(4, 2)", "",
  },
}

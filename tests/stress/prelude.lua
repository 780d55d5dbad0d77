--- The top of a random classifier: helper modules, and functions and objects that the pieces of
-- templates.lua use. Each is { feature, text }, included if the feature is on; "" is always on.
return {
  { "", [[
local HIGH, LOW = { qos_treatment = "high_priority" }, { qos_treatment = "low_priority" }
local VERDICTS = { HIGH, LOW, { qos_treatment = "constrained_bw" }, { qos_treatment = "default_priority" } }
local LIST, MAP, TOTAL, LABEL = { 3, 1, 2 }, { a = 1, b = 2, key = 3, k1 = 5, k7 = 8 }, 0, "label"]] },
  { "http", 'local http = require("http")' },
  { "tls", 'local tls, NO_HELLO = require("tls"), {}' },
  { "ssh", 'local ssh = require("ssh")' },
  { "dns", 'local dns = require("dns")' },
  { "quic", 'local quic = require("quic")' },
  { "tokens", [[
local tokens = require("tokens")
local WORDS = tokens.new({ "HTTP/1.1", "OpenSSH", "example", "\22\3", "GET", "xx" }, { ignore_case = true })]] },
  { "entropy", [[
local entropy = require("entropy")
local HISTOGRAM = entropy.histogram()]] },
  { "stats", [[
local stats = require("stats")
local MOMENTS, PERCENTILE = stats.new(), stats.percentile(0.75)]] },
  { "names", [[
local names = require("names")
local NAMES = names.new({ high_priority = { "example.com", "cdn.example.net" }, low_priority = "example.org" })]] },
  { "settings", [[
local SETTINGS = require("settings").read({ flag = true, label = "given", limit = 12 }, {
  flag = { type = "boolean", default = false }, label = { type = "string", default = "" },
  limit = { type = "number", default = 4, min = 1, check = function(n) return n % 2 ~= 0 and "even" or nil end },
})]] },
  { "patterns", 'local REPLACE = { GET = "PUT", example = "sample", a = "b", HTTP = "http" }' },
  { "callbacks", [[
local function shout(text)
  return text:upper() .. "!"
end]] },
  { "sort", [[
local function descending(a, b)
  return a > b
end]] },
  { "closures", [[
local function counter(step)
  local count = 0
  return function(by)
    count = (count + step + by) % 8191
    return count
  end
end
local COUNTER = counter(3)
local function countdown(from)
  return function()
    from = from - 1
    return from > 0 and from or nil
  end
end]] },
  { "new_closures", [[
local function half(x)
  return x / 2
end
local function compose(f, g)
  return function(x)
    return f(g(x))
  end
end
local function each(list, call)
  for i = 1, #list do
    call(list[i])
  end
end]] },
  { "varargs", [[
local function sum(...)
  local all = 0
  for i = 1, select("#", ...) do
    all = all + (select(i, ...) or 0)
  end
  return all
end]] },
  { "recursion", [[
local function depth_first(depth, value)
  if depth <= 0 then
    return value % 8191
  end
  return (depth_first(depth - 1, value + depth) + depth_first(depth - 1, value * 2)) % 8191
end
local is_odd
local function is_even(n)
  if n <= 0 then
    return 1
  end
  return is_odd(n - 1)
end
function is_odd(n)
  if n <= 0 then
    return 0
  end
  return is_even(n - 1)
end
local function fibonacci(n)
  return n < 2 and n or fibonacci(n - 1) + fibonacci(n - 2)
end]] },
  { "metatables", [[
local Vector = {}
Vector.__index = Vector
function Vector.new(x, y)
  return setmetatable({ x = x % 8191, y = y % 8191 }, Vector)
end
function Vector:size()
  return self.x * self.x + self.y * self.y
end
function Vector.__add(a, b)
  return Vector.new(a.x + b.x, a.y + b.y)
end
function Vector.__mul(a, by)
  return Vector.new(a.x * by, a.y * by)
end
function Vector.__unm(a)
  return Vector.new(-a.x, -a.y)
end
function Vector.__eq(a, b)
  return a.x == b.x and a.y == b.y
end
function Vector.__lt(a, b)
  return a.x < b.x
end
function Vector.__le(a, b)
  return a.x <= b.x
end
function Vector.__call(a, x)
  return a.x * x % 8191
end
function Vector.__tostring(a)
  return ("(%d, %d)"):format(a.x, a.y)
end
local ORIGIN = Vector.new(0, 0)
local DEFAULTS = setmetatable({ a = 1 }, { __index = function(_, key)
  return #key
end })
local INSIDE, WRITES = {}, 0
local PROXY = setmetatable({}, { __index = INSIDE, __newindex = function(_, key, value)
  WRITES = WRITES + 1
  INSIDE[key] = value
end })]] },
}

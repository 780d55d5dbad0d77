--- Few steps but much work in C: calls found by an attacker that cost more than they are charged.
-- Each must end by its steps or its CPU time.
local STOPPED = "and was stopped here"

local FILE = "%s\nlocal it = {} function it.new() return { classifier = function(self, flow)\n%s\nend } end return it\n"
local MILLIONS = "local t = { live = 1 } for i = 1, 3000000 do t[i] = 1 end"
local EMPTIED = MILLIONS .. " for i = 1, 3000000 do t[i] = nil end"
local DIGITS = "local s = (' '):rep(65535) .. '1'"
local DIGITS_50 = "local s = {} for i = 1, 50 do s[i] = (' '):rep(65500) .. i end"
local ALIKE = "local s, u = ('a'):rep(65535) .. '1', ('a'):rep(65535) .. '2'"

-- A function of thousands of values.
local ONES = ("1, "):rep(200)
local THOUSANDS = ("local function add(...) return %s... end local function more(...) "
  .. "return add(add(add(add(add(...))))) end local function big(...) return more(more(more(more(...)))) end")
  :format(ONES)

-- Numbers with the same hash in LuaJIT's tables (hashrot() in lj_tab.h): a list of COUNT.
local COLLIDING = [[
local COUNT = 20000
local band, bxor, rol, bor, rsh, lsh, tobit = bit.band, bit.bxor, bit.rol, bit.bor, bit.rshift, bit.lshift, bit.tobit
local list, high = {}, 1
while #list < COUNT do
  local hi = lsh(0x3ff00000 + high, 1)
  local h1 = rol(hi, 14)
  local h2 = rol(h1, 5)
  for free = 0, 4095 do
    local a = band(free, 63)
    local x = bor(a, lsh(rsh(free, 6), 7))
    x = bor(x, lsh(band(bxor(rsh(h2, 19), h2, a), 1), 6))
    for k = 13, 18 do x = bor(x, lsh(band(bxor(rsh(h2, k), rsh(x, k - 13)), 1), k)) end
    for k = 0, 12 do x = bor(x, lsh(band(bxor(rsh(h2, k), rsh(x, k)), 1), 19 + k)) end
    list[#list + 1] = 1 + (high * 2 ^ 32 + bxor(tobit(x + h1), hi) % 2 ^ 32) / 2 ^ 52
  end
  high = high + 1
end]]

-- before: the top of the file; body: of classifier().
local function attack(before, body)
  return { source = FILE:format(before, body), STOPPED, c = true }
end

-- The same statement many times in a row: it may end before its steps are used up.
local function straight(before, statement, count, values)
  local body = "local n, k = 0, {} self.k = k local function h(...) %s end h(%s)"
  local row = attack(before, body:format(statement:rep(count), values or ""))
  row[1] = false
  return row
end

local rows = {
  ["clears and sets fields of a table of millions, in a row"] =
    straight(MILLIONS, "t.a = 1 t.a = nil t.b = 1 t.b = nil ", 3000),
  ["clears fields of a table of millions"] =
    attack(MILLIONS, "while true do t.a = nil t.b = nil t.c = nil t.d = nil t.e = nil t.f = nil end"),
  ["makes a table of millions grow and shrink"] =
    attack(MILLIONS, "local n = 0 while true do n = n + 1 t[-n] = 1 t[-n] = nil end"),
  ["next of an emptied table of millions"] = attack(EMPTIED, "while true do next(t) next(t) next(t) end"),
  ["pairs of an emptied table of millions"] = attack(EMPTIED, "while true do for _ in pairs(t) do end end"),
  ["maxn of an emptied table of millions"] = attack(EMPTIED, "while true do table.maxn(t) end"),
  ["length of an emptied table of millions"] = attack(EMPTIED, "while true do local _ = #t end"),
  ["puts in keys that collide"] =
    attack(COLLIDING, "while true do local t = {} for i = 1, COUNT do t[list[i]] = 1 end end"),
  ["reads a key that collides"] = attack(
    COLLIDING .. " local t, done = {}, 0",
    "while done < COUNT do done = done + 1 t[list[done]] = 1 end local k = list[COUNT] while true do local _ = t[k] end"
  ),
  ["reads keys that are missing and collide"] = attack(
    COLLIDING .. " local t, done = {}, 0",
    "while done < COUNT - 9 do done = done + 1 t[list[done]] = 1 end while true do local _ = t[list[COUNT]] end"
  ),

  ["bor of thousands of long texts"] =
    attack(DIGITS .. " local t = {} for i = 1, 4096 do t[i] = s end", "while true do bit.bor(unpack(t)) end"),
  ["bor of thousands of long texts, without unpack"] = attack(
    DIGITS .. (" local function add(...) return %s... end"):format(("s, "):rep(200))
      .. " local function big() return add(add(add(add(add(add(add(add(add(add()))))))))) end",
    "while true do bit.bor(big()) end"
  ),
  ["max of long texts"] = attack(DIGITS_50, "local n, max = 0, math.max while true do for i = 1, 43, 7 do "
    .. "n = max(s[i], s[i + 1], s[i + 2], s[i + 3], s[i + 4], s[i + 5], s[i + 6], n) end end"),
  ["floor of long texts"] = attack(DIGITS_50, "while true do for i = 1, 50 do math.floor(s[i]) end end"),
  ["tonumber of long texts"] =
    attack(DIGITS_50, "while true do for i = 1, 50 do local _ = tonumber(s[i]) + tonumber(s[51 - i]) end end"),
  ["tonumber of a long text, in a row"] = straight(DIGITS, "tonumber(s) ", 5000),
  ["adds long texts"] = attack(DIGITS_50, "local n = 0 while true do for i = 1, 50 do n = n + s[i] end end"),
  ["adds a long text, in a row"] = straight(DIGITS, "n = n + s ", 5000),
  ["negates a long text, in a row"] = straight(DIGITS, "n = -s ", 5000),
  ["for over long texts"] = attack(DIGITS, "while true do for _ = s, s, s do end for _ = s, s, s do end end"),
  ["compares long texts that are alike"] = attack(ALIKE, "local n = 0 while true do if s < u then n = n + 1 end end"),
  ["compares long texts in turns"] =
    attack(ALIKE .. " s = { s, u }", "local i = 1 while true do local _ = s[i] <= s[3 - i] i = 3 - i end"),
  ["compares long texts, in a row"] = straight(ALIKE, "n = s < u ", 5000),

  ["selects of thousands of values"] =
    attack(THOUSANDS, "local n = 0 local function h(...) while true do n = n + select(2, ...) end end h(big())"),
  ["makes tables of thousands of values"] =
    attack(THOUSANDS, "local function h(...) while true do self.g = { ... } end end h(big())"),
  ["passes thousands of values on"] = attack(THOUSANDS, "while true do select('#', big()) end"),
  ["keeps tables of thousands of values, in a row"] = straight(THOUSANDS, "k[#k + 1] = { ... } ", 3000, "big()"),
  ["makes histograms, in a row"] = straight('local H = require("entropy").histogram', "H() ", 20000),
  ["keeps histograms, in a row"] = straight('local H = require("entropy").histogram', "k[#k + 1] = H() ", 9000),
  ["makes garbage beside much that it keeps"] = attack(
    "local kept = {} for i = 1, 500000 do kept[i] = { i } end",
    "while true do self.g = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {} } end"
  ),
}

for _, what in ipairs({
  "adds a long text, in a row", "adds long texts", "bor of thousands of long texts",
  "bor of thousands of long texts, without unpack", "clears and sets fields of a table of millions, in a row",
  "clears fields of a table of millions", "floor of long texts", "makes a table of millions grow and shrink",
  "max of long texts", "maxn of an emptied table of millions", "negates a long text, in a row",
  "next of an emptied table of millions", "pairs of an emptied table of millions", "puts in keys that collide",
  "reads keys that are missing and collide",
}) do
  rows[what].apart = true
end
for _, what in ipairs({
  "compares long texts in turns", "compares long texts, in a row", "makes garbage beside much that it keeps",
  "makes histograms, in a row", "makes tables of thousands of values", "passes thousands of values on",
  "reads a key that collides",
}) do
  rows[what].slow = true
end
rows["keeps tables of thousands of values, in a row"].memory = true
rows["keeps histograms, in a row"].memory = true
return rows

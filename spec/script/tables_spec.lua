--- The library table of classifiers, and unpack(): agreement with LuaJIT's, and bounds.
local charged, rest

local steps = {
  STRING_MAX = 1000,
  charge = function(count)
    charged = charged + count
    if charged > rest then
      error("too many steps", 0)
    end
  end,
  rest = function()
    return rest - charged
  end,
  charge_conversion = function(text)
    charged = charged + 16 + #text / 64
  end,
}

local function part(name, ...)
  return assert(loadfile("core/script/lua/" .. name))(nil, steps, ...)
end

local tables = part("tables.lua", part("sort.lua"))
local real = { unpack = unpack }
for name in pairs(tables) do
  real[name] = real[name] or table[name]
end

-- A function that calls library[name] with the arguments in the source text, like a script.
-- Returns the results or the error, and t, which the arguments may use.
local function caller(library, name, arguments)
  local text = ([[local %s = ...
    return function(t)
      local results = {}
      local function keep(...) results.n = select("#", ...) for i = 1, results.n do results[i] = select(i, ...) end end
      keep(%s(%s))
      return results
    end]]):format(name, name, arguments)
  return assert(loadstring(text, "=script"))(library[name])
end

local function outcome(library, name, content, arguments)
  local t = assert(loadstring("return {" .. content .. "}"))()
  local fine, results = pcall(caller(library, name, arguments), t)
  return { fine = fine, results = results, t = t }
end

local CONTENTS = {
  "", "1", "3, 1, 2", "'b', 'a', 'c', 'a'", "1, 'a', 2", "0.5, -1e100, 7, 2^60", "{}, 1", "true, false", "x = 1, 5, 4",
}

-- Arguments, by name of the function.
local SAME = {
  insert = {
    "", "nil", "5", "'x'", "t", "t, 1, 2, 3", "t, 9", "t, nil", "t, 1, 9", "t, #t + 1, 9", "t, '1', 9", "t, 1, nil",
    "t, {}, 1", "t, 'x', 1", "t, nil, 1", "t, true, 1", "t, 1.5, 9",
  },
  remove = {
    "", "nil", "5", "t", "t, nil", "t, 1", "t, #t", "t, '1'", "t, #t + 1", "t, {}", "t, 'x'", "t, false",
  },
  concat = {
    "", "nil", "5", "t", "t, ','", "t, nil", "t, 7", "t, {}", "t, true", "t, ',', 1", "t, ',', 2", "t, ',', 2, 2",
    "t, ',', '2', '1'", "t, ',', 0", "t, ',', 1, 4", "t, ',', 'x'", "t, ',', 1, {}", "t, ',', nil, 1", "t, '', 3, 2",
    "t, ',', 1.5",
  },
  maxn = { "", "nil", "5", "t" },
  sort = { "", "nil", "5", "t, 5", "t, {}", "t, 'x'" },
  unpack = {
    "", "nil", "5", "t", "t, 1", "t, 2", "t, 2, 2", "t, '2'", "t, nil, 2", "t, 1, 9", "t, -1, 1", "t, 3, 1", "t, 'x'",
    "t, 1, {}", "t, 1.5",
  },
}

local TOO_LONG = "table.concat: the result would have 1001 bytes; the limit is 1000"

-- Calls that LuaJIT executes or attempts: function, contents of the table, arguments, and our
-- error.
local OTHER = {
  { "insert", "1, 2", "t, 4, 9", "table.insert: position 4 is outside 1 to 3" },
  { "insert", "", "t, -1000000000, 1", "table.insert: position -1000000000 is outside 1 to 1" },
  { "insert", "", "t, 0, 1", "table.insert: position 0 is outside 1 to 1" },
  { "insert", "", "t, 0/0, 1", "table.insert: position nan is outside 1 to 1" },
  { "insert", "", "t, 1e300, 1", "table.insert: position 1e+300 is outside 1 to 1" },
  { "remove", "1, 2", "t, 4", "table.remove: position 4 is outside 1 to 2" },
  { "remove", "1, 2", "t, 0", "table.remove: position 0 is outside 1 to 2" },
  { "remove", "1, 2", "t, -math.huge", "table.remove: position -inf is outside 1 to 2" },
  { "concat", "('x'):rep(500), ('y'):rep(500), 1", "t", TOO_LONG },
  { "concat", "1, 2, 3", "t, ('x'):rep(499)", TOO_LONG },
  { "concat", "1", "t, '', -math.huge, 5", "bad argument #3 to 'concat' (number expected, got -inf)" },
  { "concat", "1", "t, '', 1, 2^40", "bad argument #4 to 'concat' (number expected, got 1099511627776)" },
  { "unpack", "", "t, 1, 4097", "unpack: the result would have 4097 values; the limit is 4096" },
  { "unpack", "", "t, -2^31 + 2, 2^31 - 2", "unpack: the result would have 4294967293 values; the limit is 4096" },
  { "unpack", "", "t, 0/0", "bad argument #2 to 'unpack' (number expected, got nan)" },
}

local function random_list(count, make)
  local list, seed = {}, count
  for i = 1, count do
    seed = (seed * 1103515245 + 12345) % 2 ^ 31
    list[i] = make(math.floor(seed / 65536))
  end
  return list
end

local function copy(list)
  local result = {}
  for i = 1, #list do
    result[i] = list[i]
  end
  return result
end

local COUNTS = { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 65, 200, 1000 }

describe("the library table", function()
  before_each(function()
    charged, rest = 0, math.huge
  end)

  for name, calls in pairs(SAME) do
    for _, arguments in ipairs(calls) do
      it(("does %s(%s) like LuaJIT"):format(name, arguments), function()
        for _, content in ipairs(CONTENTS) do
          local expected = outcome(real, name, content, arguments)
          assert.same(expected, outcome(tables, name, content, arguments), content)
        end
      end)
    end
  end

  for _, case in ipairs(OTHER) do
    it(("bounds %s(%s) of { %s }"):format(case[1], case[3], case[2]), function()
      local got = outcome(tables, case[1], case[2], case[3])
      assert.same({ fine = false, results = "script:5: " .. case[4] }, { fine = got.fine, results = got.results })
    end)
  end

  for what, make in pairs({
    numbers = function(number) return number % 50 end,
    ["long numbers"] = function(number) return number / 7 end,
    strings = function(number) return "s" .. number % 300 end,
  }) do
    it("sorts " .. what, function()
      for _, count in ipairs(COUNTS) do
        local one, other = random_list(count, make), random_list(count, make)
        tables.sort(one)
        table.sort(other)
        assert.same(other, one)
      end
    end)
  end

  it("sorts in descending order, and a sorted list", function()
    for _, count in ipairs(COUNTS) do
      local one = random_list(count, function(number) return number end)
      local expected = copy(one)
      table.sort(expected)
      tables.sort(one)
      tables.sort(one)
      assert.same(expected, one)
      tables.sort(one, function(a, b) return a > b end)
      for i = 1, count do
        assert.equal(expected[count + 1 - i], one[i])
      end
    end
  end)

  it("keeps the order of equal elements", function()
    for _, count in ipairs(COUNTS) do
      local list = random_list(count, function(number) return { key = number % 5 } end)
      for i, item in ipairs(list) do
        item.place = i
      end
      tables.sort(list, function(a, b) return a.key < b.key end)
      for i = 2, count do
        local a, b = list[i - 1], list[i]
        assert.is_true(a.key < b.key or a.key == b.key and a.place < b.place)
      end
    end
  end)

  for what, less in pairs({
    ["always returns true"] = function() return true end,
    ["always returns false"] = function() return false end,
    ["is cyclic"] = (function()
      local turn = 0
      return function()
        turn = turn + 1
        return turn % 3 == 0
      end
    end)(),
    ["empties the table"] = function(a, b, t)
      return (a * 7919) % 13 < (b * 104729) % 13
    end,
  }) do
    it("calls a comparison that " .. what .. " at most n log n times, and keeps all elements", function()
      for _, count in ipairs(COUNTS) do
        local list, asked = random_list(count, function(number) return number end), 0
        local expected = copy(list)
        tables.sort(list, function(...)
          asked = asked + 1
          return less(...)
        end)
        assert.is_true(asked <= count * math.max(4, math.log(count) / math.log(2)))
        table.sort(list)
        table.sort(expected)
        assert.same(expected, list)
      end
    end)
  end

  it("leaves a table unchanged if it cannot be sorted", function()
    for bad, message in pairs({
      [{ 3, 1, "a", 2 }] = "attempt to compare string with number",
      [{ 3, 1, true, 2 }] = "attempt to compare boolean with number",
      [{ {}, {} }] = "attempt to compare two table values",
    }) do
      local before = copy(bad)
      local _, problem = pcall(tables.sort, bad)
      assert.equal(message, problem:match("attempt.*"))
      assert.same(before, bad)
    end
  end)

  it("lets a comparison sort, and change the table", function()
    local list = { 3, 1, 2 }
    tables.sort(list, function(a, b)
      local other = { 2, 1 }
      tables.sort(other)
      list[1] = nil
      return a < b
    end)
    assert.same({ 1, 2, 3 }, list)
  end)

  it("ignores metatables", function()
    local function refuse()
      error("asked")
    end
    local t = setmetatable({ 2, 1 }, { __index = refuse, __newindex = refuse, __len = refuse })
    tables.insert(t, 3)
    tables.insert(t, 1, 0)
    tables.sort(t)
    assert.equal("0,1,2,3", tables.concat(t, ","))
    assert.equal(3, tables.remove(t))
    assert.equal(0, tables.remove(t, 1))
    assert.same({ 1, 2 }, { tables.unpack(t) })
    assert.equal(2, tables.maxn(t))
  end)

  for what, case in pairs({
    ["an element that is inserted in front"] = { 250, function(t) tables.insert(t, 1, 0) end },
    ["an element that is appended"] = { 0, function(t) tables.insert(t, 0) end },
    ["an element that is removed in front"] = { 249.75, function(t) tables.remove(t, 1) end },
    ["the last element"] = { 0, function(t) tables.remove(t) end },
    ["values"] = { 250, function(t) tables.unpack(t) end },
    ["the largest key"] = { 250, function(t) tables.maxn(t) end },
    ["elements that are sorted"] = { 500 + 250 * 8, function(t) tables.sort(t) end },
    ["elements that are joined"] = { 50 + 590 / 64, function(t) tables.concat(t, ",", 1, 200) end },
  }) do
    it("charges for " .. what, function()
      local t = random_list(1000, function(number) return number % 90 + 10 end)
      rest = 1e6
      case[2](t)
      assert.is_true(charged >= case[1] and charged <= case[1] * 1.01 + 3, charged)
    end)
  end

  it("charges for long strings that are compared", function()
    local list = random_list(100, function(number) return ("x"):rep(6400) .. number end)
    rest = 1e6
    tables.sort(list)
    assert.is_true(charged >= 100 * 100 * 7)
  end)

  for what, call in pairs({
    ["to move"] = function(t) tables.insert(t, 1, 0) end,
    ["to remove"] = function(t) tables.remove(t, 1) end,
    ["to sort"] = function(t) tables.sort(t, error) end,
    ["to join"] = function(t) tables.concat(t) end,
    ["to join behind them"] = function() tables.concat({ "" }, "", 1, 1e9) end,
    ["to count"] = function(t) tables.maxn(t) end,
    ["to unpack"] = function(t) tables.unpack(t, 1, 1000) end,
  }) do
    it("stops before it has too much " .. what, function()
      local t = random_list(10000, function() return "" end)
      rest = 100
      local _, problem = pcall(call, t)
      assert.equal(what == "to join behind them" and "invalid value (nil) at index 2 in table for 'concat'"
        or "too many steps", problem:match("too many steps") or problem:match("invalid.*"))
      assert.equal(10000, #t)
    end)
  end
end)

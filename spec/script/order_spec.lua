--- pairs() and next() of classifiers: the order of keys, and changes of a table during a loop.
local charged -- steps charged since a test began
local allowed = math.huge

local steps = {
  STRING_MAX = 2 ^ 18,
  charge = function(count)
    charged = charged + count
    if charged > allowed then
      error("too many steps", 0)
    end
  end,
  rest = function()
    return allowed - charged
  end,
}

local function part(name, ...)
  return assert(loadfile("core/script/lua/" .. name))(nil, steps, ...)
end

local new_order = part("order.lua", part("sort.lua"))
local order = new_order()
local pairs_of, next_of = order.pairs, order.next

local RANKS = { number = 2, string = 3, boolean = 4 }

local function rank(key)
  return type(key) == "number" and key > 0 and key == math.floor(key) and key < math.huge and 1
    or RANKS[type(key)] or 5
end

-- The specified order, implemented independently of the program.
local function comes_before(one, other)
  if rank(one) ~= rank(other) then
    return rank(one) < rank(other)
  elseif type(one) == "boolean" then
    return one == false and other == true
  end
  return one < other
end

local function keys_in_order(t)
  local keys = {}
  for key in next, t do
    keys[#keys + 1] = key
  end
  table.sort(keys, comes_before)
  return keys
end

local function keys_by_pairs(t)
  local keys = {}
  for key, value in pairs_of(t) do
    assert(value == t[key])
    keys[#keys + 1] = key
  end
  return keys
end

local function keys_by_next_loop(t)
  local keys, next = {}, next_of -- under this name, since the parser recognises it
  for key, value in next, t do
    assert(value == t[key])
    keys[#keys + 1] = key
  end
  return keys
end

local function keys_by_calls(t)
  local keys = {}
  local key, value = next_of(t)
  while key ~= nil do
    assert(value == t[key])
    keys[#keys + 1] = key
    key, value = next_of(t, key)
  end
  return keys
end

local WAYS = {
  ["pairs()"] = keys_by_pairs,
  ["a loop over next"] = keys_by_next_loop,
  ["calls of next()"] = keys_by_calls,
}

local object = {}

-- Keys in their required order.
local ORDERS = {
  ["an empty table"] = {},
  ["one string"] = { "a" },
  ["strings"] = { "", "A", "B", "a", "a\0", "a\0b", "aa", "b", "\127", "\128", "\255" },
  ["many strings"] = (function()
    local keys = {}
    for i = 1, 300 do
      keys[i] = ("key %03d"):format(i)
    end
    return keys
  end)(),
  ["seventeen strings"] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q" },
  ["a list"] = { 1, 2, 3, 4, 5 },
  ["a list and strings"] = { 1, 2, 3, "a", "b" },
  ["a list that begins at 0"] = { 1, 2, 3, 0 },
  ["a list that begins at 2"] = { 2, 3, 4 },
  ["numbers with gaps"] = { 5, 6, 9, 10, 11, 2 ^ 40 },
  ["a list with a gap"] = { 1, 2, 4, 5, "a" },
  ["whole numbers before others"] = { 1, 2, 7, 2 ^ 53, 2 ^ 60, -math.huge, -3, -0.5, 0, 0.5, 1.5, 6.5, math.huge },
  ["booleans"] = { false, true },
  ["all types"] = { 1, 2, 4, -1, 0.5, "1", "a", false, true, object },
  ["false and a function"] = { false, print },
  ["a table alone"] = { object },
}

-- Values are numbers; keys are assigned in reverse order.
local function table_of(keys)
  local t = {}
  for i = #keys, 1, -1 do
    t[keys[i]] = i
  end
  return t
end

local NO_ORDER = "^spec/script/order_spec%%.lua:%%d+: %s: two keys that are tables, functions or cdata have no order "

local function count_of(t, ...)
  local count = 0
  for _ in pairs_of(t, ...) do
    count = count + 1
  end
  return count
end

local function problem_of(call, ...)
  return select(2, pcall(call, ...))
end

-- Pseudo-random numbers, the same in every run.
local function generator(seed)
  return function(most)
    seed = (seed * 1103515245 + 12345) % 2 ^ 31
    return math.floor(seed / 65536) % most + 1
  end
end

local function random_key(random)
  local kind = random(10)
  if kind <= 4 then
    return random(12)
  elseif kind <= 8 then
    return string.char(96 + random(26)):rep(random(2))
  end
  return ({ -1, 0, 0.5, 1.5, false, true, 1e300, "" })[random(8)]
end

local function random_table(random)
  local t = {}
  for i = 1, random(40) - 1 do
    t[random_key(random)] = i
  end
  for i = 1, (random(3) - 1) * 4 do
    t[i] = i
  end
  for _ = 1, random(6) - 1 do
    t[random_key(random)] = nil
  end
  return t
end

-- Walks through t; change(t, key, cleared) modifies it at each turn, and adds keys only if adds
-- is true. Keys must ascend, and unless keys are added, those present at their turn must all
-- appear. A key that is cleared and assigned again may or may not appear.
local function check_walk(t, iterate, change, adds)
  local expected, cleared = keys_in_order(t), {}
  local at, before = 1, nil
  local function may_be_left_out(key)
    return t[key] == nil or cleared[key]
  end
  for key, value in iterate(t) do
    assert(value ~= nil and value == t[key])
    assert(before == nil or comes_before(before, key))
    while at <= #expected and comes_before(expected[at], key) do
      assert(may_be_left_out(expected[at]), "a key was left out")
      at = at + 1
    end
    if expected[at] == key then
      at = at + 1
    else
      assert(adds, "a key that was not there")
    end
    before = key
    change(t, key, cleared)
  end
  for i = at, #expected do
    assert(may_be_left_out(expected[i]), "a key was left out at the end")
  end
end

describe("the order of tables", function()
  before_each(function()
    charged, allowed = 0, math.huge
  end)

  for what, keys in pairs(ORDERS) do
    for way, keys_by in pairs(WAYS) do
      it(("holds for %s, by %s"):format(what, way), function()
        assert.same(keys, keys_by(table_of(keys)))
      end)
    end

    it("gives the first of " .. what, function()
      local t = table_of(keys)
      local key, value = next_of(t)
      assert.equal(keys[1], key)
      assert.equal(keys[1] ~= nil and t[keys[1]] or nil, value)
    end)
  end

  it("does not depend on earlier contents of the table", function()
    local t = {}
    for i = 1, 100 do
      t["x" .. i], t[i] = i, i
    end
    for i = 1, 100 do
      t["x" .. i], t[i] = nil, nil
    end
    t.b, t[3], t.a, t[1], t[2] = 1, 1, 1, 1, 1
    assert.same({ 1, 2, 3, "a", "b" }, keys_by_pairs(t))
    assert.same({ 1, 2, 3, "a", "b" }, keys_by_calls(t))
  end)

  it("ignores metatables", function()
    local t = setmetatable({ b = 1, a = 2 }, {
      __index = function()
        error("asked")
      end,
      __pairs = error,
      __len = error,
    })
    assert.same({ "a", "b" }, keys_by_pairs(t))
    assert.same({ "a", "b" }, keys_by_calls(t))
    local list = setmetatable({ 1, 2 }, getmetatable(t))
    assert.same({ 1, 2 }, keys_by_pairs(list))
  end)

  it("lets keys be cleared before, at and after their turn", function()
    for _, keys in pairs(ORDERS) do
      local t = table_of(keys)
      for key in pairs_of(t) do
        t[key] = nil
      end
      assert.is_nil(next(t))
      for cleared = 1, #keys do
        for turn = 1, #keys do
          local expected, seen, count = {}, {}, 0
          for i = 1, #keys do
            if i ~= cleared or i <= turn then
              expected[#expected + 1] = keys[i]
            end
          end
          t = table_of(keys)
          for key in pairs_of(t) do
            count = count + 1
            seen[#seen + 1] = key
            if count == turn then
              t[keys[cleared]] = nil
            end
          end
          assert.same(expected, seen)
          if #keys > 20 then
            break
          end
        end
      end
    end
  end)

  it("shows values assigned during the loop", function()
    local t, seen = { a = 1, b = 1, c = 1, d = 1 }, {}
    for key, value in pairs_of(t) do
      seen[#seen + 1] = key .. value
      t.c, t.a = 2, 2
    end
    assert.same({ "a1", "b1", "c2", "d1" }, seen)
  end)

  it("does not show strings that are assigned in a loop over strings", function()
    local t = { a = 1, b = 1 }
    for key in pairs_of(t) do
      t[key .. "x"], t.A = 1, 1
    end
    assert.same({ "A", "a", "ax", "b", "bx" }, keys_in_order(t))
  end)

  it("shows elements appended to a list during the loop", function()
    local t, seen = { 1, 2 }, {}
    for key in pairs_of(t) do
      seen[#seen + 1] = key
      if #t < 5 then
        t[#t + 1] = 1
      end
    end
    assert.same({ 1, 2, 3, 4, 5 }, seen)
  end)

  it("holds for nested loops over the same table, and after a break", function()
    local tables = { { a = 1, b = 1, c = 1 }, { 1, 2, a = 1, b = 1 }, { 1, 2, 3 }, { [3] = 1, [4] = 1, [6] = 1 } }
    for _, t in ipairs(tables) do
      local keys, seen = keys_in_order(t), {}
      for one in pairs_of(t) do
        for other in next_of, t do
          for third in pairs_of(t) do
            if third == keys[2] then
              break
            end
            seen[#seen + 1] = third
          end
          if other == one then
            break
          end
          seen[#seen + 1] = other
        end
        seen[#seen + 1] = one
      end
      local expected = {}
      for i = 1, #keys do
        for k = 1, i do
          expected[#expected + 1] = keys[1]
          expected[#expected + 1] = k < i and keys[k] or nil
        end
        expected[#expected + 1] = keys[i]
      end
      assert.same(expected, seen)
    end
  end)

  it("is that of the current table after a loop that was left", function()
    local t = { c = 1, a = 1, d = 1 }
    for key in next_of, t do
      if key == "c" then
        break
      end
    end
    t.a, t.d, t.f, t.e = nil, nil, 1, 1
    assert.same({ "c", "e", "f" }, keys_by_next_loop(t)) -- continues where the other loop was left
    t = { 1, [5] = 1, [9] = 1 }
    for key in next_of, t do
      if key == 5 then
        break
      end
    end
    t[9], t.x, t[2], t[3], t[4] = nil, 1, 1, 1, 1
    assert.same({ 1, 2, 3, 4, 5, "x" }, keys_by_next_loop(t))
  end)

  it("lets next() begin anywhere, also after a removed key", function()
    local t = { 1, 2, 4, b = 1, d = 1 }
    t[3], t[4] = nil, 1
    for _, case in ipairs({
      { 0, "b" }, { 1, 2 }, { 2, 4 }, { 3, 4 }, { 3.5, "b" }, { 4, "b" }, { 99, "b" }, { "", "b" }, { "b", "d" },
      { "c", "d" }, { "d", nil }, { "e", nil }, { false, nil }, { {}, nil },
    }) do
      assert.equal(case[2], (next_of(t, case[1])))
      assert.equal(case[2] and t[case[2]], (select(2, next_of(t, case[1]))))
    end
  end)

  it("raises an error for keys without an order", function()
    local two = { [{}] = 1, [{}] = 2, a = 1 }
    for _, t in ipairs({ two, { [{}] = 1, [print] = 2 }, { [1LL] = 1, [2LL] = 1, [false] = 1 } }) do
      assert.matches(NO_ORDER:format("pairs"), problem_of(count_of, t))
    end
    assert.matches(NO_ORDER:format("pairs"), problem_of(keys_by_pairs, two))
    assert.matches(NO_ORDER:format("next"), problem_of(keys_by_calls, { [{}] = 1, [print] = 2 }))
    assert.matches(NO_ORDER:format("next"), problem_of(keys_by_calls, two))
    assert.matches(NO_ORDER:format("next"), problem_of(count_of, { 1, 2, [{}] = 1, [print] = 2 }))
    assert.equal("a", (next_of(two)))
  end)

  for value, message in pairs({
    ["nil"] = "(table expected, got nil)",
    ["5"] = "(table expected, got number)",
    ["'x'"] = "(table expected, got string)",
  }) do
    it("raises an error for " .. value, function()
      for name, call in pairs(order) do
        local chunk = assert(loadstring(("local %s = ... local x = %s(%s)"):format(name, name, value), "=script"))
        local _, problem = pcall(chunk, call)
        assert.equal(("script:1: bad argument #1 to '%s' %s"):format(name, message), problem)
      end
    end)
  end

  it("charges a loop over next at most n log n", function()
    for _, make in ipairs({
      function(i) return "key " .. i end,
      function(i) return 2 * i end,
      function(i) return 3 * i - i % 2 end,
      function(i) return i < 1000 and i or "key " .. i end,
    }) do
      local t = {}
      for i = 1, 2000 do
        t[make(i)] = i
      end
      charged = 0
      assert.equal(2000, #keys_by_next_loop(t))
      assert.is_true(charged > 0 and charged < 2000 * 12 / 4 + 3000)
    end
  end)

  it("charges for sorted keys, but not for a few", function()
    count_of({ a = 1, b = 2, c = 3 })
    next_of({ a = 1, b = 2, c = 3 })
    assert.equal(0, charged)
    count_of(table_of(ORDERS["many strings"]))
    assert.is_true(charged > 300 and charged < 1000)
  end)

  it("charges for long keys", function()
    local t = {}
    for _, count in ipairs({ 2, 10, 100 }) do
      for i = 1, count do
        t[("x"):rep(6400) .. i] = i
      end
      for way, keys_by in pairs(WAYS) do
        charged = 0
        assert.equal(count, #keys_by(t))
        assert.is_true(charged >= 100 * count, way)
      end
      charged = 0
      next_of(t)
      assert.is_true(charged >= 100 * count)
    end
  end)

  it("is free for the first key of a list or an empty table", function()
    local list = {}
    for i = 1, 1000 do
      list[i] = i
    end
    for _ = 1, 10 do
      next_of(list)
      next_of({})
    end
    assert.equal(0, charged)
  end)

  it("ends a walk over a forged list", function()
    local iterate = pairs_of({ a = 1, b = 2 })
    allowed = 1000
    for _, forged in ipairs({
      setmetatable({ at = 0, table = {} }, { __index = type }),
      { at = 2 ^ 53, table = {}, [2 ^ 53] = "x" },
    }) do
      charged = 0
      assert.equal("too many steps", problem_of(iterate, forged))
    end
  end)

  it("does not keep tables alive", function()
    local watched = setmetatable({}, { __mode = "v" })
    local function leave()
      local t = { c = 1, a = 1, b = 1 }
      local key = {}
      t[key] = 1
      key.back = t
      watched[1], watched[2] = t, key
      for _ in next_of, t do
        if next_of(t, "b") then
          break
        end
      end
    end
    leave()
    collectgarbage()
    collectgarbage()
    assert.is_nil(watched[1])
    assert.is_nil(watched[2])
  end)

  it("is independent of other classifiers", function()
    local function look(other)
      local t, keys = { c = 1, a = 1, e = 1, g = 1 }, {}
      local key = next_of(t)
      for turn = 1, 3 do
        keys[turn] = key
        key = next_of(t, key)
        t["f" .. turn] = 1
        for i = 1, 10 do
          for _ in other.next, { x = i, y = i } do
            other.next({ x = 1, y = 2 }, "x")
          end
        end
      end
      return keys
    end
    assert.same(look(order), look(order))
    assert.same(look(new_order()), look(new_order()))
  end)

  -- Compiled code of Debian 12's LuaJIT compares numbers from next() with a location that a later
  -- call overwrites.
  it("holds for numbers that compiled code compares", function()
    local fresh_next = part("order.lua", part("sort.lua"))().next -- not yet compiled
    jit.flush()
    local lists = { { 1, 2, 3 }, { 1, 2, 3 }, { 1, 2, 3, 4, 5 } }
    lists[2][1], lists[3][1], lists[3][2], lists[3][3] = nil, nil, nil, nil
    local first, wrong = { { 1 }, { 2 }, { 4 } }, 0
    local function compare(list, expected)
      for key in fresh_next, list do -- luacheck: ignore 512
        wrong = wrong + (expected[1] == key and 0 or 1)
        break
      end
    end
    for i = 1, 3000 do
      local which = i < 300 and 1 or i % 3 + 1
      compare(lists[which], first[which])
    end
    assert.equal(0, wrong)
  end)

  for mode, switch in pairs({ compiled = jit.on, interpreted = jit.off }) do
    it("holds for random tables that change, " .. mode, function()
      finally(function()
        jit.on()
      end)
      switch()
      local random = generator(42)
      local ways = { pairs_of, function(t) return next_of, t end }
      for turn = 1, 3000 do
        local t = random_table(random)
        assert.same(keys_in_order(t), keys_by_pairs(t))
        assert.same(keys_in_order(t), keys_by_calls(t))
        local adds = turn % 2 == 0
        check_walk(t, ways[turn % 3 == 0 and 1 or 2], function(changing, at, cleared)
          local key = random(4) == 1 and at or random_key(random)
          if random(3) == 1 then
            changing[key], cleared[key] = nil, true
          end
          key = random_key(random)
          -- Appending to a list would never end.
          if random(3) == 1 and (changing[key] ~= nil or adds and type(key) ~= "number") then
            changing[key] = turn
          end
        end, adds)
      end
    end)
  end
end)

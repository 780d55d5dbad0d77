--- The libraries math and bit of classifiers: agreement with LuaJIT's, and bounds.
local charged

local steps = {
  charge = function(count)
    charged = charged + count
  end,
  charge_conversion = function(text)
    charged = charged + 16 + #text / 64
  end,
}

local function part(name, ...)
  return assert(loadfile("core/script/lua/" .. name))(...)
end

local numbers = part("numbers.lua", steps, part)

-- Arguments of each function, as Lua source.
local GIVEN = { "", "nil", "0", "-1.5", "7, 2", "2, 3", "'12', '3'", "'x', 1", "1, {}", "true", "1, 2, 3",
  "6, '5', 4", "1, nil, 2", "1, 2, 3, 4, 5, 6", "7, 6, 5, 4, 3, 2, 1", "1, 2, 3, 4, 5, 6, 7, '8', 9",
  "1, 2, 3, 4, 5, 6, 7, 8, {}", "5ULL, 4" }

local FUNCTIONS = { bit = {}, math = {} }
for library, names in pairs(FUNCTIONS) do
  for name, value in pairs(require(library)) do
    if type(value) == "function" and not name:find("^random") then
      names[#names + 1] = name
    end
  end
end

local function outcome(call, given)
  local text = ("local f = ... return function() return { n = select('#', f(%s)), f(%s) } end"):format(given, given)
  local fine, result = pcall(assert(loadstring(text))(call))
  return fine, result
end

local function same(one, other)
  if one.n ~= other.n then
    return false
  end
  for i = 1, one.n do
    if one[i] ~= other[i] and (one[i] == one[i] or other[i] == other[i]) then
      return false
    end
  end
  return true
end

for library, names in pairs(FUNCTIONS) do
  describe(library, function()
    local own = numbers(library, names)
    for _, name in ipairs(names) do
      it("." .. name .. " works like LuaJIT's", function()
        charged = 0
        for _, given in ipairs(GIVEN) do
          local real, expected = outcome(require(library)[name], given)
          local fine, result = outcome(own[name], given)
          -- Only LuaJIT's functions reject nil for an optional parameter.
          real = real or fine and (name == "log" or name == "tohex") and given:find(", nil") ~= nil
          assert.equal(real, fine, name .. "(" .. given .. "): " .. tostring(result) .. ", " .. tostring(expected))
          assert.is_true(not real or type(expected) == "string" or same(expected, result), name .. "(" .. given .. ")")
        end
      end)
    end

    it("charges strings by their length", function()
      local long = (" "):rep(6399) .. "1"
      for _, name in ipairs(names) do
        charged = 0
        pcall(own[name], long, 1)
        assert.is_true(charged >= 100, name)
      end
    end)
  end)
end

describe("many arguments", function()
  local own = numbers("bit", { "bor" })

  it("are bounded", function()
    charged = 0
    local list = {}
    for i = 1, 4096 do
      list[i] = 1
    end
    assert.equal(1, own.bor(unpack(list)))
    assert.is_true(charged >= 1024)
    list[4097] = 1
    assert.error_matches(function()
      own.bor(unpack(list))
    end, "4097 arguments given; a function takes up to 4096")
  end)
end)

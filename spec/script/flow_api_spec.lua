--- docs/flow-api.md lists exactly the existing fields and methods.
local kit = require("spec.kit")

local function set(list)
  local result = {}
  for _, name in ipairs(list) do
    result[name] = true
  end
  return result
end

-- Rows of the tables: fields as flow.name, methods as flow:name().
local fields, methods, rows = {}, {}, {}
for line in io.lines("docs/flow-api.md") do
  local separator, name = line:match("^| `flow([.:])([%w_]+)")
  if name then
    table.insert(separator == "." and fields or methods, name)
    rows[name] = line
  end
end

describe("docs/flow-api.md", function()
  it("lists every field of flow, and only these", function()
    local existing = {}
    for _, names in ipairs({ kit.view.members, kit.view.getters }) do
      for _, name in ipairs(names) do
        table.insert(existing, name)
      end
    end
    assert.same(set(existing), set(fields))
    assert.equal(#existing, #fields)
  end)

  it("lists every method of flow, and only these", function()
    assert.same(set(kit.view.methods), set(methods))
    assert.equal(#kit.view.methods, #methods)
  end)

  it("documents type, cost, availability and meaning of each", function()
    for name, row in pairs(rows) do
      local kind, _, cost, known, meaning = row:match("^|[^|]*|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|$")
      assert(kind, "not six columns: " .. name)
      assert(known:match("%w"), "does not say when it is known: " .. name)
      assert(meaning:match("%w"), "no meaning: " .. name)
      cost = cost:match("^ (.*) $")
      assert(cost == "field" or cost == "call" or cost == "made on demand", "unknown cost: " .. name)
    end
  end)

  it("documents the right type of each field", function()
    kit.each_flow(kit.packets.tcp({ flags = "S", payload = "x" }), function(flow)
      for _, name in ipairs(fields) do
        if name ~= "state" then
          local kind = rows[name]:match("^|[^|]*| (%a+)")
          assert.equal(kind, type(flow[name]), name)
        end
      end
      for _, name in ipairs(methods) do
        local kind = rows[name]:match("^|[^|]*| (%a*)"):gsub("^stream$", "cdata")
        assert.equal(kind == "" and "nil" or kind, type((flow[name](flow))), name)
      end
    end)
  end)
end)

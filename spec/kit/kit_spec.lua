--- The kit itself: what would make a spec check less than it says is an error.
local kit = require("spec.kit")

describe("the kit", function()
  after_each(kit.remove_scripts)

  it("refuses an option that a builder does not have", function()
    assert.has_error(function()
      kit.packets.arp({ flags = "S" })
    end, "packets.arp has no option flags; it has: time captured link vlan pad eth_src eth_dst "
      .. "operation sha spa tha tpa")
  end)

  it("refuses to look at the flows of packets that have none", function()
    assert.has_error(function()
      kit.each_flow(kit.packets.arp({}), function() end)
    end, "no packet of the list has a flow")
  end)

  it("says how to give packets when there are none", function()
    local example = 'no packets are given; as in: kit.run("payload_uri_1", kit.packets.http({ uri = "/" }))'
    for _, list in ipairs({ false, "GET /", {}, { {} } }) do
      assert.has_error(function()
        kit.run("payload_uri_1", list or nil)
      end, example)
    end
    assert.has_error(function()
      kit.each_flow()
    end, "no packets are given; as in: kit.each_flow(kit.packets.http(), function(flow) ... end)")
  end)

  it("runs a helper module in the environment that the daemon gives it", function()
    local name, options = kit.script([[
      local http = require("http")
      return { http = http, catch = function() return pcall(error) end, late = function() require("other") end }]])
    options.lua = options.classifiers
    assert(os.execute("cp lua/http.lua " .. options.lua) == 0)
    local helper = kit.helper(name, options)
    assert.equal("function", type(helper.http.request))
    assert.error_matches(helper.catch, '^"pcall" is not available in a classifier: ')
    assert.error_matches(helper.late, "require a helper module at the top of the file")
  end)

  it("tells how many packets had a flow", function()
    local list = { kit.packets.arp({}), kit.packets.http() }
    assert.equal(7, kit.each_flow(list, function() end))
  end)

  it("raises a script error that the spec does not expect", function()
    local name, options = kit.script("return { new = function() return { classifier = error } end }")
    assert.has_error(function()
      kit.run(name, kit.packets.tcp({}), options)
    end)
  end)
end)

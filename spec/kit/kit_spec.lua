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

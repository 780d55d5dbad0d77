--- Refuses options that a builder of spec.kit.packets does not have: a slip of the pen would otherwise
-- give another packet than the spec says.
-- @module spec.kit.options

local FRAME = "time captured link vlan pad eth_src eth_dst"
local IP = FRAME .. " src dst length ttl tos id df ip_options ip_options_type payload"

local OPTIONS = {
  tcp = IP .. " sport dport flags seq ack window urgent options",
  udp = IP .. " sport dport",
  icmp = IP .. " type code rest",
  ip = IP .. " proto",
  arp = FRAME .. " operation sha spa tha tpa",
  ethernet = FRAME .. " type payload",
  http = "client server client_port server_port method uri host request response time interval",
}

local options = {}

--- Puts such a check in front of the builders.
function options.guard(packets)
  for builder, names in pairs(OPTIONS) do
    local build, known = packets[builder], {}
    for name in names:gmatch("%S+") do
      known[name] = true
    end
    packets[builder] = function(given)
      for name in pairs(given or {}) do
        if not known[name] then
          error(("packets.%s has no option %s; it has: %s"):format(builder, tostring(name), names), 2)
        end
      end
      return build(given)
    end
  end
end

return options

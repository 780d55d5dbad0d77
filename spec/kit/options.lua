--- Refuses unknown options of builders in spec.kit.packets and spec.kit.messages, and of
-- functions of the kit: a misspelt option would otherwise silently give another packet or another
-- run.
-- @module spec.kit.options

local FRAME = "time captured link vlan pad eth_src eth_dst"
local IP = FRAME .. " src dst length ttl tos id df ip_options ip_options_type payload"

local PACKETS = {
  tcp = IP .. " sport dport flags seq ack window urgent options",
  udp = IP .. " sport dport",
  icmp = IP .. " type code rest",
  ip = IP .. " proto",
  arp = FRAME .. " operation sha spa tha tpa",
  ethernet = FRAME .. " type payload",
  http = "client server client_port server_port method uri host request response time interval",
}

local MESSAGES = {
  client_hello = "sni alpn versions ciphers groups signatures formats first last pad version",
  quic_initial = "version type destination source token length",
  dns = "name type id answers",
  dhcp = "type client_mac assigned requested server host_name vendor_class lease transaction",
  lldp = "chassis port port_description system_name management",
}

-- Options of kit.run() and similar functions, and their form.
local RUN = {
  classifiers = { "string", "a directory" },
  lua = { "string", "a directory" },
  settings = { "string", 'YAML text such as "my_classifier: { limit: 10 }"' },
  errors = { "boolean", "true or false" },
  log = { "boolean", "true or false" },
}
local RUN_NAMES = "classifiers lua settings errors log"

local options = {}

--- Raises an error at the caller's caller unless given is a table of options for this function of
-- the kit.
function options.check(what, given)
  if given ~= nil and type(given) ~= "table" then
    error(("%s takes a table of options at the end, not a %s; it has: %s"):format(what, type(given), RUN_NAMES), 3)
  end
  for name, value in pairs(given or {}) do
    local form = RUN[name]
    if not form then
      error(("%s has no option %s; it has: %s"):format(what, tostring(name), RUN_NAMES), 3)
    elseif type(value) ~= form[1] then
      error(("%s: the option %s is %s, not a %s"):format(what, name, form[2], type(value)), 3)
    end
  end
end

-- The result of a builder; an error in it is raised at the line of the spec.
local function built(builder, made, result, ...)
  if not made then
    error(("%s: %s"):format(builder, tostring(result):gsub("^[^\n]-%.lua:%d+: ", "")), 2) -- by a tail call
  end
  return result, ...
end

-- Wraps these builders of a module in that check.
local function guard(module, title, builders)
  for name, names in pairs(builders) do
    local build, known, builder = module[name], {}, title .. "." .. name
    for option in names:gmatch("%S+") do
      known[option] = true
    end
    module[name] = function(given)
      if given ~= nil and type(given) ~= "table" then
        error(("%s takes a table of options, not a %s; it has: %s"):format(builder, type(given), names), 2)
      end
      for option in pairs(given or {}) do
        if not known[option] then
          error(("%s has no option %s; it has: %s"):format(builder, tostring(option), names), 2)
        end
      end
      return built(builder, pcall(build, given or {}))
    end
  end
end

--- For spec.kit.packets.
function options.guard_packets(packets)
  guard(packets, "packets", PACKETS)
end

--- For spec.kit.messages.
function options.guard_messages(messages)
  guard(messages, "messages", MESSAGES)
end

return options

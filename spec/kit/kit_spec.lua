--- The kit itself: a spec that would check less than it claims is an error.
local kit = require("spec.kit")

describe("the kit", function()
  after_each(kit.remove_scripts)

  it("refuses an option that a builder does not have", function()
    assert.has_error(function()
      kit.packets.arp({ flags = "S" })
    end, "packets.arp has no option flags; it has: time captured link vlan pad eth_src eth_dst "
      .. "operation sha spa tha tpa")
  end)

  it("refuses to look at the flows of packets without a flow", function()
    assert.has_error(function()
      kit.each_flow(kit.packets.arp({}), function() end)
    end, "no packet of the list has a flow")
  end)

  it("explains how to pass packets when they are missing", function()
    local example = 'no packets are given; as in: kit.run("payload_uri_1", kit.packets.http({ uri = "/" }))'
    for _, list in ipairs({ false, {}, { {} } }) do
      assert.has_error(function()
        kit.run("payload_uri_1", list or nil)
      end, example)
    end
    assert.has_error(function()
      kit.each_flow()
    end, "no packets are given; as in: kit.each_flow(kit.packets.http(), function(flow) ... end)")
  end)

  it("names the line of the spec and the problem", function()
    local http = kit.packets.http()
    local no_packet = 'a string is no packet; kit.packets makes them, as in: '
      .. 'kit.run("payload_uri_1", kit.packets.http({ uri = "/" }))'
    local names = "classifiers lua settings errors log"
    local yaml = 'YAML text such as "my_classifier: { limit: 10 }"'
    local cases = {
      { no_packet, kit.run, "payload_uri_1", "GET /" },
      { no_packet, kit.run, "payload_uri_1", { http, "GET /" } },
      { "a classifier is given by its name, a string, not by a number", kit.run, { 5 }, http },
      { "no classifier is given: its name, or a list of names, comes first", kit.run, {}, http },
      { "kit.run has no option setting; it has: " .. names, kit.run, "payload_uri_1", http, { setting = "" } },
      { "kit.load has no option setting; it has: " .. names, kit.load, "payload_uri_1", { setting = "" } },
      { "kit.helper has no option setting; it has: " .. names, kit.helper, "http", { setting = "" } },
      {
        "kit.run takes a table of options at the end, not a string; it has: " .. names,
        kit.run, "payload_uri_1", http, "limit: 10",
      },
      {
        "kit.run: the option settings is " .. yaml .. ", not a table",
        kit.run, "payload_uri_1", http, { settings = { payload_uri_1 = { limit = 10 } } },
      },
      { "kit.run: the option errors is true or false, not a number", kit.run, "payload_uri_1", http, { errors = 1 } },
      {
        "settings must be a mapping from the name of a classifier to its settings, as in: "
          .. "my_classifier: { limit: 10 }",
        kit.run, "payload_uri_1", http, { settings = "limit" },
      },
      {
        "packets.http takes a table of options, not a string; it has: client server client_port server_port "
          .. "method uri host request response time interval",
        kit.packets.http, "/",
      },
      {
        "messages.client_hello has no option server_name; it has: sni alpn versions ciphers groups signatures "
          .. "formats first last pad version",
        kit.messages.client_hello, { server_name = "a.example" },
      },
      {
        "messages.quic_initial takes a table of options, not a number; it has: version type destination source "
          .. "token length",
        kit.messages.quic_initial, 1,
      },
      {
        'messages.dns: unknown DNS type "HTTP"; known: A NS CNAME PTR MX TXT AAAA SRV HTTPS, others by number',
        kit.messages.dns, { name = "a.example", type = "HTTP" },
      },
      { 'packets.tcp: unknown TCP flag "Z"; known: F S R P A U E C', kit.packets.tcp, { flags = "SZ" } },
      { "packets.udp: not an IP address: 10.1", kit.packets.udp, { src = "10.1" } },
      { "packets.tcp: length 20 is less than the headers and payload take", kit.packets.tcp, { length = 20 } },
    }
    for _, case in ipairs(cases) do
      local _, message = pcall(function()
        local result = case[2](unpack(case, 3, 5))
        return result
      end)
      local line, text = message:match("^[%w_./]*kit_spec%.lua:(%d+): (.*)$")
      assert(line, "not at a line of this file: " .. message)
      assert.equal(case[1], text)
    end
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

  it("returns the number of packets with a flow", function()
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

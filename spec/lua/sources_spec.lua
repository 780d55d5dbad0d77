--- Every helper module accepts a flow, a stream and a string as source. Anything else is an error of the caller, at its
-- line.
local kit = require("spec.kit")
local packets = kit.packets

local dns, entropy, http, names = kit.helper("dns"), kit.helper("entropy"), kit.helper("http"), kit.helper("names")
local quic, ssh, stats, tls = kit.helper("quic"), kit.helper("ssh"), kit.helper("stats"), kit.helper("tls")
local tokens, settings, regex = kit.helper("tokens"), kit.helper("settings"), kit.helper("regex")

local REQUEST = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
local HELLO = kit.messages.tls_records(kit.messages.client_hello({ sni = "a.example" }))
local INITIAL = kit.messages.quic_initial({})
local QUERY = kit.messages.dns({ name = "a.example" })

local TOKENS = tokens.new({ "example" })
local REGEX = regex.new("ex(.)mple")

-- By the name in the error: the function, bytes with a match, and the same bytes for TCP.
local PARSERS = {
  ["dns.query()"] = { dns.query, QUERY, kit.messages.u16(#QUERY) .. QUERY },
  ["entropy.of()"] = { entropy.of, REQUEST },
  ["histogram:add()"] = {
    function(source)
      local histogram = entropy.histogram()
      histogram:add(source)
      return histogram:total()
    end,
    REQUEST,
  },
  ["http.header()"] = { function(source) return (http.header(source, "Host")) end, REQUEST },
  ["http.host()"] = { http.host, REQUEST },
  ["http.request()"] = { http.request, REQUEST },
  ["http.response()"] = { http.response, "HTTP/1.1 200 OK\r\n\r\n" },
  ["quic.initial()"] = { quic.initial, INITIAL },
  ["quic.version()"] = { quic.version, INITIAL },
  ["re:find()"] = { function(source) return REGEX:find(source) end, HELLO },
  ["re:match()"] = { function(source) return REGEX:match(source) end, HELLO },
  ["re:test()"] = { function(source) return REGEX:test(source) end, HELLO },
  ["ssh.banner()"] = { ssh.banner, "SSH-2.0-x\r\n" },
  ["tls.client_hello()"] = { tls.client_hello, HELLO },
  ["tls.sni()"] = { tls.sni, HELLO },
  ["tokens.starts()"] = { function(source) return (tokens.starts(source, "GET")) end, REQUEST },
  ["tokens:find()"] = { function(source) return TOKENS:find(source) end, HELLO },
}

-- The results of a function for a flow, and for its stream.
local function of_flow(call, payload)
  local flow_gives, stream_gives
  kit.each_flow({ packets.tcp({ flags = "S" }), packets.tcp({ seq = 1, payload = payload }) }, function(flow)
    flow_gives, stream_gives = { call(flow) }, { call(flow:stream("c2s")) }
  end)
  return flow_gives, stream_gives
end

-- The text of the error of a call, which must be at a line of this file.
local function error_of(call, value)
  local raised, message = pcall(function()
    local result = call(value)
    return result
  end)
  assert.is_false(raised)
  return message:match("^[%w_./]*sources_spec%.lua:%d+: (.*)$") or "not at the caller: " .. message
end

describe("a parser", function()
  for what, case in pairs(PARSERS) do
    local call, bytes, over_tcp = unpack(case)

    it(("finds the same in flow, stream and string: %s"):format(what), function()
      local expected = { call(bytes) }
      assert.truthy(expected[1])
      local flow_gives, stream_gives = of_flow(call, over_tcp or bytes)
      assert.same(expected, flow_gives)
      assert.same(expected, stream_gives)
    end)

    for _, value in ipairs({ false, 5, true, {} }) do
      value = value or nil
      it(("blames its caller for a %s: %s"):format(type(value), what), function()
        assert.equal(what .. " takes the flow passed to classifier(), flow:stream(), or a string",
          error_of(call, value))
      end)
    end
  end
end)

describe("a helper module", function()
  local modules = {
    dns = dns, entropy = entropy, http = http, names = names, quic = quic, regex = regex, settings = settings,
    ssh = ssh, stats = stats, tls = tls, tokens = tokens,
  }
  for name, module in pairs(modules) do
    it(("lists its functions: %s"):format(name), function()
      local known = {}
      for each in pairs(module) do
        known[#known + 1] = each
      end
      table.sort(known)
      assert.equal(('the helper module %s has no "zzz"; it has: %s'):format(name, table.concat(known, ", ")),
        error_of(function() return module.zzz() end))
      assert.equal(('the helper module %s has no "%sx"; did you mean "%s"?'):format(name, known[1], known[1]),
        error_of(function() return module[known[1] .. "x"] end))
    end)
  end
end)

describe("a helper that takes no source", function()
  local moments, percentile = stats.new(), stats.percentile(0.5)
  local known = names.new({ low_priority = "a.example" })
  local calls = {
    ["object:add(value): value is a number, not a %s"] = {
      function(value) moments:add(value) end, function(value) percentile:add(value) end,
    },
    ["stats.percentile(share): share is a number between 0 and 1, such as 0.95"] = { stats.percentile },
    ["settings: config is what new() was given, a table, not a %s"] = {
      function(config) local set = names.new(config); return set end,
      function(config) local set = settings.read(config, {}); return set end,
    },
    ["settings.read(config, declared): declared is a table, not a %s"] = {
      function(declared) local set = settings.read({}, declared); return set end,
    },
    ["names:find(name): name is a string or nil, not a %s"] = { function(name) known:find(name) end },
    ["regex.new(pattern, options): pattern is a string"] = { regex.new },
    ["tokens.new(list): list has the strings to look for"] = { tokens.new },
    ["tokens.starts(source, text): text is a string"] = { function(text) tokens.starts("", text) end },
    ['http.header(source, name): name is a string such as "Host", without a colon or blanks'] = {
      function(name) http.header("", name) end,
    },
  }
  for text, list in pairs(calls) do
    for i, call in ipairs(list) do
      for _, value in ipairs({ false, true, function() end }) do
        value = value or nil
        if not (value == nil and text:find("or nil", 1, true)) then
          it(("%s (%d, %s)"):format(text, i, type(value)), function()
            assert.equal(text:format(type(value)), error_of(call, value))
          end)
        end
      end
    end
  end

  it("returns no verdict for a missing server name", function()
    assert.is_nil(known:find(nil))
  end)
end)

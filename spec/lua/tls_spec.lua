local kit = require("spec.kit")
local messages = kit.messages
local packets = kit.packets
local tls = kit.helper("tls")

local function hello(options, size)
  return messages.tls_records(messages.client_hello(options), size)
end

-- The extension with this number, empty.
local function extensions(...)
  local out = {}
  for i, kind in ipairs({ ... }) do
    out[i] = messages.tls_extension(kind, "")
  end
  return table.concat(out)
end

local EXAMPLE = { sni = "WWW.Example.com", alpn = { "h2", "http/1.1" } }

describe("tls.sni", function()
  it("is the server name in lower case", function()
    assert.same({ "www.example.com" }, { tls.sni(hello(EXAMPLE)) })
  end)

  it("is read from a packet's payload", function()
    kit.each_flow(packets.tcp({ payload = hello(EXAMPLE) }), function(flow)
      assert.equal("www.example.com", tls.sni(flow))
    end)
  end)

  it("is found in a partial ClientHello that contains it", function()
    local whole = hello({ sni = "www.example.com", pad = 1000 })
    assert.same({ "www.example.com", "partial" }, { tls.sni(whole:sub(1, 300)) })
    assert.same({ nil, "partial" }, { tls.sni(whole:sub(1, 60)) })
  end)

  -- Some clients hide their ClientHello like this: one byte, then the others.
  for _, size in ipairs({ 1, 3, 4, 20 }) do
    it(("is found in a ClientHello in TLS records of %d bytes"):format(size), function()
      assert.same({ "www.example.com" }, { tls.sni(hello(EXAMPLE, size)) })
    end)
  end

  it("calls every beginning of a ClientHello partial", function()
    for _, whole in ipairs({ hello(EXAMPLE), hello(EXAMPLE, 20), hello(EXAMPLE, 1) }) do
      for length = 1, #whole - 1 do
        local _, state = tls.sni(whole:sub(1, length))
        assert.equal("partial", state, length)
      end
    end
  end)

  local message = messages.client_hello(EXAMPLE)
  local none = {
    ["nothing"] = "",
    ["a request"] = "GET / HTTP/1.1\r\n\r\n",
    ["another record"] = "\23" .. hello(EXAMPLE):sub(2),
    ["another version of the record"] = "\22\2" .. hello(EXAMPLE):sub(3),
    ["a server's hello"] = messages.tls_records("\2" .. message:sub(2)),
    ["a server's hello in records of a byte"] = messages.tls_records("\2" .. message:sub(2), 1),
    ["an empty record"] = "\22\3\1\0\0" .. hello(EXAMPLE),
    ["a list that is longer than its extension"] = hello({ first = messages.tls_extension(0, "\0\9\0") }),
    ["a hello that is longer than its parts"] = messages.tls_records(
      "\1\0" .. messages.u16(#message) .. message:sub(5) .. "xxxx"
    ),
    ["an odd list of ciphers"] = (hello({ ciphers = { 1, 2 } }):gsub("\0\4\0\1\0\2", "\0\3\0\1\0\2")),
  }
  for what, bytes in pairs(none) do
    it("is nil for " .. what, function()
      assert.same({}, { tls.sni(bytes) })
    end)
  end

  it("is nil for a ClientHello without a name", function()
    assert.same({}, { tls.sni(hello({})) })
  end)
end)

describe("tls.client_hello", function()
  it("lists the offers of the client", function()
    local found = tls.client_hello(hello(EXAMPLE))
    assert.equal("www.example.com", found.sni)
    assert.same({ "h2", "http/1.1" }, found.alpn)
    assert.same({ 0x0304, 0x0303 }, found.versions)
  end)

  it("leaves GREASE out of the protocols", function()
    local found = tls.client_hello(hello({ alpn = { "\10\10", "h2", "\250\250" } }))
    assert.same({ "h2" }, found.alpn)
    assert.truthy(found.ja4:find("^t13i0305h2_"), found.ja4)
  end)

  it("reads the version of an old ClientHello", function()
    local found = tls.client_hello(hello({ versions = false }))
    assert.same({ 0x0303 }, found.versions)
    assert.same({}, found.alpn)
    assert.is_nil(found.sni)
  end)

  it("is nil while a ClientHello is partial", function()
    assert.same({ nil, "partial" }, { tls.client_hello(hello(EXAMPLE):sub(1, -2)) })
  end)

  -- The example in the description of JA4, an older Chrome.
  it("gives JA4 in its raw form", function()
    local bytes = hello({
      sni = "www.example.com",
      alpn = { "h2", "http/1.1" },
      ciphers = {
        0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
        0x009d, 0x002f, 0x0035,
      },
      signatures = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601 },
      versions = { 0x3a3a, 0x0304, 0x0303 },
      first = extensions(0x4a4a, 0x001b, 0x0005, 0x4469, 0x0012),
      last = extensions(0x0017, 0x0023, 0x002d, 0x0033, 0xff01, 0x0015),
    })
    assert.equal(
      "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
        .. "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
        .. "0403,0804,0401,0503,0805,0501,0806,0601",
      tls.client_hello(bytes).ja4
    )
  end)

  local BARE = { sni = false, groups = false, formats = false, signatures = false, versions = false }
  local protocols = {
    ["nothing"] = { nil, "t12i030000_" },
    ["one letter"] = { "x", "t12i0301xx_" },
    ["bytes that are no letters"] = { "\171h\205", "t12i0301ad_" },
    ["an empty name"] = { "", "t12i030100_" },
  }
  for what, row in pairs(protocols) do
    it("gives JA4 for an ALPN of " .. what, function()
      local options = { alpn = row[1] and { row[1] } }
      for name, value in pairs(BARE) do
        options[name] = value
      end
      local ja4 = tls.client_hello(hello(options)).ja4
      assert.equal(row[2] .. "1301,1302,c02b_", ja4)
    end)
  end

  -- Both from the description of JA3.
  it("gives the text of JA3", function()
    local bytes = hello({
      version = 0x0301,
      sni = "www.example.com",
      ciphers = { 47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4 },
      groups = { 0x1a1a, 23, 24, 25 },
      signatures = false,
      versions = false,
    })
    assert.equal("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0", tls.client_hello(bytes).ja3)
  end)

  it("gives the text of JA3 without extensions", function()
    local options = { version = 0x0301, ciphers = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99 } }
    for name, value in pairs(BARE) do
      options[name] = value
    end
    assert.equal("769,4-5-10-9-100-98-3-6-19-18-99,,,", tls.client_hello(hello(options)).ja3)
  end)

  it("accepts only a flow or a string", function()
    assert.has_error(function()
      tls.client_hello(nil)
    end, "tls.client_hello() takes the flow passed to classifier(), flow:stream(), or a string")
  end)
end)

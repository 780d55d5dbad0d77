local kit = require("spec.kit")
local packets = kit.packets
local http = kit.helper("http")

-- The result of http.request() for a packet.
local function request(packet)
  local method, uri
  kit.each_flow(packet, function(flow)
    method, uri = http.request(flow)
  end)
  return method, uri
end

describe("http.request", function()
  it("finds method and URI", function()
    local method, uri = request(packets.tcp({ payload = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n" }))
    assert.equal("GET", method)
    assert.equal("/a?b=c", uri)
  end)

  local none = {
    ["an empty packet"] = "",
    ["a response"] = "HTTP/1.1 200 OK\r\n\r\n",
    ["a request line that goes on in the next packet"] = "GET /index.html HT",
    ["a URI of more than 2048 bytes"] = "GET /" .. ("a"):rep(2048) .. " HTTP/1.1\r\n",
    ["zeros"] = ("\0"):rep(100),
  }
  for what, payload in pairs(none) do
    it("is nil for " .. what, function()
      assert.is_nil((request(packets.tcp({ payload = payload }))))
    end)
  end

  it("is nil for a request with only its beginning captured", function()
    local packet = packets.tcp({ payload = "GET /index.html HTTP/1.1\r\n" })
    packet.bytes = packet.bytes:sub(1, -12)
    assert.is_nil((request(packet)))
  end)

  it("finds a request in the shortest payload that can hold one", function()
    assert.equal("A", (request(packets.tcp({ payload = "A / HTTP/1.0" }))))
  end)

  it("accepts only a flow or a string", function()
    for _, value in ipairs({ {}, 1, true }) do
      assert.has_error(function()
        http.request(value)
      end, "http.request() takes the flow passed to classifier(), flow:stream(), or a string")
    end
  end)
end)

describe("http", function()
  it("calls the beginning of a message partial", function()
    assert.same({ nil, nil, "partial" }, { http.request("GET /index.ht") })
    assert.same({ nil, nil, "partial" }, { http.response("HTTP/1.1 20") })
    assert.same({ nil, "partial" }, { http.header("GET / HTTP/1.1\r\nAccept: */*\r\n", "Host") })
  end)

  it("returns nil for other bytes", function()
    assert.same({}, { http.request("\22\3\1") })
    assert.same({}, { http.response("GET / HTTP/1.1\r\n") })
    assert.same({}, { http.header("GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "Host") })
    assert.same({}, { http.request("") })
  end)

  it("reads a response of a flow", function()
    kit.each_flow(packets.tcp({ payload = "HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n" }), function(flow)
      assert.same({ 404, "Not Found" }, { http.response(flow) })
      assert.equal("x", http.header(flow, "server"))
    end)
  end)

  local hosts = {
    ["www.example.com"] = "www.example.com",
    ["WWW.Example.com:8080"] = "www.example.com",
    ["www.example.com."] = "www.example.com",
    ["www.example.com.:80"] = "www.example.com",
    ["192.0.2.1:80"] = "192.0.2.1",
    ["[2001:DB8::1]"] = "[2001:db8::1]",
    ["[2001:db8::1]:8080"] = "[2001:db8::1]",
    [":80"] = "",
    ["."] = "",
    [""] = "",
  }
  for value, host in pairs(hosts) do
    it(("takes %q of a Host field for %q"):format(host, value), function()
      assert.equal(host, http.host("GET / HTTP/1.1\r\nAccept: */*\r\nHost: " .. value .. "\r\n\r\n"))
    end)
  end

  it("returns no host without the field, and says while it may come", function()
    assert.same({}, { http.host("GET / HTTP/1.0\r\n\r\n") })
    assert.same({ nil, "partial" }, { http.host("GET / HTTP/1.1\r\nHost: www.exam") })
  end)

  it("returns the first line of a value that continues on the next", function()
    local message = "GET / HTTP/1.1\r\nA: 1\r\n 2\r\nB: 3\r\n\r\n"
    assert.same({ "1", "3" }, { http.header(message, "A"), (http.header(message, "B")) })
  end)

  for what, name in pairs({ nothing = false, ["an empty name"] = "", ["a colon"] = "Host:", ["a blank"] = "Host " }) do
    it("requires the name of a field, not " .. what, function()
      assert.has_error(function()
        http.header("GET / HTTP/1.1\r\nHost: x\r\n\r\n", name or nil)
      end, 'http.header(source, name): name is a string such as "Host", without a colon or blanks')
    end)
  end
end)

--- flow:stream(): the reassembled beginning of a TCP direction.
local kit = require("spec.kit")
local packets = kit.packets

local ISN = 1000

-- A segment from the client with payload at this position of the stream, from 0.
local function segment(at, payload, more)
  local options = { seq = (ISN + 1 + at) % 2 ^ 32, payload = payload }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return packets.tcp(options)
end

local SYN = packets.tcp({ flags = "S", seq = ISN })

-- flow:stream(direction) after each packet, requested from packet number `first` on.
local function streams(list, direction, first)
  local found = {}
  kit.each_flow(list, function(flow, i)
    if i >= (first or 1) then
      local stream = flow:stream(direction or "c2s")
      found[i] = {
        text = stream.text,
        length = stream.length,
        missing = stream.missing,
        full = stream.full,
        from_start = stream.from_start,
        lost = stream.lost,
      }
    end
  end)
  return found
end

local function last(list, direction, first)
  local found = streams(list, direction, first)
  return found[#list]
end

describe("flow:stream()", function()
  local orders = {
    ["in order"] = { { 0, "abc" }, { 3, "def" }, { 6, "ghi" } },
    ["out of order"] = { { 6, "ghi" }, { 3, "def" }, { 0, "abc" } },
    ["the first one last"] = { { 3, "def" }, { 6, "ghi" }, { 0, "abc" } },
    ["with a segment twice"] = { { 0, "abc" }, { 0, "abc" }, { 3, "defghi" } },
    ["with a segment that was lengthened"] = { { 0, "abc" }, { 0, "abcdef" }, { 6, "ghi" } },
    ["with a segment over a gap"] = { { 0, "abc" }, { 6, "ghi" }, { 2, "cdefg" } },
    ["with a segment over several"] = { { 1, "b" }, { 3, "d" }, { 5, "f" }, { 0, "abcdefghi" } },
    ["byte by byte, backwards"] = {
      { 8, "i" }, { 7, "h" }, { 6, "g" }, { 5, "f" }, { 4, "e" }, { 3, "d" }, { 2, "c" }, { 1, "b" }, { 0, "a" },
    },
  }
  for how, order in pairs(orders) do
    for _, isn in ipairs({ ISN, 2 ^ 32 - 5 }) do
      it(("reassembles segments %s, from sequence number %d"):format(how, isn), function()
        local list = { packets.tcp({ flags = "S", seq = isn }) }
        for _, row in ipairs(order) do
          list[#list + 1] = packets.tcp({ seq = (isn + 1 + row[1]) % 2 ^ 32, payload = row[2] })
        end
        local stream = last(list)
        assert.equal("abcdefghi", stream.text)
        assert.same({ 9, 0, true, false }, { stream.length, stream.missing, stream.from_start, stream.lost })
      end)
    end
  end

  it("keeps the first copy of a byte", function()
    assert.equal("abcdeZ", last({ SYN, segment(0, "abc"), segment(2, "Xde"), segment(1, "YYYYZ") }).text)
    assert.equal("aYYYeZ", last({ SYN, segment(4, "e"), segment(1, "YYY"), segment(0, "aXXXXZ") }).text)
  end)

  it("reports a gap", function()
    local found = streams({ SYN, segment(0, "abc"), segment(10, "xyz"), segment(3, "def"), segment(6, "ghij") })
    assert.same({ 0, 0 }, { found[1].length, found[1].missing })
    assert.same({ 3, 7 }, { found[3].length, found[3].missing })
    assert.same({ 6, 4 }, { found[4].length, found[4].missing })
    assert.same({ 13, 0 }, { found[5].length, found[5].missing })
  end)

  it("keeps 4096 bytes", function()
    local found = streams({
      SYN, segment(0, ("a"):rep(2000)), segment(2000, ("b"):rep(2000)), segment(4000, ("c"):rep(200)),
    })
    assert.same({ 4000, false }, { found[3].length, found[3].full })
    assert.same({ 4096, true }, { found[4].length, found[4].full })
    assert.equal(("a"):rep(2000) .. ("b"):rep(2000) .. ("c"):rep(96), found[4].text)
  end)

  it("keeps more than a packet's payload shows", function()
    assert.equal(3000, last({ SYN, segment(0, ("a"):rep(3000)) }).length)
  end)

  it("keeps both directions", function()
    local answer = { src = "10.1.0.2", dst = "10.1.0.1", sport = 80, dport = 40000 }
    local list = {
      SYN,
      segment(-1, "", { flags = "SA", src = answer.src, dst = answer.dst, sport = 80, dport = 40000 }),
      segment(0, "question"),
      segment(0, "answer", answer),
    }
    kit.each_flow(list, function(flow, i)
      local there, back = flow:stream("c2s"), flow:stream("s2c")
      assert.equal(i >= 3 and "question" or "", there.text)
      assert.equal(i >= 4 and "answer" or "", back.text)
      assert.same({ false, true }, { there.s2c, back.s2c })
      assert.equal(flow.from_client and there.text or back.text, flow:stream().text)
      assert.equal(i == 4, back.from_start)
    end)
  end)

  it("includes data of the SYN", function()
    local stream = last({ packets.tcp({ flags = "S", seq = ISN, payload = "abc" }), segment(3, "def") })
    assert.same({ "abcdef", true }, { stream.text, stream.from_start })
  end)

  it("begins at the packet that requests it", function()
    local list = { SYN, segment(0, "abc"), segment(3, "def"), segment(6, "ghi") }
    local stream = last(list, "c2s", 3)
    assert.same({ "defghi", false }, { stream.text, stream.from_start })
  end)

  it("begins in the middle of a connection", function()
    local list = { segment(0, "abc"), segment(-3, "xyz"), segment(3, "def") }
    local stream = last(list)
    assert.same({ "abcdef", false }, { stream.text, stream.from_start })
  end)

  it("leaves a gap where the capture cut a packet", function()
    local cut = segment(0, ("a"):rep(100))
    cut.bytes = cut.bytes:sub(1, -51)
    local stream = last({ SYN, cut, segment(100, "b") })
    assert.same({ 50, 50 }, { stream.length, stream.missing })
  end)

  it("leaves a gap where the capture cut a packet's whole payload", function()
    local cut = segment(0, ("a"):rep(100))
    cut.bytes = cut.bytes:sub(1, -101)
    local stream = last({ SYN, cut, segment(100, "b") })
    assert.same({ 0, 100, true }, { stream.length, stream.missing, stream.from_start })
  end)

  it("ignores a gap further back than its buffer", function()
    local list = { SYN, segment(0, "abc"), segment(5000, "def"), segment(5003, "ghi"), segment(5006, "jkl") }
    local stream = last(list, "c2s", 4)
    assert.same({ "ghijkl", 0, false }, { stream.text, stream.missing, stream.from_start })
  end)

  it("fills a gap from a repeated segment", function()
    local cut = segment(0, ("a"):rep(100))
    cut.bytes = cut.bytes:sub(1, -51)
    local stream = last({ SYN, cut, segment(0, ("b"):rep(100)), segment(100, "c") })
    assert.equal(("a"):rep(50) .. ("b"):rep(50) .. "c", stream.text)
  end)

  it("reassembles fragments", function()
    local list = packets.fragments("tcp", { seq = ISN + 1, id = 7, payload = ("f"):rep(3000) }, 1480)
    table.insert(list, 1, SYN)
    assert.equal(3000, last(list).length)
  end)

  it("starts again with the next connection on the same ports", function()
    local list = {
      SYN, segment(0, "old"), segment(3, "", { flags = "R" }), packets.tcp({ flags = "S", seq = 77 }),
      packets.tcp({ seq = 78, payload = "new" }),
    }
    assert.equal("new", last(list).text)
  end)

  it("is empty for other protocols", function()
    local stream = last({ packets.udp({ payload = "abc" }) })
    assert.same({ "", 0, false }, { stream.text, stream.length, stream.lost })
  end)

  it("drops the last of more than eight pieces", function()
    local list = { SYN }
    for i = 9, 1, -1 do
      list[#list + 1] = segment(2 * i, "x")
    end
    list[#list + 1] = segment(0, "abababababababababababa")
    local stream = last(list)
    assert.equal("abxbxbxbxbxbxbxbxbababa", stream.text)
  end)

  it("is a source for helper modules", function()
    local http = kit.helper("http")
    local found
    kit.each_flow({ SYN, segment(0, "GET /index.ht"), segment(13, "ml HTTP/1.1\r\n") }, function(flow)
      found = { http.request(flow:stream("c2s")) }
    end)
    assert.same({ "GET", "/index.html" }, found)
  end)

  local refused = {
    ["another direction"] = { 'flow:stream("up")', 'flow:stream(direction): direction is "c2s" or "s2c"' },
    ["a dot"] = { 'flow.stream("c2s")', 'call it with a colon: flow:stream("c2s")' },
    ["another field"] = {
      "flow:stream().bytes",
      'a stream has no field "bytes"; it has: from_start, full, length, lost, missing, s2c, text',
    },
    ["a number for an index"] = { "flow:stream()[1]", 'a stream has no field "number"' },
    ["arithmetic"] = { "flow:stream() + 1", "attempt to perform arithmetic" },
    ["a write"] = { "nil; flow:stream().length = 5", "attempt to write to constant location" },
  }
  for what, row in pairs(refused) do
    it("refuses " .. what, function()
      local ask = assert(loadstring("return function(flow) local _ = " .. row[1] .. " end"))()
      kit.each_flow(SYN, function(flow)
        local ok, message = pcall(ask, flow)
        assert.is_false(ok)
        assert.truthy(message:find(row[2], 1, true), message)
      end)
    end)
  end
end)

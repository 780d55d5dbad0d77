--- flow.server_name: the name that the client looked up.
local kit = require("spec.kit")

-- RFC 1035 section 4: the answers to one question. records: { name, type, data }.
local function labels(name)
  return (name:gsub("[^.]+%.?", function(label)
    label = label:gsub("%.$", "")
    return string.char(#label) .. label
  end)) .. "\0"
end

local function answer(client, records)
  local body = {}
  for _, record in ipairs(records) do
    local name, kind, data = record[1], record[2], record[3]
    table.insert(body, labels(name) .. "\0" .. string.char(kind) .. "\0\1\0\0\0\60\0" .. string.char(#data) .. data)
  end
  local head = "\18\52\129\128\0\0\0" .. string.char(#records) .. "\0\0\0\0"
  return kit.packets.udp({
    src = "10.1.0.53",
    dst = client,
    sport = 53,
    dport = 40000,
    payload = head .. table.concat(body),
  })
end

local A, CNAME = 1, 5

local function request(options)
  options.src = options.src or "10.1.0.1"
  options.dst = options.dst or "192.0.2.7"
  options.payload = "GET / HTTP/1.1\r\n\r\n"
  return kit.packets.tcp(options)
end

local ANSWER = answer("10.1.0.1", { { "www.Example.com", A, "\192\0\2\7" } })
local ALIAS = answer("10.1.0.1", {
  { "www.example.com", CNAME, labels("edge.example.net") },
  { "edge.example.net", A, "\192\0\2\7" },
})

local CASES = {
  ["an answer to the client"] = { ANSWER, request({}), "www.example.com" },
  ["the name in the question, not its alias"] = { ALIAS, request({}), "www.example.com" },
  ["an answer to another client"] = { ANSWER, request({ src = "10.1.0.2" }), "" },
  ["another server"] = { ANSWER, request({ dst = "192.0.2.8" }), "" },
}

describe("flow.server_name", function()
  for what, case in pairs(CASES) do
    it(what, function()
      local names = {}
      kit.each_flow({ case[1], case[2] }, function(flow)
        table.insert(names, flow.server_name)
      end)
      assert.equal(case[3], names[#names])
    end)
  end
end)

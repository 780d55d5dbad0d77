local kit = require("spec.kit")
local ssh = kit.helper("ssh")

describe("ssh.banner", function()
  local banners = {
    ["SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"] = {
      "SSH-2.0-OpenSSH_9.2p1 Debian-2", "2.0", "OpenSSH_9.2p1", "Debian-2",
    },
    ["SSH-2.0-x\n"] = { "SSH-2.0-x", "2.0", "x", "" },
    ["SSH-1.99-a-b c d\r\nmore"] = { "SSH-1.99-a-b c d", "1.99", "a-b", "c d" },
    ["SSH-2.0-" .. ("x"):rep(245) .. "\r\n"] = { "SSH-2.0-" .. ("x"):rep(245), "2.0", ("x"):rep(245), "" },
    ["SSH-2.0-Open"] = { nil, nil, nil, nil, "partial" },
    ["SS"] = { nil, nil, nil, nil, "partial" },
    ["SSH-2.0-" .. ("x"):rep(246) .. "\r\n"] = {},
    ["SSH-2.0-" .. ("x"):rep(300)] = {},
    ["SSH-2.0\r\n"] = {},
    ["SSH--x\r\n"] = {},
    ["SSH-2.0-\r\n"] = {},
    ["SSH-2.0-a\1\r\n"] = {},
    ["ssh-2.0-a\r\n"] = {},
    ["HTTP/1.1 200 OK\r\n"] = {},
    [""] = {},
  }
  for bytes, expected in pairs(banners) do
    it(("of %q"):format(#bytes > 40 and #bytes .. " bytes" or bytes), function()
      assert.same(expected, { ssh.banner(bytes) })
    end)
  end

  it("is read from a packet's payload", function()
    kit.each_flow(kit.packets.tcp({ payload = "SSH-2.0-x\r\n" }), function(flow)
      assert.equal("SSH-2.0-x", (ssh.banner(flow)))
    end)
  end)
end)

--- The banner that each end of an SSH connection sends first (RFC 4253 section 4.2).
--
--     local ssh = require("ssh")
--     local banner, protocol, software = ssh.banner(flow)
--
-- @module ssh

local native = ...

local ssh = {}

--- The banner at the start of the bytes.
-- @param source flow (the payload of its current packet), stream or string
-- @treturn ?string the whole line, such as "SSH-2.0-OpenSSH_9.2p1 Debian-2"; nil without a banner
-- @treturn ?string the protocol, "2.0"
-- @treturn ?string the software, "OpenSSH_9.2p1"
-- @treturn ?string comments, "Debian-2"; may be empty
-- @treturn ?string "partial": the line does not end in these bytes
function ssh.banner(source)
  local line, protocol, software, comments, state = native.ssh_banner(source)
  return line, protocol, software, comments, state
end

return native.module("ssh", ssh)

--- Recognition of QUIC (RFC 9000): the Initial packet that a connection begins with.
--
--     local quic = require("quic")
--     if flow.proto == 17 and quic.version(flow) then
--
-- What is inside an Initial is encrypted and not looked at: the server name is not to be had. Versions 1,
-- 2 and the drafts before them are recognised.
-- @module quic

local native = ...

local quic = {}

--- The version of the QUIC Initial that the datagram begins with. Makes no strings.
-- @param source flow, stream or string
-- @treturn ?number 1, 0x6b3343cf for version 2, 0xff000000 + n for draft n; nil when it is none
function quic.version(source)
  local version = native.quic_version(source)
  return version
end

--- The same with all that an Initial tells.
-- @param source flow, stream or string
-- @treturn ?number version
-- @treturn ?string the destination's connection ID: 0 to 20 bytes
-- @treturn ?string the source's connection ID
-- @treturn ?number length of the token in bytes: not 0 for a client that was told to come back
-- @treturn ?string "partial": the capture cut the header
function quic.initial(source)
  local version, destination, from, token, state = native.quic_initial(source)
  return version, destination, from, token, state
end

return native.module("quic", quic)

--- Recognition of QUIC (RFC 9000) by the Initial packet at the start of a connection.
--
--     local quic = require("quic")
--     if flow.proto == 17 and quic.version(flow) then
--
-- The content of an Initial is encrypted, and this module does not decrypt it: the server name is not available.
-- The module recognises versions 1, 2 and the earlier drafts.
-- @module quic

local native = ...

local quic = {}

--- The version of the QUIC Initial at the start of the datagram. Makes no strings.
-- @param source flow, stream or string
-- @treturn ?number 1, 0x6b3343cf for version 2, 0xff000000 + n for draft n; nil if it is no Initial
function quic.version(source)
  local version = native.quic_version(source)
  return version
end

--- The same, with the other header fields of the Initial.
-- @param source flow, stream or string
-- @treturn ?number version
-- @treturn ?string the destination connection ID: 0 to 20 bytes
-- @treturn ?string the source connection ID
-- @treturn ?number length of the token in bytes: not 0 for a client that follows a Retry
-- @treturn ?string "partial": the capture cut the header
function quic.initial(source)
  local version, destination, from, token, state = native.quic_initial(source)
  return version, destination, from, token, state
end

return native.module("quic", quic)

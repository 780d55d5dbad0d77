--- The ClientHello of TLS: whom a client wants to talk to, and what it is able to.
--
--     local tls = require("tls")
--     local name, state = tls.sni(flow)
--
-- Every function takes as its source the flow that `classifier()` was given, which stands for the payload
-- of the current packet, a stream (`flow:stream()`), or a string. A hello is often longer than a packet; then
-- the last value that is returned is `"partial"`.
-- @module tls

local native = ...

local tls = {}

--- The server name (SNI, RFC 6066) in the ClientHello that the bytes begin with.
-- It is found in a partial hello as well, when it is in these bytes.
-- @param source flow, stream or string
-- @treturn ?string the name in lower case; nil without a hello or a name in it
-- @treturn ?string "partial": it is a hello, and goes on behind the bytes
function tls.sni(source)
  local name, state = native.tls_server_name(source)
  return name, state
end

--- All that is read of the ClientHello that the bytes begin with.
-- This makes a table, several strings and costs microseconds: call it once for a flow.
--
-- * `sni`: the server name in lower case, or nil
-- * `alpn`: list of the application protocols offered, such as { "h2", "http/1.1" }
-- * `versions`: list of the versions offered, as numbers: 0x0304 is TLS 1.3
-- * `ja3`: the text that JA3 takes the hash (MD5) of
-- * `ja4`: JA4 in its raw form, JA4_r, whose second and third part JA4 takes hashes of
--
-- GREASE (RFC 8701) is left out of all of them.
-- @param source flow, stream or string
-- @treturn ?table nil when the bytes do not begin with a whole hello
-- @treturn ?string "partial"
function tls.client_hello(source)
  local hello, state = native.tls_client_hello(source)
  return hello, state
end

return native.module("tls", tls)

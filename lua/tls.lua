--- The ClientHello of TLS: the server that a client wants, and the capabilities of the client.
--
--     local tls = require("tls")
--     local name, state = tls.sni(flow)
--
-- The source of every function is the flow that `classifier()` got, which stands for the payload of the current
-- packet, a stream (`flow:stream()`), or a string. A ClientHello is often longer than a packet; the last returned
-- value is then `"partial"`.
-- @module tls

local native = ...

local tls = {}

--- The server name (SNI, RFC 6066) in the ClientHello at the start of the bytes.
-- A partial ClientHello is enough if it contains the name.
-- @param source flow, stream or string
-- @treturn ?string the name in lower case; nil without a ClientHello or a name in it
-- @treturn ?string "partial": the ClientHello goes on after these bytes
function tls.sni(source)
  local name, state = native.tls_server_name(source)
  return name, state
end

--- The fields of the ClientHello at the start of the bytes.
-- This makes a table and several strings, and costs microseconds: call it once for a flow.
--
-- * `sni`: the server name in lower case, or nil
-- * `alpn`: list of the offered application protocols, such as { "h2", "http/1.1" }
-- * `versions`: list of the offered versions, as numbers: 0x0304 is TLS 1.3
-- * `ja3`: the text that JA3 hashes with MD5
-- * `ja4`: the raw form of JA4, JA4_r; JA4 hashes its second and third part
--
-- All fields leave out GREASE (RFC 8701).
-- @param source flow, stream or string
-- @treturn ?table nil if the bytes do not begin with a whole ClientHello
-- @treturn ?string "partial"
function tls.client_hello(source)
  local hello, state = native.tls_client_hello(source)
  return hello, state
end

return native.module("tls", tls)

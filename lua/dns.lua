--- The question of a DNS message (RFC 1035).
--
--     local dns = require("dns")
--     local name, kind = dns.query(flow)
--
-- Flows on port 53 reach classifiers only if the policy does not collect identities from DNS
-- (`identity: dns: 0`). Flows of multicast DNS (port 5353) and similar protocols always do.
-- @module dns

local native = ...

local TYPES = {
  [1] = "A", [2] = "NS", [5] = "CNAME", [6] = "SOA", [12] = "PTR", [15] = "MX", [16] = "TXT", [28] = "AAAA",
  [33] = "SRV", [64] = "SVCB", [65] = "HTTPS", [255] = "ANY",
}

local dns = {}

--- The first question of a DNS query or response.
-- @param source flow (the payload of its current packet; over TCP the packet must contain the whole message),
-- stream or string (a message as over UDP)
-- @treturn ?string the name in lower case, without the dot at its end, with the escapes of RFC 1035
-- section 5.1; nil if the source is not one whole DNS message
-- @treturn ?string the type, such as "AAAA"; a number for less common types
-- @treturn ?boolean whether the message is a response
-- @treturn ?string "partial", over TCP only
function dns.query(source)
  local name, kind, is_response, state = native.dns_query(source)
  return name, TYPES[kind] or kind, is_response, state
end

return native.module("dns", dns)

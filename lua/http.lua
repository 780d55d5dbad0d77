--- HTTP/1 in the packets of a flow.
--
--     local http = require("http")
--     local method, uri = http.request(flow)
--
-- @module http

-- What the host does in C for helper modules; classifiers do not get this.
local native = ...

local http = {}

--- The request that the current packet begins with.
-- Only the packet's own bytes are looked at: a request line that is split over two packets is not
-- found.
-- @param flow the flow that classifier() was given
-- @treturn ?string the method, such as "GET"; nil when the packet does not begin with a request
-- @treturn ?string the URI as sent, such as "/index.html"
function http.request(flow)
  local method, uri = native.http_request(flow)
  return method, uri
end

return http

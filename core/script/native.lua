--- What helper modules (lua/) may call in C. They get this table as `...`; classifiers do not.
-- Each function is bounded by itself: it takes the flow and values, and returns values.
local C = ...
local ffi = require("ffi")

local istype, text_of = ffi.istype, ffi.string
local view_type = ffi.typeof("struct flow_view")
local http_request = ffi.new("struct http_request")

-- The shortest request line: "A / HTTP/1.1".
local HTTP_REQUEST_MIN = 12

local native = {}

--- Method and target of the HTTP/1 request that the packet's payload begins with, otherwise nil.
function native.http_request(flow)
  if not istype(view_type, flow) then
    error("http.request(flow) takes the flow that classifier() was given", 3)
  end
  if flow.payload_length < HTTP_REQUEST_MIN or not C.dpae_http_request(flow, http_request) then
    return nil
  end
  return text_of(http_request.method, http_request.method_length),
    text_of(http_request.target, http_request.target_length)
end

return native

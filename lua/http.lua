--- HTTP/1 in the packets of a flow.
--
--     local http = require("http")
--     local method, uri = http.request(flow)
--     local host = http.header(flow, "Host")
--
-- The source of every function is the flow that `classifier()` got, which stands for the payload of the current
-- packet, a stream (`flow:stream()`), or a string. A function that finds no result returns `"partial"` as its
-- last value if the bytes may be the beginning of one, which goes on in a later packet.
-- @module http

-- The C functions for helper modules; classifiers do not get them.
local native = ...

local DOT = 46

local http = {}

--- The request at the start of the bytes.
-- @param source flow, stream or string
-- @treturn ?string the method, such as "GET"; nil if the bytes do not begin with a whole request line
-- @treturn ?string the URI as sent, such as "/index.html"
-- @treturn ?string "partial"
function http.request(source)
  local method, uri, state = native.http_request(source)
  return method, uri, state
end

--- The response at the start of the bytes.
-- @param source flow, stream or string
-- @treturn ?number the status, such as 200; nil if the bytes do not begin with a whole status line
-- @treturn ?string the reason, such as "OK"; may be empty
-- @treturn ?string "partial"
function http.response(source)
  local status, reason, state = native.http_response(source)
  return status, reason, state
end

--- The host of the request at the start of the bytes: the value of its field Host in the form in which server names
-- are compared, in lower case, without a port and without a dot at the end. An IPv6 address keeps its brackets.
-- @param source flow, stream or string
-- @treturn ?string such as "www.example.com", "192.0.2.1" or "[2001:db8::1]"; nil if the message has no such field
-- @treturn ?string "partial": the headers do not end in these bytes, the field may still come
function http.host(source)
  local value, state = native.http_field(source, "Host", "http.host()")
  if value == nil then
    return nil, state
  end
  local last = value:find("]", 1, true)
  if not last then
    last = (value:find(":", 1, true) or #value + 1) - 1
    if value:byte(last) == DOT then
      last = last - 1
    end
  end
  return value:sub(1, last):lower()
end

--- The value of a header field of the request or response at the start of the bytes.
-- @param source flow, stream or string
-- @tparam string name the name of the field, in any case
-- @treturn ?string the value of the first such field, without white space around it; nil if the message has no such
-- field. If the value continues on further lines, which RFC 9112 forbids, only the first line
-- @treturn ?string "partial": the headers do not end in these bytes, the field may still come
function http.header(source, name)
  if type(name) ~= "string" or name == "" or name:find(":", 1, true) or name:find(" ", 1, true) then
    error("http.header(source, name): name is a string such as \"Host\", without a colon or blanks", 2)
  end
  local value, state = native.http_field(source, name)
  return value, state
end

return native.module("http", http)

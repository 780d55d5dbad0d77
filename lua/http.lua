--- HTTP/1 in the packets of a flow.
--
--     local http = require("http")
--     local method, uri = http.request(flow)
--     local host = http.header(flow, "Host")
--
-- Every function takes as its source the flow that `classifier()` was given, which stands for the payload
-- of the current packet, a stream (`flow:stream()`), or a string. Where nothing is found the last value that
-- it returns is `"partial"` when the bytes may be the beginning of what is looked for: it goes on in a later
-- packet.
-- @module http

-- What the host does in C for helper modules; classifiers do not get this.
local native = ...

local DOT = 46

local http = {}

--- The request that the bytes begin with.
-- @param source flow, stream or string
-- @treturn ?string the method, such as "GET"; nil when the bytes do not begin with a whole request line
-- @treturn ?string the URI as sent, such as "/index.html"
-- @treturn ?string "partial"
function http.request(source)
  local method, uri, state = native.http_request(source)
  return method, uri, state
end

--- The response that the bytes begin with.
-- @param source flow, stream or string
-- @treturn ?number the status, such as 200; nil when the bytes do not begin with a whole status line
-- @treturn ?string the reason, such as "OK"; it may be empty
-- @treturn ?string "partial"
function http.response(source)
  local status, reason, state = native.http_response(source)
  return status, reason, state
end

--- The host that the request that the bytes begin with is for, as names of servers are compared: what its field
-- Host says, in lower case, without a port and a dot at the end. An IPv6 address keeps its brackets.
-- @param source flow, stream or string
-- @treturn ?string such as "www.example.com", "192.0.2.1" or "[2001:db8::1]"; nil when the message does not have it
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

--- The value of a header field of the request or response that the bytes begin with.
-- @param source flow, stream or string
-- @tparam string name the field's name, in whatever case
-- @treturn ?string the first such field's value, without white space around it; nil when the message does
-- not have it. Of a value that goes on in further lines, which RFC 9112 allows no sender, the first line
-- @treturn ?string "partial": the headers do not end in these bytes, the field may still come
function http.header(source, name)
  if type(name) ~= "string" or name == "" or name:find(":", 1, true) or name:find(" ", 1, true) then
    error("http.header(source, name): name is a string such as \"Host\", without a colon or blanks", 2)
  end
  local value, state = native.http_field(source, name)
  return value, state
end

return native.module("http", http)

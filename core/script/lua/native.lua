--- The C functions behind helper modules (lua/), which receive this table as `...`; classifiers
-- do not. Each function bounds its own work: it takes a flow or a string (bytes.lua) and values,
-- and returns values. A parser's last result is "partial" if the data may continue after the
-- bytes.
local C, steps, bytes, moments, nearest, new_regex, classifier = ...
local ffi = require("ffi")

local text_of = ffi.string
local bytes_of = bytes.of

local WHOLE, PARTIAL = 2, 1

local function state_of(result)
  return result == PARTIAL and "partial" or nil
end

local native = {
  histogram = bytes.histogram,
  moments = moments,
  nearest = nearest, -- to a word, in a list of words (nearest.h); or nil
  regex = new_regex, -- of a pattern and whether to ignore case (regexes.lua)
  classifier = classifier, -- its name; nil in specs of helper modules
}

--- A helper module for classifiers: accessing an unknown field raises an error that lists the
-- known ones.
function native.module(name, functions)
  return setmetatable(functions, {
    __index = function(_, key)
      local known = {}
      for each in pairs(functions) do
        known[#known + 1] = each
      end
      table.sort(known)
      local near = type(key) == "string" and nearest(key, known)
      error(('the helper module %s has no "%s"; %s'):format(name, type(key) == "string" and key or type(key),
        near and ('did you mean "%s"?'):format(near) or "it has: " .. table.concat(known, ", ")), 2)
    end,
  })
end

local http_request = ffi.new("struct http_request")

--- Method, target, nil; or nil, nil and the state.
function native.http_request(source)
  local at, length = bytes_of(source, "http.request()")
  local result = length ~= 0 and C.dpae_http_request(at, length, http_request) or 0
  if result ~= WHOLE then
    return nil, nil, state_of(result)
  end
  return text_of(http_request.method, http_request.method_length),
    text_of(http_request.target, http_request.target_length)
end

local http_response = ffi.new("struct http_response")

--- Status, reason, nil; or nil, nil and the state.
function native.http_response(source)
  local at, length = bytes_of(source, "http.response()")
  local result = length ~= 0 and C.dpae_http_response(at, length, http_response) or 0
  if result ~= WHOLE then
    return nil, nil, state_of(result)
  end
  return http_response.status, text_of(http_response.reason, http_response.reason_length)
end

local http_field = ffi.new("struct http_field")

--- The value of a header field, nil; or nil and the state. what: name of the calling function, by default
-- http.header().
function native.http_field(source, name, what)
  local at, length = bytes_of(source, what or "http.header()")
  local result = length ~= 0 and C.dpae_http_field(at, length, name, #name, http_field) or 0
  if result ~= WHOLE then
    return nil, state_of(result)
  end
  return text_of(http_field.value, http_field.length)
end

local tls_hello = ffi.new("struct tls_hello")
local tls_item = ffi.new("struct tls_list")
local tls_text = ffi.new("char[16384]") -- TLS_TEXT_MAX
local list_at = ffi.new("uint32_t[1]")

local function server_name()
  local name = tls_hello.server_name
  return name.length ~= 0 and text_of(name.bytes, name.length):lower() or nil
end

--- The server name or nil, and the state.
function native.tls_server_name(source)
  local at, length = bytes_of(source, "tls.sni()")
  local result = length ~= 0 and C.dpae_tls_client_hello(at, length, tls_hello) or 0
  if result == 0 then
    return nil, nil
  end
  return server_name(), state_of(result)
end

local function protocols()
  local list = {}
  list_at[0] = 0
  while C.dpae_tls_next_protocol(tls_hello, list_at, tls_item) ~= 0 do
    list[#list + 1] = text_of(tls_item.bytes, tls_item.length)
  end
  return list
end

local function versions()
  local list = {}
  list_at[0] = 0
  repeat
    local version = C.dpae_tls_next_version(tls_hello, list_at)
    if version ~= 0 then
      list[#list + 1] = version
    end
  until version == 0
  return list[1] and list or { tls_hello.version }
end

--- A table of the fields of the ClientHello, nil; or nil and the state.
function native.tls_client_hello(source)
  local at, length = bytes_of(source, "tls.client_hello()")
  local result = length ~= 0 and C.dpae_tls_client_hello(at, length, tls_hello) or 0
  if result ~= WHOLE then
    return nil, state_of(result)
  end
  return {
    sni = server_name(),
    alpn = protocols(),
    versions = versions(),
    ja3 = text_of(tls_text, C.dpae_tls_ja3(tls_hello, tls_text)),
    ja4 = text_of(tls_text, C.dpae_tls_ja4(tls_hello, tls_text)),
  }
end

-- Compiled into ordinary classifiers, this ended 2 of 100 replays with SIGSEGV (core/ARCHITECTURE.md).
jit.off(native.tls_client_hello, true)

local quic_initial = ffi.new("struct quic_initial")

--- Version, both connection IDs (bytes) and the length of the token, nil; or nil, nil, nil, nil, state.
function native.quic_initial(source)
  local at, length, datagram = bytes_of(source, "quic.initial()")
  local result = length ~= 0 and C.dpae_quic_initial(at, length, datagram, quic_initial) or 0
  if result ~= WHOLE then
    return nil, nil, nil, nil, state_of(result)
  end
  return quic_initial.version,
    text_of(quic_initial.destination, quic_initial.destination_length),
    text_of(quic_initial.source, quic_initial.source_length),
    quic_initial.token_length
end

--- Only the version, without creating strings.
function native.quic_version(source)
  local at, length, datagram = bytes_of(source, "quic.version()")
  local result = length ~= 0 and C.dpae_quic_initial(at, length, datagram, quic_initial) or 0
  return result == WHOLE and quic_initial.version or nil
end

local ssh_banner = ffi.new("struct ssh_banner")

--- Line, protocol, software, comments, nil; or four nils and the state.
function native.ssh_banner(source)
  local at, length = bytes_of(source, "ssh.banner()")
  local result = length ~= 0 and C.dpae_ssh_banner(at, length, ssh_banner) or 0
  if result ~= WHOLE then
    return nil, nil, nil, nil, state_of(result)
  end
  return text_of(ssh_banner.line, ssh_banner.line_length),
    text_of(ssh_banner.protocol, ssh_banner.protocol_length),
    text_of(ssh_banner.software, ssh_banner.software_length),
    text_of(ssh_banner.comments, ssh_banner.comments_length)
end

local dns_query = ffi.new("struct dns_query")

--- Name, type number, whether it is a response, nil; or three nils and the state.
function native.dns_query(source)
  local at, length = bytes_of(source, "dns.query()")
  local result = length ~= 0 and C.dpae_dns_query(at, length, bytes.are_tcp(source), dns_query) or 0
  if result ~= WHOLE then
    return nil, nil, nil, state_of(result)
  end
  return text_of(dns_query.name, dns_query.name_length), dns_query.type, dns_query.is_response
end

local counts = ffi.new("struct byte_histogram")

--- Entropy in bits per byte, and the number of bytes.
function native.entropy(source)
  local at, length = bytes_of(source, "entropy.of()")
  ffi.fill(counts, ffi.sizeof(counts))
  C.dpae_histogram_add(counts, at, length)
  return C.dpae_histogram_entropy(counts), length
end

local token_end = ffi.new("uint32_t[1]")

--- Returns a function that searches a source for these tokens (a list of strings). It returns the
-- token's index in the list and the position of its last byte, or nil. Returns nil if the list
-- exceeds the limits.
function native.tokens(tokens, ignore_case)
  -- The list comes from a script: do not trust its length operator.
  local list, size = {}, 0
  for i, token in ipairs(tokens) do
    list[i] = token
    size = size + #token
    if i > 64 or size > 1024 then -- TOKENS_MAX, TOKENS_BYTES_MAX
      return nil
    end
  end
  local lengths = ffi.new("uint32_t[?]", #list)
  for i, token in ipairs(list) do
    lengths[i - 1] = #token
  end
  local states = ffi.new("struct token_state[?]", size + 1)
  steps.charge_bytes(ffi.sizeof(states))
  local used = C.dpae_tokens_build(states, table.concat(list), lengths, #list, ignore_case)
  if used == 0 then
    return nil
  end
  return function(source)
    local at, length = bytes_of(source, "tokens:find()")
    local token = C.dpae_tokens_find(states, at, length, token_end)
    if token == 0 then
      return nil
    end
    return token, token_end[0]
  end
end

--- Whether the bytes begin with this text.
function native.starts(source, text)
  local at, length = bytes_of(source, "tokens.starts()")
  return C.dpae_tokens_start(at, length, text, #text) ~= 0
end

return native

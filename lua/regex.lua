--- Regular expressions over the bytes of a payload: PCRE2 patterns, in the syntax of Perl, compiled to machine code.
--
--     local regex = require("regex")
--     local HOST = regex.new([[\r\nHost:\s*([^\s:]+)]], { ignore_case = true }) -- within [[ ]] write \ once
--     ...
--     local host = HOST:match(flow:stream("c2s"))
--
-- Each match is bounded. A match that takes too many steps is a script error, not "no match". Patterns are costly if
-- several `*` and `+` can match the same bytes, as in `(a+)+` or `.*.*`.
-- @module regex

local native = ...

local regex = {}

local OPTIONS = { "ignore_case" }

-- With a misspelt option, a pattern would match less than intended. Raises an error at the caller of the caller.
local function check_options(options)
  if options ~= nil and type(options) ~= "table" then
    error("regex.new(pattern, options): options is a table such as { ignore_case = true }", 3)
  end
  for name, value in pairs(options or {}) do
    if name ~= "ignore_case" then
      local near = type(name) == "string" and native.nearest(name, OPTIONS)
      error(('regex.new(pattern, options): there is no option "%s"; %s'):format(tostring(name),
        near and ('did you mean "%s"?'):format(near) or "there is: ignore_case"), 3)
    elseif type(value) ~= "boolean" then
      error("regex.new(pattern, options): ignore_case is true or false", 3)
    end
  end
end

--- A compiled pattern. Make it at the top of the file or in `new()`, not in `classifier()`. A pattern has up to
-- 1024 bytes and 32 capturing groups; a classifier may make 64 patterns.
--
-- * `re:find(source, init)` searches for the first match, from the position `init` on (default 1; a negative one counts
--   from the end). It returns the positions of the first and last byte of the match, and the captures; or nil
-- * `re:match(source, init)` returns the captures, or the whole match for a pattern without groups; or nil
-- * `re:test(source)` returns whether there is a match, without making strings
--
-- A source is a flow (the payload of its current packet), a stream, or a string. The capture of a group that took no
-- part in the match is `false`.
--
-- docs/flow-api.md describes the syntax, which is that of Perl and PCRE2 (pcre2pattern(3)), over bytes.
-- @tparam string pattern
-- @tparam ?table options `{ ignore_case = true }` makes A to Z and a to z equal
-- @return the object
function regex.new(pattern, options)
  if type(pattern) ~= "string" then
    error("regex.new(pattern, options): pattern is a string", 2)
  end
  check_options(options)
  local re, problem = native.regex(pattern, options ~= nil and options.ignore_case == true)
  if not re then
    error("regex.new: " .. problem, 2)
  end
  return re
end

return native.module("regex", regex)

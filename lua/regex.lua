--- Regular expressions over the bytes of payload: PCRE2's, which are Perl's, compiled to machine code.
--
--     local regex = require("regex")
--     local HOST = regex.new([[\r\nHost:\s*([^\s:]+)]], { ignore_case = true }) -- within [[ ]] no \ is doubled
--     ...
--     local host = HOST:match(flow:stream("c2s"))
--
-- Each match is bounded. One that takes too many steps is an error of the script, not "no match": what is
-- costly are `*` and `+` that can match the same bytes, such as `(a+)+` or `.*.*`.
-- @module regex

local native = ...

local regex = {}

local OPTIONS = { "ignore_case" }

-- A slip in them would make a pattern that matches less than it should. Raises an error at the caller's caller.
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

--- A pattern to look for. Make it at the top of the file or in `new()`; `classifier()` cannot. A pattern has up to
-- 1024 bytes and 32 groups that capture; a classifier may make 64 of them.
--
-- * `re:find(source, init)` looks for the first match, from the place `init` on (1 when left out, from the end when
--   negative). It returns the places of the match's first and last byte and what its groups captured; or nil
-- * `re:match(source, init)` returns what the groups captured, or the whole match when there is no group; or nil
-- * `re:test(source)` returns whether there is a match, without making strings
--
-- A source is a flow (the payload of its current packet), a stream, or a string. For a group that took no part in
-- the match there is `false`.
--
-- The syntax is that of Perl and PCRE2 (pcre2pattern(3)), over bytes: `\w` and the like are of ASCII, `.` is any byte
-- but a newline, `(?s)` in front makes it any byte, `(?m)` lets `^` and `$` match at newlines, `(?x)` allows for
-- blanks and comments. `^` is the beginning of the source, `\G` the place `init`. Missing are recursion, verbs such
-- as `(*SKIP)`, callouts, Unicode (`\X`, `\p`, UTF), and conditions that are assertions (`(?(?=`).
-- @tparam string pattern
-- @tparam ?table options `{ ignore_case = true }` takes A to Z and a to z for the same
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

--- What is wrong with a classifier, for its author: where, what, what is allowed there, and the source
-- line as it was loaded.
local C, parts = ...
local ffi = require("ffi")

-- Patterns of Lua's own messages, and what they do not tell.
local HINTS = {
  { "attempt to write to constant location", "a classifier sets flow.finalised only" },
  { " to 'bool'", "flow.finalised is true or false" },
  { "compare number with function", "call a method: flow:max_packet_size()" },
  { "compare function with number", "call a method: flow:max_packet_size()" },
  { "(a function value)", "call a method: flow:max_packet_size()" },
  { "'flow' (a cdata value)", "flow is read by its fields, such as flow.packet_count, and its methods" },
  { "'struct flow_view'", "flow is read by its fields, such as flow.packet_count, and its methods" },
  { "(a nil value)", "nil has no fields and is no number or function; test for it first" },
  { "with nil", "test for nil first" },
  { "nil with", "test for nil first" },
  { "near '!", "not equal is ~=, and the opposite of a value is not value" },
  { "near '+'", "there is no +=; write n = n + 1" },
  { "'=' expected", "a statement assigns, or calls, or begins with local, if, for, while, repeat, do, return" },
  { "unexpected symbol", "there has to be a value, or a statement" },
  { "unfinished string", "a string ends in its line, with the quote that it began with" },
  { "malformed number", "numbers are written as 10, 0x1f, 2.5 or 1e6" },
  { "stack overflow", "a function that calls itself needs an end" },
}

local SOURCE_MAX = 80
local LINE_MAX = 4 * SOURCE_MAX
local MESSAGE_MAX = 700
local TEXT_MAX = 4096

-- All in one line.
local function flat(text)
  return (text:gsub("%z", "\\0"):gsub("\r?\n%s*", " "):gsub("%c", " "))
end

local function cut(text, most)
  return #text <= most and text or text:sub(1, most - 3):gsub("[\192-\255]?[\128-\191]*$", "") .. "..."
end

local length = ffi.new("uint32_t[1]")

-- Line number of a text, trimmed; LuaJIT counts \r\n as one end of a line. No more of it is looked at than may
-- be shown: there is no limit of time here, and the text may be one line of a megabyte.
local function line_of(text, number)
  local first = C.dpae_source_line(text, #text, number, length)
  local shown = text:sub(first + 1, first + math.min(length[0], LINE_MAX))
  return cut(flat(shown):match("^(.-)%s*$"), SOURCE_MAX)
end

-- The name of one of the texts that a message begins with, and a number of a line behind it. The longest one, since
-- they come in any order.
local function file_of(message, texts)
  local found
  for file in pairs(texts) do
    if message:sub(1, #file + 1) == file .. ":" and message:find("^%d", #file + 2)
      and not (found and #found > #file) then
      found = file
    end
  end
  return found
end

-- Takes a message apart that begins with the place of a line in one of the texts.
local function take_apart(message, texts)
  local file = file_of(message, texts)
  if not file then
    return nil
  end
  local line, rest = message:match("^(%d+):? ?(.*)$", #file + 2)
  return file, tonumber(line), rest, line_of(texts[file], tonumber(line))
end

-- Without the place when it is one of the program's own; and whether that is who calls classifier() or new():
-- then the error is one of a call at their end, which leaves no line of theirs.
local function without_place(message)
  local chunk, rest = message:match("^([%w_.]+):%d+: (.*)$")
  if chunk and (parts[chunk] or chunk == "loop") then
    return rest, chunk == "loop" or chunk == "host.lua"
  end
  return message, false
end

local function with_hint(message)
  for _, hint in ipairs(HINTS) do
    if message:find(hint[1], 1, true) then
      return message .. "; hint: " .. hint[2]
    end
  end
  return message
end

local errors = {}

-- A name for error messages that Lua does not cut: it keeps 59 bytes.
function errors.display_name(directory, file)
  local path = directory .. "/" .. file
  path = #path < 60 and path or directory:match("[^/]*$") .. "/" .. file
  return #path < 60 and path or "..." .. path:sub(-56)
end

--- texts: those of the classifier, by the names that Lua has for them. place: "file:line" of the innermost
-- line of a script, for a problem that has none of its own; begin: where classifier() begins, or new() while
-- that is called. Returns file (nil: not known), line, the message
-- with a hint, and the source line ("": not known).
function errors.describe(problem, texts, place, begin)
  local message = problem
  if type(problem) ~= "string" and type(problem) ~= "number" then
    message = ("the error is a %s value, not a message; error() takes a text"):format(type(problem))
  end
  message = tostring(message):sub(1, TEXT_MAX) -- patterns over megabytes would hold packets up
  local file, line, rest, source = take_apart(message, texts)
  local _
  if message:find("stack overflow$") then -- where the stack ends depends on what is compiled
    rest = "stack overflow"
    file, line, _, source = take_apart(begin or place, texts)
  elseif not file then
    local at_end
    rest, at_end = without_place(message)
    file, line, _, source = take_apart(at_end and begin or place, texts)
  end
  -- A function of C at the end of classifier() goes by the name that the loop has for that.
  rest = rest:gsub(" to 'classifier_%d+'", "")
  return file, line or 0, cut(flat(with_hint(rest)), MESSAGE_MAX), source or ""
end

return errors

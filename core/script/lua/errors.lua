--- Error messages of classifiers, for their authors: the place, the problem, the allowed values,
-- and the source line from the loaded text.
local C, parts = ...
local ffi = require("ffi")

-- Patterns of Lua's own messages, and the explanation that these lack.
local HINTS = {
  { "attempt to write to constant location", "a classifier may only set flow.finalised" },
  { " to 'bool'", "flow.finalised is true or false" },
  { "compare number with function", "call a method: flow:max_packet_size()" },
  { "compare function with number", "call a method: flow:max_packet_size()" },
  { "(a function value)", "call a method: flow:max_packet_size()" },
  { "'flow' (a cdata value)", "read the fields of flow, such as flow.packet_count, or call its methods" },
  { "'struct flow_view'", "read the fields of flow, such as flow.packet_count, or call its methods" },
  { "(a nil value)", "nil has no fields and is neither a number nor a function; test for it first" },
  { "with nil", "test for nil first" },
  { "nil with", "test for nil first" },
  { "near '!", "write ~= for inequality, and not x to negate x" },
  { "near '+'", "there is no +=; write n = n + 1" },
  { "'=' expected", "a statement is an assignment, a call, or begins with local, if, for, while, repeat, do, return" },
  { "unexpected symbol", "Lua expects a value or a statement here" },
  { "unfinished string", "a string ends on its line, with the quote that it began with" },
  { "malformed number", "numbers are written as 10, 0x1f, 2.5 or 1e6" },
  { "stack overflow", "a recursive function needs a condition that ends it" },
}

local SOURCE_MAX = 80
local LINE_MAX = 4 * SOURCE_MAX
local MESSAGE_MAX = 700
local TEXT_MAX = 4096

-- Puts a text on one line.
local function flat(text)
  return (text:gsub("%z", "\\0"):gsub("\r?\n%s*", " "):gsub("%c", " "))
end

local function cut(text, most)
  return #text <= most and text or text:sub(1, most - 3):gsub("[\192-\255]?[\128-\191]*$", "") .. "..."
end

local length = ffi.new("uint32_t[1]")

-- The trimmed source line `number`. LuaJIT counts \r
--  as one line end. Reads only as much as can be shown: no time limit applies here, and a line
-- may be a megabyte long.
local function line_of(text, number)
  local first = C.dpae_source_line(text, #text, number, length)
  local shown = text:sub(first + 1, first + math.min(length[0], LINE_MAX))
  return cut(flat(shown):match("^(.-)%s*$"), SOURCE_MAX)
end

-- The name of the text that a message begins with, if a line number follows. The longest match,
-- since pairs() has no fixed order.
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

-- Splits a message that begins with the place of a line in one of the texts.
local function take_apart(message, texts)
  local file = file_of(message, texts)
  if not file then
    return nil
  end
  local line, rest = message:match("^(%d+):? ?(.*)$", #file + 2)
  return file, tonumber(line), rest, line_of(texts[file], tonumber(line))
end

-- Removes the place if it is in the program's own code. The second result says whether that code
-- is the caller of classifier() or new(): then the failed call was in tail position and left no
-- line of the script.
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

-- A display name short enough that Lua does not cut it in error messages: it keeps 59 bytes.
function errors.display_name(directory, file)
  local path = directory .. "/" .. file
  path = #path < 60 and path or directory:match("[^/]*$") .. "/" .. file
  return #path < 60 and path or "..." .. path:sub(-56)
end

--- texts: the classifier's sources by their chunk names. place: "file:line" of the innermost
-- script line, used if the problem has no place of its own. begin: start of classifier(), or of
-- new() while that runs. Returns file (nil: unknown), line, the message with a hint, and the
-- source line ("": unknown).
function errors.describe(problem, texts, place, begin)
  local message = problem
  if type(problem) ~= "string" and type(problem) ~= "number" then
    message = ("the error is a %s value, not a message; error() takes a text"):format(type(problem))
  end
  message = tostring(message):sub(1, TEXT_MAX) -- matching patterns over megabytes would delay packets
  local file, line, rest, source = take_apart(message, texts)
  local _
  if message:find("stack overflow$") then -- the depth it reached depends on the compiled code
    rest = "stack overflow"
    file, line, _, source = take_apart(begin or place, texts)
  elseif not file then
    local at_end
    rest, at_end = without_place(message)
    file, line, _, source = take_apart(at_end and begin or place, texts)
  end
  -- A C function called in the tail of classifier() is named after a local of the loop.
  rest = rest:gsub(" to 'classifier_%d+'", "")
  return file, line or 0, cut(flat(with_hint(rest)), MESSAGE_MAX), source or ""
end

return errors

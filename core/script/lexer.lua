--- Splits Lua source into tokens, as LuaJIT's own lexer (lj_lex.c) does. The source must compile: a token that
-- Lua refuses may come out as anything.
local ffi = require("ffi")

local byte, find, sub = string.byte, string.find, string.sub

local NAME, DIGIT, SPACE = 1, 2, 3 -- classes of bytes; 0 is any other

local classes = ffi.new("uint8_t[256]")
for code = 0, 255 do
  local char = string.char(code)
  -- LuaJIT takes all bytes from 128 up as parts of names.
  if code >= 128 or find(char, "[%a_]") then
    classes[code] = NAME
  elseif find(char, "%d") then
    classes[code] = DIGIT
  elseif find(char, "%s") then
    classes[code] = SPACE
  end
end

local KEYWORDS = {}
for word in string.gmatch([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]], "%a+") do
  KEYWORDS[word] = word
end

-- Operators of more than one byte, the longest first.
local LONG_OPERATORS = {
  [byte(".")] = { "...", "..", "." },
  [byte(":")] = { "::", ":" },
  [byte("=")] = { "==", "=" },
  [byte("~")] = { "~=", "~" },
  [byte("<")] = { "<=", "<" },
  [byte(">")] = { ">=", ">" },
}
local SHORT_OPERATORS = {}
for code = 0, 255 do
  SHORT_OPERATORS[code] = string.char(code)
end

local MINUS, PLUS, DOT, BACKSLASH, BRACKET, EQUALS = byte("-+.\\[=", 1, 6)
local QUOTE, APOSTROPHE, NEWLINE, RETURN, HASH = byte("\"'\n\r#", 1, 5)
local LOWER_E, LOWER_P, LOWER_X, ZERO = byte("epx0", 1, 4)
local TO_LOWER = 0x20

local function is_exponent(code, wanted)
  return bit.bor(code, TO_LOWER) == wanted
end

--- A function that returns the kind of the next token, the position of its first byte and that of its last one,
-- from 1; nil at the end. The kind is the text of an operator or keyword, else "name", "number" or "string".
return function(text)
  local bytes, length = ffi.cast("const uint8_t *", text), #text
  local at = 0 -- the offset of the next byte

  -- The offset behind the line that begins at an offset.
  local function skip_line(from)
    while from < length and bytes[from] ~= NEWLINE and bytes[from] ~= RETURN do
      from = from + 1
    end
    return from
  end

  -- The offset behind the long string or comment whose bracket opens at an offset; nil: it is no such bracket.
  local function skip_long(from)
    local last = from + 1
    while last < length and bytes[last] == EQUALS do
      last = last + 1
    end
    if last >= length or bytes[last] ~= BRACKET then
      return nil
    end
    local closing = "]" .. string.rep("=", last - from - 1) .. "]"
    local _, stop = find(text, closing, last + 2, true)
    return stop or length
  end

  -- The offset behind the string in quotes that begins at an offset.
  local function skip_quoted(from)
    local quote = bytes[from]
    from = from + 1
    while from < length and bytes[from] ~= quote do
      from = from + (bytes[from] == BACKSLASH and 2 or 1)
    end
    return from + 1
  end

  local function skip_number(from)
    local exponent = LOWER_E
    if bytes[from] == ZERO and from + 1 < length and is_exponent(bytes[from + 1], LOWER_X) then
      exponent = LOWER_P
    end
    local before = 0
    while from < length do
      local code = bytes[from]
      local signed = (code == MINUS or code == PLUS) and is_exponent(before, exponent)
      if classes[code] ~= NAME and classes[code] ~= DIGIT and code ~= DOT and not signed then
        break
      end
      before, from = code, from + 1
    end
    return from
  end

  local function skip_name(from)
    while from < length and (classes[bytes[from]] == NAME or classes[bytes[from]] == DIGIT) do
      from = from + 1
    end
    return from
  end

  local function skip_blank()
    while at < length do
      if classes[bytes[at]] == SPACE then
        at = at + 1
      elseif bytes[at] == MINUS and at + 1 < length and bytes[at + 1] == MINUS then
        local long = at + 2 < length and bytes[at + 2] == BRACKET and skip_long(at + 2)
        at = long or skip_line(at + 2)
      else
        return
      end
    end
  end

  local function operator(first)
    for _, candidate in ipairs(LONG_OPERATORS[bytes[first]] or {}) do
      if sub(text, first + 1, first + #candidate) == candidate then
        return candidate
      end
    end
    return SHORT_OPERATORS[bytes[first]]
  end

  if sub(text, 1, 3) == "\239\187\191" then -- a byte order mark
    at = 3
  end
  if at < length and bytes[at] == HASH then
    at = skip_line(at)
  end

  return function()
    skip_blank()
    if at >= length then
      return nil
    end
    local first, code = at, bytes[at]
    local class, kind = classes[code], nil
    if class == NAME then
      at = skip_name(at)
      kind = KEYWORDS[sub(text, first + 1, at)] or "name"
    elseif class == DIGIT or (code == DOT and at + 1 < length and classes[bytes[at + 1]] == DIGIT) then
      at = skip_number(at)
      kind = "number"
    elseif code == QUOTE or code == APOSTROPHE then
      at = skip_quoted(at)
      kind = "string"
    else
      local long = code == BRACKET and skip_long(at)
      kind = long and "string" or operator(first)
      at = long or first + #kind
    end
    return kind, first + 1, at
  end
end

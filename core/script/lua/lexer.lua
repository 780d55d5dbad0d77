--- Splits Lua source into tokens, like LuaJIT's own lexer (lj_lex.c). The source must compile;
-- otherwise the tokens are undefined.
jit.off(true, true) -- runs once per script: compiling it does not pay off

local byte, find, lower, match, rep, sub = string.byte, string.find, string.lower, string.match, string.rep, string.sub

-- LuaJIT allows all bytes from 128 up in names.
local NAME = "^[%a_\128-\255][%w_\128-\255]*()"
local NUMBER = "^%.?%d()"
local NUMBER_PART = "^[%w_.\128-\255]*()"
local BYTE_ORDER_MARK = "\239\187\191"

local KEYWORDS = {}
for word in string.gmatch([[and break do else elseif end false for function goto if in local nil not or repeat
    return then true until while]], "%a+") do
  KEYWORDS[word] = word
end

-- Operators of several bytes, by their first byte.
local LONG_OPERATORS = {
  ["."] = "^%.%.?%.?()",
  [":"] = "^::?()",
  ["="] = "^==?()",
  ["~"] = "^~=?()",
  ["<"] = "^<=?()",
  [">"] = "^>=?()",
}

-- The position after the long string or comment with its bracket at a position; nil without such a bracket.
local function skip_long(text, at)
  local level, first = match(text, "^%[(=*)%[()", at)
  if not level then
    return nil
  end
  local _, last = find(text, "]" .. rep("=", #level) .. "]", first, true)
  return (last or #text) + 1
end

local function skip_line(text, at)
  return find(text, "[\r\n]", at) or #text + 1
end

-- The position of the first byte that is neither blank nor part of a comment.
local function skip_blank(text, at)
  while true do
    at = match(text, "^%s*()", at)
    if sub(text, at, at + 1) ~= "--" then
      return at
    end
    at = skip_long(text, at + 2) or skip_line(text, at + 2)
  end
end

local function skip_quoted(text, at)
  local quote = sub(text, at, at)
  local ending = '[\\' .. quote .. ']'
  local found = find(text, ending, at + 1)
  while found and sub(text, found, found) == "\\" do
    found = find(text, ending, found + 2)
  end
  return (found or #text) + 1
end

-- After the exponent letter, a sign is part of the number.
local function skip_number(text, at)
  local exponent = find(text, "^0[xX]", at) and "p" or "e"
  at = match(text, NUMBER_PART, at)
  while find(text, "^[+-]", at) and lower(sub(text, at - 1, at - 1)) == exponent do
    at = match(text, NUMBER_PART, at + 1)
  end
  return at
end

-- The kind of the token at a position, and the position after it.
local function read_token(text, at)
  local behind = match(text, NAME, at)
  if behind then
    return KEYWORDS[sub(text, at, behind - 1)] or "name", behind
  elseif find(text, NUMBER, at) then
    return "number", skip_number(text, at)
  end
  local char = sub(text, at, at)
  if char == '"' or char == "'" then
    return "string", skip_quoted(text, at)
  end
  behind = char == "[" and skip_long(text, at)
  if behind then
    return "string", behind
  end
  behind = LONG_OPERATORS[char] and match(text, LONG_OPERATORS[char], at) or at + 1
  return sub(text, at, behind - 1), behind
end

--- Returns an iterator over tokens: each call returns the kind and the positions of the first and
-- last byte, from 1; nil at the end. The kind is the text of an operator or keyword, or "name",
-- "number" or "string".
return function(text)
  local at = 1
  if sub(text, 1, #BYTE_ORDER_MARK) == BYTE_ORDER_MARK then
    at = #BYTE_ORDER_MARK + 1
  end
  if byte(text, at) == byte("#") then
    at = skip_line(text, at)
  end

  return function()
    local first = skip_blank(text, at)
    if first > #text then
      return nil
    end
    local kind
    kind, at = read_token(text, first)
    return kind, first, at - 1
  end
end

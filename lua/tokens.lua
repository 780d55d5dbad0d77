--- Finds byte strings in a payload without making strings of it.
--
--     local tokens = require("tokens")
--     local TORRENT = tokens.new({ "\19BitTorrent protocol", "d1:ad2:id20:" })
--     ...
--     if TORRENT:find(flow) then
--
-- Each byte of the payload is read once, however many tokens there are.
-- @module tokens

local native = ...

local tokens = {}

-- With a misspelt option, a set would find less than intended. Raises an error at the caller of the caller.
local function check_options(options)
  if options ~= nil and type(options) ~= "table" then
    error("tokens.new(list, options): options is a table such as { ignore_case = true }", 3)
  end
  for name, value in pairs(options or {}) do
    if name ~= "ignore_case" then
      error(('tokens.new(list, options): there is no option "%s"; there is: ignore_case'):format(tostring(name)), 3)
    elseif type(value) ~= "boolean" then
      error("tokens.new(list, options): ignore_case is true or false", 3)
    end
  end
end

--- A set of up to 64 tokens, with 1024 bytes in total. Make it at the top of the file: it costs some
-- microseconds, and half a KiB of memory for each byte of the tokens.
--
-- `set:find(source)` searches the current packet of a flow, a stream, or a string. It returns the index of the
-- token that ends first (if several end at the same byte, the longest), and the position of its last byte, from
-- 1; or nil.
-- @tparam table list the tokens, as strings
-- @tparam ?table options `{ ignore_case = true }` makes A to Z and a to z equal
-- @return the set
function tokens.new(list, options)
  if type(list) ~= "table" or #list == 0 then
    error("tokens.new(list): list has the strings to look for", 2)
  end
  for i, token in ipairs(list) do
    if type(token) ~= "string" or token == "" then
      error(("tokens.new(list): list[%d] is not a string with something in it"):format(i), 2)
    end
  end
  check_options(options)
  local find = native.tokens(list, options ~= nil and options.ignore_case == true)
  if not find then
    error("tokens.new(list): more than 64 tokens, or more than 1024 bytes of them", 2)
  end
  local set = {}
  function set.find(self, source)
    if self ~= set then
      error("call it with a colon: set:find(flow)", 2)
    end
    local token, last = find(source)
    return token, last
  end
  return set
end

--- Whether the bytes begin with a text.
-- @param source flow (the payload of its current packet), stream or string
-- @tparam string text
-- @treturn boolean
function tokens.starts(source, text)
  if type(text) ~= "string" then
    error("tokens.starts(source, text): text is a string", 2)
  end
  local found = native.starts(source, text)
  return found
end

return native.module("tokens", tokens)

--- Bounded regular expressions (regex.h) for lua/regex.lua; their work is charged to the call.
-- exchange is the host's; nil in specs of helper modules, where patterns may be made at any time.
-- Load it once per VM.
local C, bytes, steps, exchange = ...
local ffi = require("ffi")

local bytes_of, charge, rest = bytes.of, steps.charge, steps.rest
local floor, max, min, text_of = math.floor, math.max, math.min, ffi.string

local CODE_MAX, WORK_MAX = 32768, 1048576 -- REGEX_... of regex.h
local PATTERNS_MAX = 64 -- per classifier
local WORK_A_STEP, BYTES_A_STEP = 4, 64

local MATCH = 1
local PROBLEMS = { -- by enum regex_result
  [2] = "the pattern took too many steps on this text and was stopped; let fewer of its * and + match the same "
    .. "bytes, or anchor it with ^",
  [3] = "the pattern needs too much backtracking on this text and was stopped; let a repeated group match more "
    .. "at a time, or make it possessive, as (?:...)*+",
  [4] = "the text is too long: a pattern searches up to 256 KiB",
  [5] = "PCRE2 failed",
}

local made = ffi.new("struct regex_made")
local found = ffi.new("struct regex_match")

-- Searches from offset start on; a match is left in found.
local function search(regex, what, at, length, start)
  local result = C.dpae_regex_match(regex, at, length, start, min(WORK_MAX, rest() * WORK_A_STEP), found)
  charge(found.work / WORK_A_STEP + (length - start) / BYTES_A_STEP)
  if result > MATCH then
    error(what .. ": " .. PROBLEMS[result], 3)
  end
  return result == MATCH
end

-- The offset at which string.find() would begin; may be past the end.
local function offset_of(init, what, length)
  if init == nil then
    return 0
  end
  if type(init) ~= "number" or init ~= init then
    error(what .. ": init is a number, the position to begin at", 3)
  end
  return floor(max(init < 0 and length + init or init - 1, 0))
end

-- The text of a group of the latest match (0: the whole match) in the bytes at; false if the
-- group did not take part.
local function group_of(at, group)
  local first, last = found.at[2 * group], found.at[2 * group + 1]
  if first == 0xffffffff then
    return false
  end
  return first == last and "" or text_of(at + first, last - first)
end

-- Generated per number of groups: the JIT does not compile unpack().
local RESULTS = [[
local found, group_of = ...
return function(at)
  return found.at[0] + 1, found.at[1]$more
end, function(at)
  return $groups
end
]]
local results = {}

-- Functions that return the results of find() and of match() for the bytes of the latest match.
local function results_of(groups)
  if not results[groups] then
    local list = {}
    for group = 1, groups do
      list[group] = ("group_of(at, %d)"):format(group)
    end
    local all = table.concat(list, ", ")
    local text = RESULTS:gsub("%$(%l+)", {
      more = groups > 0 and ", " .. all or "",
      groups = groups > 0 and all or "group_of(at, 0)",
    })
    results[groups] = { assert(load(text, "=regexes.lua", "t"))(found, group_of) }
  end
  return results[groups][1], results[groups][2]
end

local function check(self, re, name)
  if self ~= re then
    error(("call it with a colon: re:%s(flow)"):format(name), 3)
  end
end

-- The object of a pattern; see lua/regex.lua.
local function object_of(regex, groups)
  local found_at, matched = results_of(groups)
  local re = {}

  function re.find(self, source, init)
    check(self, re, "find")
    local at, length = bytes_of(source, "re:find()", 3)
    local start = offset_of(init, "re:find(source, init)", length)
    if start > length or not search(regex, "re:find()", at, length, start) then
      return nil
    end
    return found_at(at)
  end

  function re.match(self, source, init)
    check(self, re, "match")
    local at, length = bytes_of(source, "re:match()", 3)
    local start = offset_of(init, "re:match(source, init)", length)
    if start > length or not search(regex, "re:match()", at, length, start) then
      return nil
    end
    return matched(at)
  end

  function re.test(self, source)
    check(self, re, "test")
    local at, length = bytes_of(source, "re:test()", 3)
    local matches = search(regex, "re:test()", at, length, 0)
    return matches
  end

  return re
end

local regexes = {}

--- Returns the function that makes the patterns of one classifier from a pattern (a string) and
-- whether to ignore case. It returns an object with find(), match() and test(), or nil and the
-- problem. Its limits count all patterns made, not those still in use, since that depends on the
-- garbage collector.
function regexes.maker()
  local room, count = CODE_MAX, 0
  return function(pattern, ignore_case)
    if exchange and not exchange.loading then
      return nil, "make it once, in new() or at the top of the file; classifier() cannot make patterns"
    elseif count == PATTERNS_MAX then
      return nil, ("a classifier may make up to %d patterns, including its helper modules"):format(PATTERNS_MAX)
    end
    local regex = C.dpae_regex_new(pattern, #pattern, ignore_case, room, made)
    if regex == nil then
      local problem = text_of(made.problem)
      return nil, made.offset < 0 and problem or ("%s at offset %d"):format(problem, made.offset)
    end
    room, count = room - made.size, count + 1
    return object_of(ffi.gc(regex, C.dpae_regex_free), made.groups)
  end
end

return regexes

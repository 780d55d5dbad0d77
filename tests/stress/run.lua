--- Describes one run of the stress test: its classifiers and captures. The same for the same
-- number.
local program = require("tests.stress.program")
local random = require("tests.stress.random")

local run = {}

-- Name prefixes of captures that end a replay with an error.
local DAMAGED = { "cut", "not_a_capture", "record_too_long" }

--- Whether replaying this capture ends with exit status 1.
function run.is_damaged(capture)
  for _, begin in ipairs(DAMAGED) do
    if capture:sub(1, #begin) == begin then
      return true
    end
  end
  return false
end

-- A random selection of captures; a damaged one ends the run.
local function choose_captures(chance, captures)
  local chosen = { "mixed.pcap" }
  for _ = 1, chance:between(0, 5) do
    chosen[#chosen + 1] = chance:pick(captures)
    if run.is_damaged(chosen[#chosen]) then
      break
    end
  end
  return chosen
end

--- Describes run `number`; captures: all names, sorted. Returns a list of { name, text } and the
-- names of the captures to replay, in order.
function run.describe(number, captures)
  local chance = random.new(number)
  local is_ordinary = chance:chance(0.7)
  local classifiers = {}
  for i = 1, chance:between(1, is_ordinary and 2 or 3) do
    classifiers[i] = {
      name = ("random_%d_%d"):format(number, i),
      text = program.make(number * 8 + i, is_ordinary or chance:chance(0.2)),
    }
  end
  local chosen = { "mixed.pcap", chance:chance(0.5) and "mixed.pcap" or nil }
  if not is_ordinary or chance:chance(0.3) then
    chosen = choose_captures(chance, captures)
  end
  return classifiers, chosen
end

return run

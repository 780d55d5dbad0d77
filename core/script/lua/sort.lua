--- A stable merge sort. Whatever less() returns, it is called at most n log n times, and the list
-- keeps all its elements.
local _, steps = ...

local RUN = 8 -- runs of this length are sorted by insertion
local LONG, BYTES_A_STEP = 64, 64 -- comparing longer strings is charged

local function insert_runs(list, count, less)
  for first = 1, count, RUN do
    for i = first + 1, math.min(first + RUN - 1, count) do
      local value, at = list[i], i
      while at > first and less(value, list[at - 1]) do
        list[at] = list[at - 1]
        at = at - 1
      end
      list[at] = value
    end
  end
end

-- Merges two adjacent runs of from into one run of to.
local function merge(from, to, first, middle, last, less)
  local left, right = first, middle + 1
  for at = first, last do
    if left <= middle and (right > last or not less(from[right], from[left])) then
      to[at] = from[left]
      left = left + 1
    else
      to[at] = from[right]
      right = right + 1
    end
  end
end

-- Charges steps for this many rounds: moved elements, and comparisons of long strings.
local function charge(list, count, rounds)
  local bytes = 0
  for i = 1, count do
    local value = list[i]
    if type(value) == "string" and #value > LONG then
      bytes = bytes + #value
    end
  end
  steps.charge(bytes * (RUN / 2 + rounds) / BYTES_A_STEP + (count > RUN and count * rounds / 4 or 0))
end

--- Sorts list[1..count]; less(a, b) says whether a comes before b. Returns the sorted list, which
-- may be a different table.
return function(list, count, less)
  local rounds, width = 1, RUN
  while width < count do
    rounds, width = rounds + 1, width * 2
  end
  charge(list, count, rounds)
  insert_runs(list, count, less)
  local other = count > RUN and {} or nil
  width = RUN
  while width < count do
    for first = 1, count, 2 * width do
      merge(list, other, first, math.min(first + width - 1, count), math.min(first + 2 * width - 1, count), less)
    end
    list, other = other, list
    width = width * 2
  end
  return list
end

--- The table of hostile classifiers: the contents of rows/ as a list sorted by name. Each row has
--
-- * name: "FILE: what it does"
-- * source: the text of the classifier
-- * expect: plain text that an error must contain; "": any error; nil: no error; false: either
-- * load: loading must fail
-- * memory: only the effect on the others matters
-- * c: a C function takes the time, if any
-- * slow: a replay takes more than a second
-- * apart: a replay takes minutes, so only the lateness of its end is measured
-- * fast: replayed by each test run; every third of the rows that are not slow
local FILES = {
  "attacks", "errors", "escape", "helpers", "library", "loops", "memory", "metamethods", "misuse", "recursion",
  "returns", "sources",
}
local IN_C = { library = true, helpers = true }

-- Precedes a row that consists of the body of classifier() on one line; the body is line 2.
local HEAD = 'local http, tls, ssh, dns, quic = require("http"), require("tls"), require("ssh"), require("dns"), '
  .. 'require("quic") local entropy, stats, tokens = require("entropy"), require("stats"), require("tokens") '
  .. 'local names, settings = require("names"), require("settings") local it = {} function it.new(logger, config) '
  .. "return { classifier = function(self, flow)\n"
local TAIL = "\nend } end return it\n"

local function read_file(file, rows)
  local given = require("tests.hostile.rows." .. file)
  for what, row in pairs(given) do
    if what ~= "memory" then
      rows[#rows + 1] = {
        name = file .. ": " .. what,
        source = row.source or HEAD .. row[1] .. TAIL,
        expect = row[row.source and 1 or 2],
        load = row.load,
        memory = given.memory or row.memory,
        c = row.c or IN_C[file],
        slow = row.slow or row.apart,
        apart = row.apart,
      }
    end
  end
end

local rows = {}
for _, file in ipairs(FILES) do
  read_file(file, rows)
end
table.sort(rows, function(a, b)
  return a.name < b.name
end)

local FAST = 3
local quick = 0
for _, row in ipairs(rows) do
  quick = quick + (row.slow and 0 or 1)
  row.fast = not row.slow and quick % FAST == 0
end
return rows

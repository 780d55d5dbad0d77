--- The table of hostile classifiers: what is in rows/, as a list in the order of the names. Each row has
--
-- * name: "FILE: what it does"
-- * source: the text of the classifier
-- * expect: what an error has to say, as plain text; "": something; nil: there is none; false: whatever comes
-- * load: it is not to be loaded
-- * memory: it is about the others only
-- * c: what takes its time is a function in C, if anything
-- * slow: a replay takes more than a second
-- * apart: a replay takes minutes, so it is only measured how late it is stopped
-- * fast: it is one of those that each test run replays, each third of the rows that are not slow
local FILES = {
  "attacks", "errors", "escape", "helpers", "library", "loops", "memory", "metamethods", "misuse", "recursion",
  "returns", "sources",
}
local IN_C = { library = true, helpers = true }

-- In front of a row that is the body of classifier() only, on one line; the body is line 2.
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

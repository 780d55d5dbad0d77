--- Looks for phrases that readers stumble over (phrases.lua) in comments, messages and pages:
-- luajit style.lua ROOT [FILES AND FOLDERS]
-- Reword the sentence when it finds one: there are no exceptions.
local root = arg[1]
package.path = root .. "/tests/style/?.lua;" .. package.path
local phrases = require("phrases")
local prose = require("prose")

-- The files and folders to check by default.
local CHECKED = "*.md docs lua classifiers config setup.sh .ci core/ARCHITECTURE.md core/cli core/kit core/pipeline "
  .. "core/script core/store/*.h core/store/mongo.c core/store/outbox.c core/store/spool.c core/store/store*.c "
  .. "spec/classifiers spec/flow spec/kit spec/script tests/bench/*.sh tests/captures tests/cli/*.sh tests/docs "
  .. "tests/golden/*.sh tests/hostile tests/install tests/kit tests/lab/mongo/*.sh tests/long tests/order tests/readme "
  .. "tests/store/*.h tests/stress/stress.lua tests/style tests/unit/pipeline tests/unit/script tests/unit/store"

-- All words of a phrase with one choice of its alternatives each: a list of Lua patterns. Between two words may be one
-- line break.
local function expand(phrase)
  local patterns = { "%f[%w_]" }
  for word in phrase:gmatch("%S+") do
    local longer = {}
    for _, pattern in ipairs(patterns) do
      for choice in word:gmatch("[^|]+") do
        longer[#longer + 1] = pattern .. (pattern == "%f[%w_]" and "" or "[ \t]*\n?[ \t]*") .. choice
      end
    end
    patterns = longer
  end
  for i, pattern in ipairs(patterns) do
    patterns[i] = pattern .. "%f[^%w_]"
  end
  return patterns
end

local function is_right(phrase, text, first)
  local before = text:sub(1, first - 1):match("(%w+)%s+$")
  return phrase.after and before and (" " .. phrase.after .. " "):find(" " .. before .. " ", 1, true)
end

-- Calls found(position) for each place of a phrase in the text.
local function search(phrase, text, found)
  for _, pattern in ipairs(phrase.patterns) do
    local first, last = text:find(pattern)
    while first do
      if not is_right(phrase, text, first) then
        found(first, last)
      end
      first, last = text:find(pattern, last)
    end
  end
end

local failures = 0
local function fail(...)
  io.stderr:write(string.format(...), "\n")
  failures = failures + 1
end

-- A phrase that its own example does not contain would not find others either.
local function prepare()
  for _, phrase in ipairs(phrases) do
    phrase.patterns = expand(phrase[1])
    local hits = 0
    search(phrase, phrase.example:lower(), function()
      hits = hits + 1
    end)
    if hits == 0 then
      fail("phrases.lua: \"%s\" does not match its example", phrase[1])
    end
  end
end

local function line_at(text, position)
  return select(2, text:sub(1, position - 1):gsub("\n", "")) + 1
end

local function check(path)
  local file = assert(io.open(root .. "/" .. path))
  local text = prose.of(path, file:read("*a"))
  file:close()
  for _, phrase in ipairs(text and phrases or {}) do
    search(phrase, text, function(first, last)
      fail("%s:%d: \"%s\": %s", path, line_at(text, first), text:sub(first, last):gsub("%s+", " "), phrase.remedy)
    end)
  end
  return text ~= nil
end

-- Prose is found in each kind of file, and nowhere else.
local SAMPLES = {
  { "x.lua", 'none = 1 -- told\nf("whose")', "none", "told", "whose" },
  { "x.c", '/* a\n * told */ none(); f("whose");', "none", "told", "whose" },
  { "x.sh", "f 'none' # told\nsay \"whose\"", "none", "told", "whose" },
  { "x.yaml", "key: none # told\n# whose", "none", "told", "whose" },
  { "x.md", "told `none`\n```\nnone\n```\n    none\nwhose", "none", "told", "whose" },
}

local function check_samples()
  for _, sample in ipairs(SAMPLES) do
    local text = prose.of(sample[1], sample[2])
    if text:find(sample[3], 1, true) or not text:find(sample[4], 1, true) or not text:find(sample[5], 1, true) then
      fail("prose.lua: in %s the prose is \"%s\"", sample[1], text)
    end
  end
end

prepare()
check_samples()
local count = 0
local list = assert(io.popen(("cd '%s' && find %s -type f ! -name phrases.lua ! -name style.lua | sort"):format(root,
  arg[2] or CHECKED)))
for path in list:lines() do
  count = count + (check(path) and 1 or 0)
end
list:close()
if not arg[2] and count < 40 then
  fail("only %d files were found", count)
end
os.exit(failures == 0)

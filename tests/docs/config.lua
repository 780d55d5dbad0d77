--- Compares docs/config.md with the program: luajit config.lua DPAE ROOT
-- Keys and defaults are those of config/config.yaml (a unit test compares that file with the option table),
-- ranges are those that `dpae check` reports, live keys are those of core/config/option_table.c.
local dpae, root = arg[1], arg[2]
package.path = root .. "/tests/docs/?.lua;" .. package.path
local pages = require("pages")

local function shipped_values()
  local values = {}
  for line in pages.read(root .. "/config/config.yaml"):gmatch("[^\n]+") do
    local key, value = line:match("^#?([a-z][%w_]*): (.*)$")
    if key then
      values[key] = value
    end
  end
  return values
end

local function documented_options()
  local options = {}
  for _, row in ipairs(pages.rows(pages.read(root .. "/docs/config.md"))) do
    local key = row[1]:match("^`([%w_]+)`$")
    if options[key] then
      pages.fail("docs/config.md has %s twice", key)
    end
    options[key] = { default = row[2]:match("^`(.*)`$"), allowed = row[3], live = row[4], meaning = row[5] }
  end
  return options
end

-- Of each key with a range: its limits, from the faults of a configuration in which every value is below the range.
local function ranges(values)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  for key in pairs(values) do
    file:write(key, ": -1\n")
  end
  file:close()
  local result = {}
  for line in pages.run(("%s check -c %s"):format(dpae, path)):gmatch("[^\n]+") do
    local key, min, max = line:match("error: ([%w_]+).* ([%d.]+) to ([%d.]+)%.?$")
    if key then
      result[key] = min .. " to " .. max
    end
  end
  os.remove(path)
  return result
end

local function live_keys(values)
  local live = {}
  for key in pages.read(root .. "/core/config/option_table.c"):gmatch("LIVE_NUMBER%(([%w_]+)") do
    live[key] = true
  end
  for key in pairs(values) do
    live[key] = live[key] or key:find("_logging_level", 1, true) ~= nil
  end
  return live
end

local function compare(key, what, documented, actual)
  if documented ~= actual then
    pages.fail("docs/config.md has for %s the %s %s; the program has %s", key, what, tostring(documented),
      tostring(actual))
  end
end

local values, options = shipped_values(), documented_options()
local range, live = ranges(values), live_keys(values)
for key, value in pairs(values) do
  local option = options[key]
  if not option then
    pages.fail("docs/config.md lacks %s", key)
  else
    local shipped = option.meaning:match("The shipped file has `([^`]*)`")
    if key ~= "classifier_shadow" then -- the file shows an example
      compare(key, "shipped value", shipped or option.default, value)
    end
    compare(key, "range", option.allowed:match("^[%d.]+ to [%d.]+$"), range[key])
    compare(key, "mark as live", option.live == "yes", live[key])
  end
end
for key in pairs(options) do
  if not values[key] then
    pages.fail("docs/config.md has %s, which does not exist", key)
  end
end
assert(next(range), "no ranges in the faults of dpae check")
pages.finish()

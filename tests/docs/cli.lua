--- Compares docs/cli.md with the help of the program, both ways: luajit cli.lua DPAE ROOT
local dpae, root = arg[1], arg[2]
package.path = root .. "/tests/docs/?.lua;" .. package.path
local pages = require("pages")

-- Command -> set of its options, as "-c, --config FILE".
local function actual_options()
  local commands = {}
  local list = pages.run(dpae .. " --help"):match("commands:\n(.-)\n\n")
  for command in list:gmatch("  (%w+) [^\n]*") do
    if command ~= "help" then
      commands[command] = {}
      local help = pages.run(("%s %s --help"):format(dpae, command)):match("options:\n(.*)$")
      for line in help:gmatch("[^\n]+") do
        -- The description follows after two blanks, or after one when the option is long.
        local option = line:match("^ +(%-.-)  ") or line:match("^ +(%-%-[%w-]+ [%u=]+) ")
        if option then
          commands[command][option] = true
        end
      end
    end
  end
  return commands
end

local function documented_options()
  local commands = {}
  for _, row in ipairs(pages.rows(pages.read(root .. "/docs/cli.md"))) do
    local command = row.heading:match("^dpae (%w+)$")
    if command then
      commands[command] = commands[command] or {}
      commands[command][row[1]:match("^`(.*)`$")] = true
    end
  end
  return commands
end

local function compare(some, others, message)
  for command, options in pairs(some) do
    for option in pairs(options) do
      if not (others[command] and others[command][option]) then
        pages.fail(message, command, option)
      end
    end
  end
end

local actual, documented = actual_options(), documented_options()
assert(actual.run and actual.run["-c, --config FILE"], "the help of dpae run is not understood")
compare(actual, documented, "docs/cli.md lacks: dpae %s %s")
compare(documented, actual, "docs/cli.md has an option that does not exist: dpae %s %s")
pages.finish()

--- Writes the hostile classifiers of the table into files, for lateness.c: luajit tests/hostile/write.lua FOLDER
-- FOLDER/lua has those whose time goes by in Lua, FOLDER/c those that call long functions in C. Left out are those
-- that are not to be loaded, and those about memory.
local root = arg[0]:match("^(.*/)tests/hostile/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local jobs = require("tests.stress.jobs")

local folder = arg[1]
jobs.make_folder(folder .. "/lua")
jobs.make_folder(folder .. "/c")
for i, row in ipairs(require("tests.hostile.table")) do
  if not row.load and not row.memory then
    local name = row.name:gsub("[^%w]+", "_")
    jobs.write(("%s/%s/%03d_%s.lua"):format(folder, row.c and "c" or "lua", i, name), row.source)
  end
end

--- Writes the hostile classifiers of the table to files for lateness.c: luajit tests/hostile/write.lua FOLDER [N]
-- FOLDER/lua gets those that spend their time in Lua, FOLDER/c those that call slow C functions. Rows that fail to
-- load and rows about memory are omitted. With N, only every Nth row that ends by its step limit.
local root = arg[0]:match("^(.*/)tests/hostile/[^/]*$") or "./"
package.path = root .. "?.lua;" .. package.path

local jobs = require("tests.stress.jobs")

local folder, every = arg[1], tonumber(arg[2])

local function is_wanted(row)
  if every then
    return not row.slow and row.expect and row.expect:find("more than 500000 steps", 1, true)
  end
  return not row.load and not row.memory
end

jobs.make_folder(folder .. "/lua")
jobs.make_folder(folder .. "/c")
local count = 0
for i, row in ipairs(require("tests.hostile.table")) do
  count = count + (is_wanted(row) and 1 or 0)
  if is_wanted(row) and count % (every or 1) == 0 then
    local name = row.name:gsub("[^%w]+", "_")
    jobs.write(("%s/%s/%03d_%s.lua"):format(folder, row.c and "c" or "lua", i, name), row.source)
  end
end

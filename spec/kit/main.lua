--- The program that `dpae test` runs under LuaJIT: busted, with unchanged arguments. The command busted starts LuaJIT
-- through a shell, which would interpret the names of files.
local found, problem = pcall(require, "busted.runner")
if not found then
  io.stderr:write("dpae: busted, which runs the specs, is not found by LuaJIT; install it (Debian: apt-get install "
    .. "lua-busted): " .. problem .. "\n")
  os.exit(1)
end
-- busted takes the name of this chunk as the name of the program.
assert(loadstring('require("busted.runner")({ standalone = false })', "=busted"))()

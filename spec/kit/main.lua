--- What `dpae test` starts under LuaJIT: busted, with the arguments as they are. The program busted would
-- start LuaJIT by way of a shell, which reads names of files its own way.
local found, problem = pcall(require, "busted.runner")
if not found then
  io.stderr:write("dpae: busted, which runs the specs, is not found by LuaJIT; install it (Debian: apt-get install "
    .. "lua-busted): " .. problem .. "\n")
  os.exit(1)
end
-- For busted the name of a chunk is that of the program.
assert(loadstring('require("busted.runner")({ standalone = false })', "=busted"))()

--- Run by `dpae test` under LuaJIT: starts busted with the given arguments. The busted program
-- would start LuaJIT through a shell, which interprets special characters in file names.
local found, problem = pcall(require, "busted.runner")
if not found then
  io.stderr:write("dpae: busted, which runs the specs, is not found by LuaJIT; install it (Debian: apt-get install "
    .. "lua-busted): " .. problem .. "\n")
  os.exit(1)
end
-- busted takes the chunk name for the program's name.
assert(loadstring('require("busted.runner")({ standalone = false })', "=busted"))()

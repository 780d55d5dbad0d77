--- Declares to the FFI the text between the markers of a core/script header, so that C and Lua
-- share one declaration.
local ffi = require("ffi")

return function(header)
  local text = header:match("/%* ffi: begin %*/(.-)/%* ffi: end %*/")
  text = text:gsub("READ_ONLY", "const")
  for name, value in header:gmatch("#define ([%w_]+) +(%d+)") do
    text = text:gsub("%f[%w_]" .. name .. "%f[^%w_]", value)
  end
  ffi.cdef(text)
end

--- Declares to the FFI what a header of core/script has between its markers, so that C and Lua read
-- the same text.
local ffi = require("ffi")

return function(header)
  local text = header:match("/%* ffi: begin %*/(.-)/%* ffi: end %*/")
  text = text:gsub("READ_ONLY", "const")
  for name, value in header:gmatch("#define ([%w_]+) +(%d+)") do
    text = text:gsub("%f[%w_]" .. name .. "%f[^%w_]", value)
  end
  ffi.cdef(text)
end

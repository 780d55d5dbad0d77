--- The entropy of byte values: about 8 bits per byte in encrypted or compressed data, 4 to 5 in text. It takes
-- a few hundred bytes to see the difference: n bytes have at most log2(n) bits per byte.
--
--     local entropy = require("entropy")
--     local bits, bytes = entropy.of(flow)
--
-- @module entropy

local native = ...

local entropy = {}

--- Entropy of the bytes.
-- @param source flow (the payload of its current packet), stream or string
-- @treturn number bits per byte, 0 to 8; 0 without bytes
-- @treturn number the number of bytes
function entropy.of(source)
  local bits, count = native.entropy(source)
  return bits, count
end

--- A histogram over several packets of a flow: keep it in `flow.state`. It takes 1 KiB.
--
-- * `histogram:add(source)` counts the bytes of a flow's current packet, of a stream, or of a string
-- * `histogram:entropy()` is the entropy of all added bytes, as `entropy.of` computes it
-- * `histogram:total()` is the number of added bytes
-- * `histogram:count(byte)` is the number of added bytes with that value, 0 to 255
--
-- @return the histogram
function entropy.histogram()
  return native.histogram()
end

return native.module("entropy", entropy)

--- How evenly byte values are spread: about 8 bits per byte in what is encrypted or compressed, 4 to 5 in
-- text. A few hundred bytes are needed for that to show: n bytes cannot give more than log2(n).
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
-- @treturn number how many bytes these were
function entropy.of(source)
  local bits, count = native.entropy(source)
  return bits, count
end

--- A histogram that adds up over the packets of a flow: keep it in `flow.state`. It takes 1 KiB.
--
-- * `histogram:add(source)` counts the bytes of a flow's current packet, of a stream, or of a string
-- * `histogram:entropy()` is as `entropy.of` over all that was added
-- * `histogram:total()` is how many bytes these were
-- * `histogram:count(byte)` is how often the byte value 0 to 255 was among them
--
-- @return the histogram
function entropy.histogram()
  return native.histogram()
end

return native.module("entropy", entropy)

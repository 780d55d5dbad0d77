--- What work in library functions takes off the steps of a call. A stub: nothing is counted yet.
local steps = { STRING_MAX = 262144 }

--- Takes count steps, which may be a fraction, off the current call; raises when it is over its limit.
function steps.charge(_) end

--- The steps that the current call has left.
function steps.rest()
  return 1e9
end

return steps

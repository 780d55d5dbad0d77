--- The logger that a classifier is given: its lines wait in a queue and leave between batches.
local C, queue = ...

local LEVELS = { debug = 10, info = 20, warning = 30, error = 40, critical = 50 }

--- A logger for the classifier of this name.
return function(name)
  local logger = {}
  for method, level in pairs(LEVELS) do
    --- logger:info(text), or logger:info(format, ...) as string.format: made into text only when a
    -- line of this level is wanted.
    logger[method] = function(self, text, ...)
      if self ~= logger then
        error(("call it with a colon: logger:%s(text)"):format(method), 2)
      end
      if not C.dpae_log_enabled(level) then
        return
      end
      if type(text) ~= "string" then
        error(("logger:%s(text): text is a %s, not a string"):format(method, type(text)), 2)
      end
      if select("#", ...) > 0 then
        local made, result = pcall(text.format, text, ...)
        if not made then
          error(("logger:%s(format, ...): %s"):format(method, result), 2)
        end
        text = result
      end
      C.dpae_log_add(queue, level, name, text, #text)
    end
  end
  return logger
end

--- The logger passed to classifiers: its lines are queued and written between batches.
local C, queue, steps, nearest = ...

local LEVELS = { debug = 10, info = 20, warning = 30, error = 40, critical = 50 }
local METHODS = { "critical", "debug", "error", "info", "warning" }

local function no_method(name)
  local near = type(name) == "string" and nearest(name, METHODS)
  local hint = near and ('did you mean "%s"?'):format(near) or "it has: " .. table.concat(METHODS, ", ")
  return ('logger has no method "%s"; %s'):format(type(name) == "string" and name or type(name), hint)
end

-- Rephrases an error of string.format() in terms of the values after the format.
local function format_problem(format, problem)
  local argument, why = problem:match("^bad argument #(%d+) to .- %((.*)%)$")
  if not argument then
    return problem
  end
  if why == "value expected" or why:find("got no value", 1, true) then
    return ('format "%s" needs more values'):format(format)
  end
  return ('value %d of format "%s": %s'):format(argument - 1, format, why)
end

--- Creates the logger of the classifier with this name.
return function(name)
  local logger = {}
  for method, level in pairs(LEVELS) do
    --- logger:info(text), or logger:info(format, ...) as in string.format(). Formats the text
    -- only if its level is enabled.
    logger[method] = function(self, text, ...)
      if self ~= logger then
        error(("call it with a colon: logger:%s(text)"):format(method), 2)
      end
      if C.dpae_log_enabled(queue, level) == 0 then
        return
      end
      if type(text) ~= "string" then
        error(("logger:%s(text): text is a %s, not a string"):format(method, type(text)), 2)
      end
      if select("#", ...) > 0 then
        local made, result = pcall(text.format, text, ...)
        if not made and (type(result) ~= "string" or steps.are_used_up()) then
          error(result, 0) -- raised by a __tostring or by the limits
        elseif not made then
          error(("logger:%s(format, ...): %s"):format(method, format_problem(text, result)), 2)
        end
        text = result
      end
      C.dpae_log_add(queue, level, name, text, #text)
    end
  end
  return setmetatable(logger, {
    __index = function(_, method)
      error(no_method(method), 2)
    end,
    __metatable = false,
  })
end

-- Never finalises a flow.
local undecided = {}

function undecided.new()
  return {
    classifier = function()
      return nil
    end,
  }
end

return undecided

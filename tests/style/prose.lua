--- Finds the prose in a file: comments and strings of code, text of Markdown. The result has the length and the lines
-- of the file. Tildes replace code, and blanks replace the signs around comments and strings.
local prose = {}

local CODE = "~"

local function blank(text)
  return (text:gsub("[^\n]", " "))
end

local function code(text)
  return (text:gsub("%S", CODE))
end

-- At each place of the text the patterns are tried in order. The second of their three captures is prose.
local function keep(text, patterns)
  local pieces, from = {}, 1
  while from <= #text do
    local before, inner, after
    for _, pattern in ipairs(patterns) do
      before, inner, after = text:match("^" .. pattern, from)
      if before then
        break
      end
    end
    before = before or text:sub(from, from)
    pieces[#pieces + 1] = inner and blank(before) .. inner .. blank(after) or code(before)
    from = from + #before + #(inner or "") + #(after or "")
  end
  return table.concat(pieces)
end

local STRING, QUOTED = '(")([^"\n]*)(")', "(')([^'\n]*)(')"
local HASH = { "(#+)([^\n]*)(\n?)", STRING, QUOTED }
local C = { "(/%*)(.-)(%*/)", "(//)([^\n]*)(\n?)", STRING }
local PATTERNS = {
  lua = { "(%-%-%[%[)(.-)(%]%])", "(%-%-+)([^\n]*)(\n?)", "(%[%[)(.-)(%]%])", STRING, QUOTED },
  c = C, h = C,
  yaml = HASH, cmake = HASH, service = HASH, py = HASH,
  sh = { "(<<'TEXT'\n)(.-)(\nTEXT)", "(#+)([^\n]*)(\n?)", STRING, "('[^'\n]*')(~?)(~?)" }, -- in single quotes is code
}

-- Escaped characters do not end strings.
local function from_code(text, patterns)
  return keep(text:gsub("\\[^\n]", "  "), patterns)
end

-- Code in backquotes, fenced and indented blocks, and the targets of links are no prose.
local function from_markdown(text)
  text = ("\n" .. text):gsub("\n```.-\n```", code):gsub("\n    [^\n]*", code):sub(2)
  return (text:gsub("%]%([^)]*%)", code))
end

--- The prose of a file, in lower case; nil for kinds of files that are not checked. Scripts may lack an ending.
function prose.of(path, text)
  local kind = path:match("CMakeLists%.txt$") and "cmake" or path:match("%.(%w+)$") or text:match("^#!.*sh\n") and "sh"
  local found
  if kind == "md" then
    found = from_markdown(text)
  elseif PATTERNS[kind] then
    found = from_code(text, PATTERNS[kind])
  else
    return nil
  end
  return found:gsub("`[^`\n]*`", code):gsub("\n%s*%*", blank):lower()
end

return prose

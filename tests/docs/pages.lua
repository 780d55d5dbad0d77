--- Reads the pages of the manual for the tests in this folder.
local pages = {}

local failures = 0

--- Reports a failure; finish() then ends the test with status 1.
function pages.fail(message, ...)
  io.stderr:write(message:format(...), "\n")
  failures = failures + 1
end

--- Ends the test.
function pages.finish()
  os.exit(failures == 0)
end

--- All of a file.
function pages.read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

--- What a shell command prints, stderr included.
function pages.run(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

--- The rows of a page's tables that begin with a term in backquotes: a list of { heading =, the cells }.
function pages.rows(text)
  local rows, heading = {}, ""
  for line in text:gmatch("[^\n]+") do
    heading = line:match("^#+ (.*)$") or heading
    if line:match("^| `") then
      local row = { heading = heading }
      for cell in line:gmatch("|([^|]+)") do
        row[#row + 1] = cell:match("^%s*(.-)%s*$")
      end
      rows[#rows + 1] = row
    end
  end
  return rows
end

return pages

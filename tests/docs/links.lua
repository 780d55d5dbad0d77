--- Follows the links of the pages, with their anchors, and checks that the index lists every page of docs/:
-- luajit links.lua ROOT
local root = arg[1]
package.path = root .. "/tests/docs/?.lua;" .. package.path
local pages = require("pages")

local function page_names()
  local names = {}
  for name in pages.run(("cd %s && ls *.md docs/*.md"):format(root)):gmatch("[^\n]+") do
    names[#names + 1] = name
  end
  return names
end

local function exists(path)
  local file = io.open(path)
  if file then
    file:close()
  end
  return file ~= nil
end

-- The anchor that GitHub makes of a heading.
local function anchor_of(heading)
  return (heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-"))
end

local function has_anchor(path, anchor)
  for heading in ("\n" .. pages.read(path)):gmatch("\n#+ ([^\n]*)") do
    if anchor_of(heading) == anchor then
      return true
    end
  end
  return false
end

local function check_link(page, link)
  local target, anchor = link:match("^([^#]*)#?(.*)$")
  local folder = page:match("^(.*/)") or ""
  local path = root .. "/" .. (target == "" and page or folder .. target)
  if not exists(path) then
    pages.fail("%s: there is no %s", page, target)
  elseif anchor ~= "" and not has_anchor(path, anchor) then
    pages.fail("%s: %s has no heading #%s", page, target, anchor)
  end
end

local names, count = page_names(), 0
for _, page in ipairs(names) do
  for link in pages.read(root .. "/" .. page):gmatch("%]%(([^)]*)%)") do
    if not link:match("^https?:") then
      check_link(page, link)
      count = count + 1
    end
  end
end
assert(count > 40, "too few links were found")

local index = pages.read(root .. "/docs/README.md")
for _, page in ipairs(names) do
  local name = page:match("^docs/(.*)$")
  if name and name ~= "README.md" and not index:find("](" .. name, 1, true) then
    pages.fail("docs/README.md does not list %s", name)
  end
end
pages.finish()

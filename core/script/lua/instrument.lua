--- Adds limit checks to a script's source. LuaJIT's compiled code ignores hooks; a counter in the source works on
-- every LuaJIT.
--
-- A check subtracts steps from a counter and calls __stop() when it drops below zero. Checks go to the beginning of
-- the file, of each function body, loop body and plain block, before each goto, and between statements of long
-- straight-line code, without adding lines. Code between two checks costs steps in proportion to its length.
--
-- A concatenation a .. "b" .. c becomes (__joined(__part(a) .. "b" .. __part(c))). This bounds its result, since no
-- other operator creates values of unlimited size, and excludes __concat metamethods, which crash LuaJIT's compiler.
--
-- The names of the checks are globals of the script's environment; a script that uses them is rejected.
jit.off(true, true) -- as in lexer.lua

local new_lexer = ...

local find, format, gmatch, gsub, sub = string.find, string.format, string.gmatch, string.gsub, string.sub

local CHECK = " __steps=__steps-%d if __steps<0 then __stop()end "
local RESERVED = { __steps = true, __stop = true, __joined = true, __part = true }
-- Metamethods that setmetatable() refuses (sandbox.lua); rejecting the names keeps scripts from adding them later.
local MISSING = { __concat = true, __mode = true }
local PARTS_MAX = 64 -- operands of one concatenation
local INSERTIONS_MAX = 100000 -- per text: they take about 20 MB during the reading
local TOKENS_A_STEP = 16
local TOKENS_MAX = 128 -- of straight-line code, up to the next statement

-- Tokens that may cost more than others: a comparison or conversion of strings, a copy of arguments.
local WEIGHTS = {
  ["<"] = 16, ["<="] = 16, [">"] = 16, [">="] = 16, ["..."] = 256,
  ["+"] = 4, ["-"] = 4, ["*"] = 4, ["/"] = 4, ["%"] = 4, ["^"] = 4,
}

-- A frame is a pair of brackets or a block. Fields: check (the check that its tokens count for), checked_until (check
-- of the repeat with the condition being read), first (start of the current expression), parts (operands of the
-- current concatenation; 0: not in one), part_first (start of the latest operand), callable (whether a call may
-- follow the closing brace), while_from (token count before a while that awaits its do), entry (the check before an
-- if), scope (labels of the function).
local Writer = {}
Writer.__index = Writer

local function line_at(text, position)
  local before, line = sub(text, 1, position - 1), 1
  before = gsub(gsub(before, "\r\n", "\n"), "\n\r", "\n")
  for _ in gmatch(before, "[\r\n]") do
    line = line + 1
  end
  return line
end

function Writer:refuse(position, problem, ...)
  error({ line = line_at(self.text, position), problem = format(problem, ...) }, 0)
end

function Writer:insert(position, piece)
  if #self.insertions == INSERTIONS_MAX then
    self:refuse(position, "the file needs more than %d checks of its limits; split it", INSERTIONS_MAX)
  end
  local insertion = { position = position, order = #self.insertions, piece = piece }
  self.insertions[#self.insertions + 1] = insertion
  return insertion
end

-- Puts a check before the byte at a position; tokens count for it from now on.
function Writer:check(position, tokens)
  local check = self:insert(position)
  check.tokens = tokens or 0
  return check
end

function Writer:push(fields)
  local outer = self.frame
  fields.parts = 0
  fields.outer = outer
  fields.checked_until = not fields.check and outer.checked_until or nil
  fields.check = fields.check or outer.check
  fields.scope = fields.scope or outer.scope
  self.frame = fields
end

function Writer:pop()
  self.frame = self.frame.outer
end

-- Puts a check before the statement at a position if much code precedes it.
function Writer:divide(position)
  local frame = self.frame
  if frame.check.tokens > TOKENS_MAX then
    frame.check = self:check(position)
  end
end

-- An operand of a concatenation ends with the previous token. A name is passed on for error messages.
function Writer:end_part()
  local first, last = self.frame.part_first, self.last
  self.frame.part_first = nil
  if self.first == first and self.operand == "literal" then
    return
  end
  local text = sub(self.text, first, last)
  -- Always a second argument, which cuts the results of a call to the first one.
  local name = find(text, "^[%w_.]+$") and format("'%s'", text) or "nil"
  self:insert(first, "__part(")
  self:insert(last + 1, format(",%s)", name))
end

-- The current expression ends with the previous token.
function Writer:end_expression()
  local frame = self.frame
  if frame.parts > 0 then
    self:end_part()
    self:insert(self.last + 1, "))")
    frame.parts = 0
  end
  frame.first, frame.part_first = nil, nil
end

-- The token begins or continues an operand. Directly after another operand, it begins a statement; after a
-- concatenation, a bracket would then call its result.
function Writer:begin_operand(position)
  if self.operand then
    local joined = self.frame.parts > 0
    self:end_expression()
    if joined then
      self:insert(self.last + 1, ";")
    end
    self.frame.checked_until = nil
    self:divide(position)
  end
  local frame = self.frame
  frame.first = frame.first or position
  frame.part_first = frame.part_first or position
end

-- Handlers by kind of token. operand is the kind of operand that ends with the token, "literal", "varargs" or
-- "callable", or nil; boundary says whether a statement may begin after it.
local on = {}

function on.name(self, first, last)
  local name = sub(self.text, first, last)
  if RESERVED[name] then
    self:refuse(first, 'the name "%s" is reserved; choose another one', name)
  elseif MISSING[name] then
    self:refuse(first, "%s is not available in a classifier: docs/flow-api.md says why", name)
  end
  self:begin_operand(first)
  self.operand = "callable"
end

local function literal(self, first)
  self:begin_operand(first)
  self.operand = "literal"
end
on.number, on["nil"], on["true"], on["false"] = literal, literal, literal, literal

on["..."] = function(self, first)
  self:begin_operand(first)
  self.operand = "varargs"
end

function on.string(self, first)
  if self.operand ~= "callable" then
    literal(self, first)
  end
end

on["("] = function(self, first)
  if self.wants_parameters then
    self.wants_parameters = false
    self:push({ parameters = true })
  else
    if self.operand ~= "callable" then
      self:begin_operand(first)
    end
    self:push({})
  end
  self.operand = nil
end

on["{"] = function(self, first)
  local callable = self.operand == "callable"
  if not callable then
    self:begin_operand(first)
  end
  self:push({ callable = callable })
  self.operand = nil
end

on["["] = function(self)
  self:push({})
  self.operand = nil
end

on[")"] = function(self, _, last)
  self:end_expression()
  local parameters = self.frame.parameters
  self:pop()
  if parameters then
    self:push({ check = self:check(last + 1), scope = {} })
    self.operand, self.boundary = nil, true
  else
    self.operand = "callable"
  end
end

on["]"] = function(self)
  self:end_expression()
  self:pop()
  self.operand = "callable"
end

on["}"] = function(self)
  self:end_expression()
  self.operand = self.frame.callable and "callable" or "literal"
  self:pop()
end

on["function"] = function(self, first)
  self:begin_operand(first)
  self.wants_parameters = true
  self.operand = nil
end

local function unary(self, first)
  self:begin_operand(first)
  self.operand = nil
end
on["not"], on["#"] = unary, unary

on["-"] = function(self, first)
  if not self.operand then
    self:begin_operand(first)
  end
  self.operand = nil
end

local function binary(self)
  self.operand = nil
end
on["+"], on["*"], on["/"], on["%"], on["^"], on["."], on[":"] = binary, binary, binary, binary, binary, binary, binary

on[".."] = function(self, first)
  local frame = self.frame
  if frame.parts == 0 then
    self:insert(frame.first, "(__joined(")
    frame.parts = 1
  end
  self:end_part()
  frame.parts = frame.parts + 1
  if frame.parts > PARTS_MAX then
    self:refuse(first, "more than %d values are joined by ..; use table.concat()", PARTS_MAX)
  end
  self.operand = nil
end

-- Operators with a lower precedence than `..`.
local function loose(self)
  self:end_expression()
  self.operand = nil
end
for _, kind in ipairs({ "==", "~=", "<", "<=", ">", ">=", "and", "or", "=", "," }) do
  on[kind] = loose
end

local function statement(self)
  self:end_expression()
  self.operand, self.frame.checked_until = nil, nil
end
on["in"] = statement

local function starting(self, first)
  statement(self)
  self:divide(first)
end
on["return"], on["local"], on["for"] = starting, starting, starting

local function boundary(self)
  statement(self)
  self.boundary = true
end
on[";"], on["::"], on["break"], on["then"] = boundary, boundary, boundary, boundary

on["if"] = function(self, first)
  starting(self, first)
  self:push({ entry = self.frame.check })
end

-- Control does not pass the checks of one branch on the way to the next.
local function branch(self)
  statement(self)
  self.frame.check = self.frame.entry
end
on["elseif"] = branch

on["else"] = function(self)
  branch(self)
  self.boundary = true
end

on["while"] = function(self, first)
  starting(self, first)
  self.frame.while_from = self.tokens
end

on["do"] = function(self, _, last)
  boundary(self)
  local from = self.frame.while_from
  self.frame.while_from = nil
  self:push({ check = self:check(last + 1, from and self.tokens - from) })
end

on["repeat"] = function(self, _, last)
  boundary(self)
  self:push({ check = self:check(last + 1) })
end

on["until"] = function(self)
  statement(self)
  local check = self.frame.check
  self:pop()
  self.frame.checked_until = check
end

on["end"] = function(self)
  statement(self)
  self:pop()
  self.operand = "literal"
end

-- A goto statement is followed by a label; elsewhere LuaJIT treats goto as a name.
on["goto"] = function(self, first, _, before)
  if before == "." or before == ":" then
    self.operand = "callable"
    return
  elseif not (self.next_kind == "name" and (self.operand or self.began)) then
    self:refuse(first, 'the name "goto" is not available; choose another one')
  end
  statement(self)
  local from = self.frame.scope[sub(self.text, self.next_first, self.next_last)]
  self:check(first, from and self.tokens - from)
end

-- A backward goto repeats the code from its label, so each turn charges that code.
function Writer:note_label(kind, first, last, before)
  if before == "::" and kind == "name" then
    local label = sub(self.text, first, last)
    self.frame.scope[label] = self.frame.scope[label] or self.tokens
  end
end

function Writer:count(kind)
  local weight = WEIGHTS[kind] or 1
  local frame = self.frame
  self.tokens = self.tokens + weight
  frame.check.tokens = frame.check.tokens + weight
  if frame.checked_until then
    frame.checked_until.tokens = frame.checked_until.tokens + weight
  end
end

function Writer:read()
  local next_token = new_lexer(self.text)
  local before, kind, first, last = nil, next_token()
  if kind then
    self.frame.check = self:check(first)
  end
  while kind do
    self.next_kind, self.next_first, self.next_last = next_token()
    self.began, self.boundary = self.boundary, false
    self:count(kind)
    self:note_label(kind, first, last, before)
    on[kind](self, first, last, before)
    self.first, self.last, before = first, last, kind
    kind, first, last = self.next_kind, self.next_first, self.next_last
  end
  self:end_expression()
end

-- The text with its insertions.
function Writer:write()
  table.sort(self.insertions, function(a, b)
    if a.position ~= b.position then
      return a.position < b.position
    end
    return a.order < b.order
  end)
  local pieces, from = {}, 1
  for _, insertion in ipairs(self.insertions) do
    local piece = insertion.piece or format(CHECK, math.ceil(math.max(insertion.tokens, 1) / TOKENS_A_STEP))
    pieces[#pieces + 1] = sub(self.text, from, insertion.position - 1)
    pieces[#pieces + 1] = piece
    from = insertion.position
  end
  pieces[#pieces + 1] = sub(self.text, from)
  return table.concat(pieces)
end

--- Returns the source text with its checks. text must compile. A script that is rejected nevertheless raises a table
-- { line =, problem = }.
return function(text)
  local writer = setmetatable({
    text = text,
    insertions = {},
    tokens = 0,
    last = 0,
    boundary = true,
    wants_parameters = false,
    frame = { parts = 0, scope = {} },
  }, Writer)
  writer:read()
  return writer:write()
end

--- Pieces of random classifiers: Lua with places for other pieces (fill.lua), grouped by kind. Each is { text,
-- feature = the feature that must be on, needs = the name that must be in scope, turns = loop turns it takes itself }.
--
--     $n  a number              $i  a whole number from 0 to 65535       $s  a short string
--     $b  a boolean             $l  a list of numbers                    $m  a table from strings to numbers
--     $k  a key of such a table $p  a pattern without captures           $c  a source for helper modules
--     $N $S $B $M               something changeable of that kind
--     $V  the value that the current function returns
--     $_  a block, on its own lines
--     $!n a new local variable of that kind, in scope in the blocks of this piece
--     $:n the same, in scope after the piece as well
--     $#  the number of turns of a loop, $@ a label: the same throughout the piece; $% the latest new
--         variable, $& the latest $l, $m or $M of the piece itself
--
-- A piece that locks reads a table in a loop: its blocks change no table of that kind.
local templates = {}

templates.n = {
  { "0" }, { "1" }, { "7" }, { "255" }, { "0x1f" }, { "0.5" }, { "1e3" }, { "(-3)" },
  { "($n + $n)" }, { "($n - $n)" }, { "($n * $n) % 8191" }, { "($n / ($i + 1))" }, { "($n % ($i + 1))" },
  { "(-$n)" }, { "($b and $n or $n)" }, { "($i)" }, { "($i ^ 2 % 8191)" },
  { "math.abs($n)", feature = "math" }, { "math.floor($n)", feature = "math" }, { "math.ceil($n)", feature = "math" },
  { "math.max($n, $n)", feature = "math" }, { "math.min($n, $n, $n)", feature = "math" },
  { "math.sqrt($i)", feature = "math" }, { "math.fmod($n, $i + 1)", feature = "math" },
  { "math.log($i + 1)", feature = "floats" }, { "math.log10($i + 1)", feature = "floats" },
  { "math.exp($i % 9)", feature = "floats" }, { "math.sin($i)", feature = "floats" },
  { "math.cos($i)", feature = "floats" }, { "math.atan2($n, $i + 1)", feature = "floats" },
  { "math.tanh($i % 5)", feature = "floats" }, { "math.deg($i % 7)", feature = "floats" },
  { "math.rad($i)", feature = "floats" }, { "math.pow($i % 50, 2)", feature = "floats" },
  { "math.ldexp($i % 99, 3)", feature = "floats" }, { "(math.frexp($i + 1))", feature = "floats" },
  { "(math.modf($n))", feature = "floats" }, { "select(2, math.modf($n))", feature = "floats" },
  { "bit.tobit($i)", feature = "bit" }, { "bit.bnot($i)", feature = "bit" },
  { "bit.bxor($i, $i)", feature = "bit" }, { "bit.bswap($i)", feature = "bit" },
  { "bit.arshift(-$i, $i % 32)", feature = "bit" }, { "bit.rol($i, $i % 32)", feature = "bit" },
  { "bit.ror($i, $i % 32)", feature = "bit" }, { "bit.lshift($i, $i % 16)", feature = "bit" },
  { "($l[$i % #$& + 1] or 0)" }, { "($m[$k] or 0)" }, { "($m[$s] or 1)" },
  { "(rawget($m, $k) or 2)", feature = "tables" },
  { "(tonumber($s) or 3)", feature = "strings" }, { "tonumber($i)" },
  { "(tonumber($s, 16) or 4)", feature = "strings" },
  { "select('#', $n, $n, $s)", feature = "varargs" }, { "(select($i % 3 + 1, $n, $n, $n))", feature = "varargs" },
  { "(next($m) and 1 or 0)", feature = "pairs" }, { "table.maxn($l)", feature = "tables" },
  { "(unpack($l))", feature = "varargs" },
  { "flow.time % 100", needs = "flow" }, { "(flow.time - flow.start_time)", needs = "flow" },
  { "flow:max_packet_size()", needs = "flow" }, { "flow:max_interpacket_interval()", needs = "flow" },
  { "flow:min_interpacket_interval()", needs = "flow" },
  { "(entropy.of($c))", needs = "flow", feature = "entropy" }, { "HISTOGRAM:entropy()", feature = "entropy" },
  { "HISTOGRAM:count($i % 256)", feature = "entropy" }, { "HISTOGRAM:total()", feature = "entropy" },
  { "MOMENTS:mean()", feature = "stats" }, { "MOMENTS:deviation()", feature = "stats" },
  { "MOMENTS:variance()", feature = "stats" }, { "(MOMENTS.max or 0)", feature = "stats" },
  { "(PERCENTILE:value() or 0)", feature = "stats" }, { "PERCENTILE.count", feature = "stats" },
  { "(#$s > 3 and Vector.new($n, $n) + Vector.new($n, $n) or Vector.new(1, $n)):size()", feature = "metatables" },
  { "(-Vector.new($n, $n)).x", feature = "metatables" }, { "Vector.new($n, $n)($n)", feature = "metatables" },
  { "DEFAULTS[$k]", feature = "metatables" }, { "(Vector.new($n, 2) * $n).y", feature = "metatables" },
  { "COUNTER($n)", feature = "closures" }, { "compose(half, COUNTER)($n)", feature = "new_closures" },
  { "sum($n, $n, $n)", feature = "varargs", turns = 3 }, { "sum(unpack($l))", feature = "varargs", turns = 16 },
  { "depth_first($i % 5, $n)", feature = "recursion", turns = 32 },
  { "is_even($i % 9)", feature = "recursion", turns = 9 },
  { "fibonacci($i % 8)", feature = "recursion", turns = 40 },
}

templates.i = {
  { "0" }, { "1" }, { "2" }, { "5" }, { "64" }, { "1000" }, { "0xff" },
  { "math.floor($n % 251)" }, { "(#$s)" }, { "(#$l)" }, { "($i + $i) % 4096" }, { "($i * 3 % 1021)" },
  { "bit.band($i, 255)", feature = "bit" }, { "bit.rshift($i, 3)", feature = "bit" },
  { "bit.bor($i, $i) % 512", feature = "bit" }, { "(($s):byte($i % 9 + 1) or 0)" }, { "string.len($s)" },
  { "(($s):find($p) or 0)", feature = "patterns" }, { "(string.find($s, $s, 1, true) or 0)" },
  { "(select(2, ($s):gsub($p, $s)))", feature = "patterns" }, { "string.byte($s .. '!')" },
  { "flow.ip_version", needs = "flow" }, { "flow.proto", needs = "flow" }, { "flow.src_port", needs = "flow" },
  { "flow.dst_port", needs = "flow" }, { "flow.tcp_src", needs = "flow" }, { "flow.tcp_dst", needs = "flow" },
  { "flow.tcp_seq % 4096", needs = "flow" }, { "flow.tcp_acq % 4096", needs = "flow" },
  { "flow.tcp_flags", needs = "flow" }, { "flow.payload_length", needs = "flow" },
  { "flow.packet_length", needs = "flow" }, { "flow.vlan", needs = "flow" }, { "flow.packet_count", needs = "flow" },
  { "flow.packets_c2s", needs = "flow" }, { "flow.packets_s2c", needs = "flow" },
  { "flow.bytes_c2s % 65536", needs = "flow" }, { "flow.bytes_s2c % 65536", needs = "flow" },
  { "flow.retransmissions", needs = "flow" }, { "flow.suppressed", needs = "flow" },
  { "flow.serial % 997", needs = "flow" },
  { "flow.slot % 97", needs = "flow" }, { "#flow.payload", needs = "flow" },
  { "flow:stream().length", needs = "flow", feature = "streams" },
  { "flow:stream('c2s').length", needs = "flow", feature = "streams" },
  { "flow:stream('s2c').length", needs = "flow", feature = "streams" },
  { "flow:stream('c2s').missing % 999", needs = "flow", feature = "streams" },
  { "(http.response($c) or 0)", needs = "flow", feature = "http" },
  { "(quic.version($c) or 0) % 65536", needs = "flow", feature = "quic" },
  { "(select(4, quic.initial($c)) or 0)", needs = "flow", feature = "quic" },
  { "(WORDS:find($c) or 0)", needs = "flow", feature = "tokens" },
  { "(select(2, WORDS:find($c)) or 0)", needs = "flow", feature = "tokens" },
  { "(select(2, entropy.of($c)))", needs = "flow", feature = "entropy" },
}

templates.s = {
  { "''" }, { "'GET'" }, { "'example.com'" }, { "'\\0\\255x'" }, { "'a-b_c.d'" }, { "([[12]])" }, { "'0x1F'" },
  { "($s .. $s):sub(1, 40)" }, { "($s .. $i)" }, { "($i .. ':' .. $i)" }, { "tostring($i)" }, { "tostring($b)" },
  { "type($n)" }, { "type($m)" }, { "($b and $s or $s)" }, { "('<%d>'):format($i)", feature = "strings" },
  { "('%5.1f'):format($n)", feature = "strings" },
  { "string.format('%s-%s', $s, $s):sub(1, 40)", feature = "strings" },
  { "string.format('%q', ($s):sub(1, 9))", feature = "strings" }, { "('%x.%o'):format($i, $i)", feature = "strings" },
  { "('%-8.3s|%c'):format($s, $i % 64 + 32)", feature = "strings" }, { "('x'):rep($i % 9)", feature = "strings" },
  { "($s):rep($i % 4, ','):sub(1, 40)", feature = "strings" }, { "($s):upper()", feature = "strings" },
  { "($s):lower()", feature = "strings" }, { "($s):reverse()", feature = "strings" },
  { "($s):sub($i % 5, $i % 9 + 3)" }, { "($s):sub(-($i % 6))" },
  { "string.char($i % 256, $i % 256)", feature = "strings" },
  { "(($s):match($p) or 'none')", feature = "patterns" }, { "(($s):match('^(%w+)') or '')", feature = "patterns" },
  { "(($s):gsub($p, ''))", feature = "patterns" }, { "(($s):gsub('%w', '<%0>', 4))", feature = "patterns" },
  { "(($s):gsub('%w+', REPLACE))", feature = "patterns" }, { "(($s):gsub('[a-f]', shout))", feature = "callbacks" },
  { "table.concat($l, ' ', 1, math.min(#$&, 3))", feature = "tables" },
  { "bit.tohex($i)", feature = "bit" }, { "bit.tohex($i, -4)", feature = "bit" },
  { "flow.ip_src", needs = "flow" }, { "flow.ip_dst", needs = "flow" }, { "flow.client", needs = "flow" },
  { "flow.server", needs = "flow" }, { "flow.server_name", needs = "flow" },
  { "flow.packet_direction", needs = "flow" },
  { "flow.payload:sub(1, 24)", needs = "flow" }, { "tostring(flow.verified_direction)", needs = "flow" },
  { "flow:stream('c2s').text:sub(1, 24)", needs = "flow", feature = "streams" },
  { "flow:stream('s2c').text:sub(-9)", needs = "flow", feature = "streams" },
  { "(http.request($c) or 'none')", needs = "flow", feature = "http" },
  { "(select(2, http.request($c)) or 'none'):sub(1, 30)", needs = "flow", feature = "http" },
  { "(http.header($c, 'Content-Length') or '-')", needs = "flow", feature = "http" },
  { "(http.host($c) or 'none')", needs = "flow", feature = "http" },
  { "(select(3, http.request($c)) or 'whole')", needs = "flow", feature = "http" },
  { "(tls.sni($c) or 'none')", needs = "flow", feature = "tls" },
  { "(select(2, tls.sni($c)) or 'whole')", needs = "flow", feature = "tls" },
  { "((tls.client_hello($c) or NO_HELLO).ja4 or ''):sub(1, 30)", needs = "flow", feature = "tls" },
  { "(ssh.banner($c) or 'none'):sub(1, 30)", needs = "flow", feature = "ssh" },
  { "(select(3, ssh.banner($c)) or 'none'):sub(1, 30)", needs = "flow", feature = "ssh" },
  { "(dns.query($c) or 'none')", needs = "flow", feature = "dns" },
  { "tostring((select(2, dns.query($c))))", needs = "flow", feature = "dns" },
  { "tostring(Vector.new($i, $i))", feature = "metatables" },
  { "(tostring(Vector.new($i, 1)) .. $s):sub(1, 30)", feature = "metatables" },
  { "(SETTINGS.label)", feature = "settings" },
}

templates.b = {
  { "true" }, { "false" }, { "$n < $n" }, { "$n <= $n" }, { "$n == $n" }, { "$n ~= $n" }, { "$s == $s" },
  { "$s < $s" },
  { "$s ~= $s" }, { "(not ($b))" }, { "($b and $b)" }, { "($b or $b)" }, { "$i > $i" }, { "$i % 2 == 0" },
  { "$i % 3 ~= 0" },
  { "$m[$k] == nil" }, { "rawequal($l, $l)", feature = "tables" }, { "($s):find($p) ~= nil", feature = "patterns" },
  { "next($m) == nil", feature = "pairs" }, { "type($m[$k]) == 'number'" }, { "#$l > $i" },
  { "Vector.new($n, 1) == Vector.new($n, 1)", feature = "metatables" },
  { "Vector.new($n, 1) < Vector.new($n, 1)", feature = "metatables" },
  { "Vector.new($n, 1) <= Vector.new($n, 2)", feature = "metatables" },
  { "getmetatable($l) == nil", feature = "metatables" },
  { "flow.from_client", needs = "flow" }, { "flow:tcp_syn()", needs = "flow" }, { "flow:tcp_ack()", needs = "flow" },
  { "flow:tcp_psh()", needs = "flow" }, { "flow:tcp_fin()", needs = "flow" }, { "flow:tcp_rst()", needs = "flow" },
  { "flow:tcp_urg()", needs = "flow" }, { "flow:tcp_ece()", needs = "flow" }, { "flow:tcp_cwr()", needs = "flow" },
  { "flow.finalised", needs = "flow" }, { "flow.verified_direction == 'verified-SYN'", needs = "flow" },
  { "flow.payload_length > 0", needs = "flow" }, { "flow.proto == 6", needs = "flow" },
  { "flow.packet_count > 4", needs = "flow" },
  { "flow:stream('c2s').full", needs = "flow", feature = "streams" },
  { "flow:stream('s2c').from_start", needs = "flow", feature = "streams" },
  { "flow:stream().lost", needs = "flow", feature = "streams" },
  { "flow:stream().s2c", needs = "flow", feature = "streams" },
  { "http.request($c) ~= nil", needs = "flow", feature = "http" },
  { "tls.sni($c) ~= nil", needs = "flow", feature = "tls" },
  { "ssh.banner($c) ~= nil", needs = "flow", feature = "ssh" },
  { "dns.query($c) ~= nil", needs = "flow", feature = "dns" },
  { "select(3, dns.query($c)) == true", needs = "flow", feature = "dns" },
  { "quic.version($c) == 1", needs = "flow", feature = "quic" },
  { "tokens.starts($c, $s)", needs = "flow", feature = "tokens" },
  { "WORDS:find($c) ~= nil", needs = "flow", feature = "tokens" },
  { "NAMES:find(flow.server_name) ~= nil", needs = "flow", feature = "names" },
  { "SETTINGS.flag", feature = "settings" },
}

templates.k = {
  { "'a'" }, { "'b'" }, { "'key'" }, { "('k' .. $i % 8)" }, { "('k' .. $i % 16)" }, { "($s):sub(1, 1)" },
  { "tostring($b)" },
}

templates.p = {
  { "'%d+'" }, { "'%a+'" }, { "'^%w*'" }, { "'[^%s]+$'" }, { "'.-%.'" }, { "'%.'" }, { "'[a-m]*x?'" },
  { "'%f[%w]%w'" },
  { "'%b()'" }, { "'.'" }, { "'[%w_]+%-'" }, { "'^$'" }, { "'%z'" }, { "'[^a-z]'" },
}

templates.c = {
  { "flow" }, { "flow" }, { "flow.payload" }, { "$s" }, { "flow:stream()", feature = "streams" },
  { "flow:stream('c2s')", feature = "streams" }, { "flow:stream('s2c')", feature = "streams" },
}

templates.statement = {
  { "$N = ($n) % 8191" }, { "$N = ($N + $i) % 65521" }, { "$N = $N + 1 < 5000 and $N + 1 or 0" },
  { "$S = ($s):sub(1, 40)" }, { "$S = ($S .. $s):sub(-32)" }, { "$B = $b" }, { "$N, $S = $i, ($s):sub(1, 20)" },
  { "local $:n = $n" }, { "local $:i = $i" }, { "local $:s = ($s):sub(1, 40)" }, { "local $:b = $b" },
  { "local $:n, $:s = $n, ($s):sub(1, 9)" }, { "local $:l = { $n, $n, $i }", feature = "new_tables" },
  { "local $:m = { a = $n, [$k] = $i }", feature = "new_tables" },
  { "$M[$k] = ($n) % 8191" }, { "$M.count = ($&.count or 0) + 1" }, { "$M[$k] = nil" },
  { "$l[$i % #$& + 1] = ($n) % 8191" }, { "$l[math.min($i % 24, #$&) + 1] = $i" },
  { "if #$l < 24 then table.insert($&, $i) end", feature = "tables" },
  { "if #$l < 24 then table.insert($&, $i % #$& + 1, $i) end", feature = "tables" },
  { "if #$l > 2 then table.remove($&) end", feature = "tables" },
  { "if #$l > 2 then table.remove($&, $i % #$& + 1) end", feature = "tables" },
  { "table.sort($l)", feature = "sort", turns = 64 }, { "table.sort($l, descending)", feature = "sort", turns = 128 },
  { "table.sort($l, function(x, y) return x % 16 < y % 16 end)", feature = "sort", turns = 128 },
  { "if $b then$_ end" }, { "if $b then$_ else$_ end" }, { "if $b then$_ elseif $b then$_ else$_ end" },
  { "if $b then$_ end" }, { "if $n > $n then$_ else$_ end" },
  { "for $!n = 1, $# do$_ end" }, { "for $!n = $#, 1, -1 do$_ end" }, { "for $!n = 0, $# * 2, 2 do$_ end" },
  { "for $!n = 1, $# do if $b then goto $@ end$_ ::$@:: end", feature = "goto" },
  { "for $!n = 1, $# do$_ if $b then break end end" },
  { "do local $!n = 0 while $% < $# do $% = $% + 1$_ end end" },
  { "do local $!n = $# while $b and $% > 0 do $% = $% - 1$_ end end" },
  { "do local $!n = 0 repeat local step = $i % 3 + 1 $% = $% + step$_ until $% >= $# or step > $i end" },
  { "do local $!n = 0 ::$@:: $% = $% + 1 do$_ end if $% < $# then goto $@ end end", feature = "goto" },
  { "for _, $!n in ipairs($l) do$_ end", feature = "ipairs", turns = 24 },
  { "for $!s, $!n in pairs($m) do$_ end", feature = "pairs", locks = true, turns = 20 },
  { "for $!s, $!n in next, $m do$_ end", feature = "pairs", locks = true, turns = 20 },
  { "for $!s in ($s):gmatch('%w+') do$_ end", feature = "callbacks", turns = 20 },
  { "for $!n in countdown($# % 9) do$_ end", feature = "closures" },
  { "for i = 1, #$l do $N = ($N + $&[i]) % 8191 end", turns = 24 },
  { "for i = 1, #$S do $N = ($N * 31 + (($s):byte(i) or 1)) % 65521 end", turns = 40 },
  {
    "for i = 1, math.min(#flow.payload, 64) do $N = ($N * 33 + flow.payload:byte(i)) % 65521 "
      .. "end", needs = "flow", turns = 64,
  },
  { "do$_ end" },
  { "each($l, function(x) $N = ($N + x) % 8191 end)", feature = "new_closures", turns = 24 },
  { "MOMENTS:add($n)", feature = "stats" }, { "PERCENTILE:add(($n) % 8191)", feature = "stats" },
  { "HISTOGRAM:add($c)", feature = "entropy", needs = "flow" }, { "HISTOGRAM:add($s)", feature = "entropy" },
  {
    "state.vector = Vector.new($n % 99, $n % 99) + (state.vector or "
      .. "ORIGIN)", feature = "metatables", needs = "self",
  },
  { "PROXY[$k] = $i", feature = "metatables" }, { "$N = (PROXY[$k] or 0) % 8191", feature = "metatables" },
  { "state.moments = state.moments or stats.new() state.moments:add($n)", feature = "stats", needs = "self" },
  {
    "state.histogram = state.histogram or entropy.histogram() "
      .. "state.histogram:add($c)", feature = "entropy", needs = "self",
  },
  { "state.act = state.act or counter($i) $N = state.act($i) % 8191", feature = "new_closures", needs = "self" },
  { "if flow.payload_length > 0 then$_ end", needs = "flow" },
  { "if flow.from_client then$_ else$_ end", needs = "flow" },
  { "if flow.proto == 17 then$_ else$_ end", needs = "flow" },
  {
    "local up, down = flow:stream('c2s'), flow:stream('s2c') if up.length > down.length then$_ else$_ "
      .. "end", needs = "flow", feature = "streams",
  },
  {
    "local method, uri = http.request($c) if method then $S = uri:sub(1, 30)$_ "
      .. "end", needs = "flow", feature = "http",
  },
  {
    "local name = tls.sni($c) if name then $S = name:sub(1, 30) elseif $b then$_ "
      .. "end", needs = "flow", feature = "tls",
  },
  {
    "local hello = tls.client_hello($c) if hello then $N = #hello.versions + #hello.alpn$_ "
      .. "end", needs = "flow", feature = "tls",
  },
  { "local banner = ssh.banner($c) if banner then $S = banner:sub(1, 30)$_ end", needs = "flow", feature = "ssh" },
  { "local name = dns.query($c) if name then $S = name:sub(1, 30)$_ end", needs = "flow", feature = "dns" },
  { "if $b then flow:set_suppress_flow() end", needs = "flow", feature = "suppress" },
  { "if $i == 77 then self.logger:info('%s %d', $s, $i) end", needs = "self", feature = "logger" },
  { "self.logger:debug($s)", needs = "self", feature = "logger" },
  { "if $b then return $V end" }, { "if $b and $b then return $V end" },
  { "if $i % 50 == 49 then flow.finalised = true return $V end", needs = "flow" },
  { "if flow.packet_count % 29 == 13 and $b then error($s) end", needs = "flow", feature = "errors" },
  { "if flow.packet_count % 31 == 17 then local x = $m.none.x $N = x end", needs = "flow", feature = "errors" },
}

-- Statements of ordinary classifiers, after `local up, down = flow:stream("c2s"),
-- flow:stream("s2c")`. Their state of a flow grows gradually, so that the packet loop is compiled
-- into one trace with many side traces.
templates.u = { { "up" }, { "up" }, { "down" }, { "flow" } }

templates.ordinary = {
  {
    "local method, uri = http.request($u) if method == 'GET' then state.uri = uri elseif method then "
      .. "state.method = method end",
  },
  { "local status = http.response($u) if status and status >= 400 then state.status = status end" },
  { "local host = http.host($u) if host then state.host = host end" },
  {
    "local length, waits = http.header($u, 'Content-Length') if length then state.length = length elseif "
      .. "waits then state.waits = true end", feature = "more",
  },
  { "local name, partial = tls.sni($u) if name then state.name = name elseif partial then state.partial = true end" },
  { "local hello = tls.client_hello($u) if hello then state.ja4 = hello.ja4 end" },
  { "local banner, _, software = ssh.banner($u) if banner then state.banner = software end" },
  { "local client = ssh.banner($u) if client then state.client = client end" },
  { "if flow.proto == 17 then local name, kind = dns.query(flow) if name then state.query = name .. kind end end" },
  { "if flow.proto == 17 then state.quic = quic.version(flow) or state.quic end", feature = "quic" },
  {
    "if flow.from_client then state.up = (state.up or 0) + flow.payload_length else state.down = "
      .. "(state.down or 0) + 1 end", feature = "more",
  },
  { "if not state.token then state.token = WORDS:find($u) end", feature = "tokens" },
  { "state.sizes = state.sizes or stats.new() state.sizes:add(flow.packet_length)", feature = "stats" },
  { "if flow.payload_length > 0 then state.bits = entropy.of(flow) end", feature = "entropy" },
}

templates.decision = {
  { "if state.name and state.packets > 7 then return $V end" },
  { "if state.status and not flow.from_client then return $V end" },
  { "if state.banner and state.packets > 5 then return $V end" }, { "if flow.packet_count > 12 then return $V end" },
  { "if (state.up or 0) > 300 then return $V end", feature = "more" },
  { "if state.query then flow.finalised = true return $V end", feature = "more" },
  { "if up.full or down.missing > 0 then return $V end", feature = "more" },
  { "if flow:tcp_fin() then return $V end", feature = "more" },
}

return templates

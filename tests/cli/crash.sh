#!/usr/bin/env bash
# The output of dpae when a signal such as SIGSEGV ends it: crash.sh DPAE SOURCE CAPTURES
set -euo pipefail

dpae=$1
source=$2
captures=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# AddressSanitizer installs its own handlers, which dpae would leave alone.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_abort=0

fail() {
    printf 'crash: %s\n' "$*" >&2
    exit 1
}

mkdir -p "$work/config" "$work/classifiers" "$work/spec/classifiers"
cat >"$work/config/config.yaml" <<END
classifiers_directory: classifiers
lua_directory: $source/lua
END
cd "$work"

# Nearly all of the run time is spent in it. It loops within its limits.
cat >classifiers/slow.lua <<'END'
return { new = function(logger)
  return { classifier = function(_, flow)
    local n = 0
    logger:error("at it")
    for i = 1, 200000 do n = (n + i) % 7 end
    flow.finalised = n > 7
  end }
end }
END

captures_of_many=()
for _ in $(seq 20); do
    captures_of_many+=("$captures/demo.pcap")
done

# Waits for the log line of a call; the signal follows at once.
await() {
    local pid=$1
    until grep -q "at it" messages; do
        kill -0 "$pid" || fail "it ended by itself: $(cat messages)"
        sleep 0.01
    done
}

# ended SIGNAL PID...: waits for the program, which must end by that signal
ended() {
    local status=0 signal=$1
    shift
    wait "$@" 2>/dev/null || status=$?
    [ "$status" -eq $((128 + $(kill -l "$signal"))) ] || fail "$signal: exit code $status: $(cat messages)"
}

"$dpae" replay -q -c config/config.yaml --classifier slow --format jsonl "${captures_of_many[@]}" \
    >whole 2>/dev/null

# The events must be a prefix of those without a signal, in whole lines, and not empty.
written() {
    [ -s events ] || fail "the events are lost"
    cmp -n "$(stat -c %s events)" events whole || fail "other events"
    [ "$(tail -c 1 events | od -An -tx1)" = " 0a" ] || fail "a line is cut: $(tail -n 1 events)"
}

line='^dpae: ended by signal [0-9]* (NAME) in classifier slow ([^ ]*/classifiers/slow.lua:2), at packet [0-9]*,'
line+=' [^ ]* -> [^ ]* [a-z0-9]*, 2024-01-01T00:00:[0-9.]*Z; no classifier should be able to cause this: it is a'
line+=' defect of dpae, please report it together with the classifier$'

# in_a_call SIGNAL: there is next to no time between calls, so a second attempt is rarely needed.
in_a_call() {
    for _ in 1 2 3 4 5; do
        : >messages
        "$dpae" replay -q -c config/config.yaml --classifier slow --format jsonl --output events \
            "${captures_of_many[@]}" 2>messages &
        await $!
        kill -s "$1" $!
        ended "$1" $!
        written
        [ "$(grep -c '^dpae: ' messages)" -eq 1 ] || fail "$1: not one line: $(cat messages)"
        if grep -q "${line/NAME/$1}" messages; then
            return
        fi
        grep -q "^dpae: ended by signal [0-9]* ($1), outside of classifiers, at packet " messages || break
    done
    fail "$1: no line names the classifier: $(grep -v 'at it' messages)"
}

in_a_call SEGV
in_a_call ABRT
in_a_call TRAP

# Outside of a call: the program is waiting for input.
mkfifo fifo
: >messages
"$dpae" replay -q -c config/config.yaml --classifier slow --format jsonl --output events - <fifo 2>messages &
pid=$!
exec 9>fifo
cat "$captures/demo.pcap" >&9
await "$pid"
until [ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat")" = S ]; do
    sleep 0.01
done
kill -s SEGV "$pid"
ended SEGV "$pid"
exec 9>&-
written
grep -q '^dpae: ended by signal 11 (SEGV), outside of classifiers, at packet [0-9]*, 2024-[^ ]*Z; this is a defect' \
    messages || fail "outside: $(grep -v 'at it' messages)"

# A spec runs in a LuaJIT process.
cat >spec/classifiers/slow_spec.lua <<'END'
local kit = require("spec.kit")
it("lasts", function()
  local many = {}
  for i = 1, 5000 do many[i] = kit.packets.udp({}) end
  print("at it")
  io.stdout:flush()
  kit.run("slow", many)
end)
END
for _ in 1 2 3 4 5; do
    : >messages
    "$dpae" test -c config/config.yaml slow >messages 2>&1 &
    pid=$!
    await "$pid"
    sleep 0.2
    child=$(cut -d " " -f 1 "/proc/$pid/task/$pid/children")
    kill -s SEGV "$child"
    ended SEGV "$pid"
    if grep -q '^dpae: ended by signal 11 (SEGV) in classifier slow (.*), at packet [0-9]*, 10.1.0.1:' messages; then
        exit 0
    fi
done
fail "spec: $(cat messages)"

#!/usr/bin/env bash
# The way of an author from an empty folder to a working classifier: run.sh DPAE CAPTURES
# Tests every kind of `dpae new`, in a folder with a space in its path, from another folder.
set -euo pipefail

dpae=$1
captures=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
project="$work/my project"
config=$project/config/config.yaml

fail() {
    printf 'kit: %s\n' "$*" >&2
    exit 1
}

# has FILE TEXT...
has() {
    grep -qF -- "$2" "$1" || fail "\"$2\" is not in the output: $(cat "$1")"
}

mkdir -p "$project/config" "$project/classifiers"
sed -E 's/^#?classifiers_directory:.*/classifiers_directory: classifiers/' \
    "$root/config/config.yaml" >"$config"
cd /

# kind NAME KIND TREATMENTS: makes and tests a classifier, and replays it without a policy.
kind() {
    "$dpae" new "$1" --kind "$2" -c "$config" >"$work/out"
    has "$work/out" "dpae test -c $config $1"
    "$dpae" test -c "$config" "$1" >"$work/out" 2>&1 || fail "its spec fails: $(cat "$work/out")"
    has "$work/out" " / 0 failures / 0 errors"
    "$dpae" replay -c "$config" --classifier "$1" --profile --format jsonl "$captures/demo.pcap" \
        >"$work/events" 2>"$work/messages"
    grep '"type":"verdict"' "$work/events" | grep -c "\"classifier\":\"$1\"" >"$work/out" || true
    [ "$(cat "$work/out")" -eq "$3" ] || fail "$1 gave $(cat "$work/out") treatments, not $3"
    grep -qE "^$1 +[1-9][0-9]* +[0-9.]+ +[0-9.]+ +0 +" "$work/messages" ||
        fail "no profile of $1: $(cat "$work/messages")"
}

kind by_host payload 4
kind by_size statistical 6

# Without a name, all specs run, and the exit status shows a failing spec.
"$dpae" test -c "$config" >"$work/out" 2>&1 || fail "one of two specs fails: $(cat "$work/out")"
has "$work/out" "13 successes"
sed -i 's/constrained_bw/high_priority/' "$project/classifiers/by_size.lua"
"$dpae" test -c "$config" >"$work/out" 2>&1 && fail "a wrong classifier passes its spec"
has "$work/out" "spec/classifiers/by_size_spec.lua"

# dpae new overwrites no file, and does not leave one of its two files behind.
"$dpae" new by_size -c "$config" 2>"$work/out" && fail "new wrote over a classifier"
has "$work/out" "File exists; choose another name, or move that file away"
: >"$project/classifiers/taken.lua"
"$dpae" new taken -c "$config" 2>"$work/out" && fail "new wrote over a classifier without a spec"
[ ! -e "$project/spec/classifiers/taken_spec.lua" ] || fail "new left a spec behind"
"$dpae" test -c "$config" by_sice 2>"$work/out" && fail "a missing spec passes"
has "$work/out" 'did you mean "by_size"?'

# The profile shows the places that the JIT compiler cannot compile.
cat >"$project/classifiers/closure.lua" <<'LUA'
return { new = function() return { classifier = function(_, flow)
  local size = function() return flow.packet_length end
  return size() < 0 and {} or nil
end } end }
LUA
"$dpae" replay -c "$config" --classifier closure --profile "$captures/demo.pcap" \
    "$captures/demo.pcap" "$captures/demo.pcap" >/dev/null 2>"$work/out"
grep -qE '^closure .* [1-9][0-9]*$' "$work/out" || fail "no JIT abort was counted: $(cat "$work/out")"
has "$work/out" "NYI: bytecode FNEW at "

# The cost of a call includes its verdict, and the JIT compiler can compile the conversion of reasons to text.
cat >"$project/classifiers/slow_reason.lua" <<'LUA'
local slow = setmetatable({}, { __tostring = function()
  local n = 0
  for i = 1, 100000 do n = (n + i) % 7 end
  return n .. ""
end })
return { new = function() return { classifier = function(_, flow)
  return { qos_treatment = "low_priority", why = { size = flow.packet_length, slow = slow } }
end } end }
LUA
"$dpae" replay -q -c "$config" --classifier slow_reason --profile "$captures/demo.pcap" >/dev/null 2>"$work/out"
awk '$1 == "slow_reason" { exit !($4 > 10000) }' "$work/out" || fail "reasons cost nothing: $(cat "$work/out")"
cat >"$project/classifiers/reasons.lua" <<'LUA'
return { new = function() return { classifier = function(_, flow)
  return { qos_treatment = "low_priority", why = { size = flow.packet_length, of = flow.packet_count } }
end } end }
LUA
"$dpae" replay -q -c "$config" --classifier reasons --profile "$captures/demo.pcap" "$captures/demo.pcap" \
    "$captures/demo.pcap" "$captures/demo.pcap" >/dev/null 2>"$work/out"
has "$work/out" "reasons "
! grep -qE 'NYI: (bytecode FNEW|FastFunc)' "$work/out" || fail "reasons are not compiled: $(cat "$work/out")"

# Aborts during the loading of classifiers are not theirs. This loads enough for the JIT compiler to start.
host_work=()
for i in 1 2 3 4 5 6 7 8; do
    printf 'return { new = function() return { classifier = function() end } end }\n' >"$project/classifiers/idle_$i.lua"
    host_work+=(--classifier "idle_$i")
done
"$dpae" replay -q -c "$config" "${host_work[@]}" --profile "$captures/empty.pcap" >/dev/null 2>"$work/out"
has "$work/out" "idle_8 "
awk '$1 ~ /^idle_/ && $NF != 0 { exit 1 }' "$work/out" || fail "aborts without a call: $(cat "$work/out")"

# The name of a spec is never run as a command, and every name works.
printf 'it("runs", function() end)\n' | tee "$project/spec/classifiers/it's_spec.lua" \
    "$project/spec/classifiers/\$(touch pwned)_spec.lua" >"$project/spec/classifiers/a,b_spec.lua"
rm "$project/spec/classifiers/by_size_spec.lua"
"$dpae" test -c "$config" >"$work/out" 2>&1 || fail "specs with odd names fail: $(cat "$work/out")"
has "$work/out" "10 successes"
has "$work/out" "a,b_spec.lua is skipped: busted does not support a comma in a file name"
"$dpae" test -c "$config" "it's" >"$work/out" 2>&1 || fail "it's_spec.lua fails: $(cat "$work/out")"
has "$work/out" "1 success "
[ -z "$(find / -maxdepth 1 -name pwned; find "$project" -name pwned)" ] || fail "the name of a spec was run"

# An endless call is an error of the spec, which names the classifier.
cat >"$project/classifiers/stuck.lua" <<'LUA'
return { new = function() return { classifier = function()
  while true do end
end } end }
LUA
cat >"$project/spec/classifiers/stuck_spec.lua" <<'LUA'
local kit = require("spec.kit")
it("ends", function() kit.run("stuck", kit.packets.http()) end)
LUA
timeout 60 "$dpae" test -c "$config" stuck >"$work/out" 2>&1 && fail "a stuck classifier passes its spec"
has "$work/out" "classifier stuck: $project/classifiers/stuck.lua:2: took more than 500000 steps (classifier_steps)"

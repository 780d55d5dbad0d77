#!/usr/bin/env bash
# The way of an author from nothing to a classifier that runs: run.sh DPAE CAPTURES
# Every kind that `dpae new` knows, in a folder of its own whose path has a space, from another folder.
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
    grep -qF -- "$2" "$1" || fail "\"$2\" is not in what came out: $(cat "$1")"
}

mkdir -p "$project/config" "$project/classifiers"
sed -E 's/^#?classifiers_directory:.*/classifiers_directory: classifiers/' \
    "$root/config/config.yaml" >"$config"
cd /

# kind NAME KIND TREATMENTS: made, tested, and replayed without a policy.
kind() {
    "$dpae" new "$1" --kind "$2" -c "$config" >"$work/out"
    has "$work/out" "dpae test $1"
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

# Without a name all specs run, and a failing one is told by the exit status.
"$dpae" test -c "$config" >"$work/out" 2>&1 || fail "one of two specs fails: $(cat "$work/out")"
has "$work/out" "12 successes"
sed -i 's/constrained_bw/high_priority/' "$project/classifiers/by_size.lua"
"$dpae" test -c "$config" >"$work/out" 2>&1 && fail "a wrong classifier passes its spec"
has "$work/out" "spec/classifiers/by_size_spec.lua"

# Nothing that is there is overwritten, and no half is left behind.
"$dpae" new by_size -c "$config" 2>"$work/out" && fail "new wrote over a classifier"
has "$work/out" "File exists; take another name, or move that file away"
: >"$project/classifiers/taken.lua"
"$dpae" new taken -c "$config" 2>"$work/out" && fail "new wrote over a classifier without a spec"
[ ! -e "$project/spec/classifiers/taken_spec.lua" ] || fail "new left a spec behind"
"$dpae" test -c "$config" by_sice 2>"$work/out" && fail "a spec that is not there passes"
has "$work/out" 'did you mean "by_size"?'

# What keeps the compiler from its work is told with its place.
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

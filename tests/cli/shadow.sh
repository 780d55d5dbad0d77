#!/bin/sh
# Shadow runs: shadow.sh DPAE SOURCE CAPTURES. Each case is a candidate. Without the events of the shadow run and of
# the candidate's errors, the events must be those of a run without a candidate, byte for byte.
set -eu
dpae=$1 source=$2 captures=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
incumbent=statistical_qos_bandwidth_1
failures=0

mkdir "$folder/classifiers" "$folder/config"
cp "$source"/classifiers/*.lua "$folder/classifiers"
ln -s "$source/lua" "$folder/lua"
cat >"$folder/config/config.yaml" <<END
classifiers_directory: $folder/classifiers
lua_directory: $folder/lua
classifier_budget_us: 2000
END

fail() {
    echo "shadow: $1" >&2
    failures=$((failures + 1))
}

# write NAME BODY: body of classifier()
write() {
    cat >"$folder/classifiers/$1.lua" <<END
local LOW = { qos_treatment = "low_priority" }
local DEFAULT = { qos_treatment = "default_priority" }
local Candidate = {}
Candidate.__index = Candidate
function Candidate.new()
  return setmetatable({ default = DEFAULT }, Candidate)
end
function Candidate:classifier(flow)
  $2
end
return Candidate
END
}

write_candidate() {
    write candidate "$1"
}

replay() {
    "$dpae" replay -c "$folder/config/config.yaml" -p "$source/config/main_policy.yaml" -q \
        --format jsonl --output "$folder/events" "$@" 2>"$folder/messages"
}

# check NAME WANTED [CAPTURE]: the summary of that capture must match WANTED. Replays all captures
# that have no error.
check() {
    name=$1 wanted=$2 looked_at=${3:-statistics}
    for capture in demo http statistics suppress_waits suppress_renewal port_reuse reordering; do
        replay "$captures/$capture.pcap" || fail "$name: $capture without a shadow run"
        mv "$folder/events" "$folder/before"
        replay --shadow "$incumbent=candidate" "$captures/$capture.pcap" || fail "$name: $capture"
        grep -v -e '^{"type":"shadow"' -e '^{"type":"script_error",.*"candidate":true,' "$folder/events" \
            >"$folder/after" || true
        cmp "$folder/before" "$folder/after" || fail "$name: $capture: other events"
        if [ "$capture" = "$looked_at" ]; then
            grep -q -e "$wanted" "$folder/messages" ||
                { fail "$name: no \"$wanted\":"; cat "$folder/messages" >&2; }
            shown=$(grep -c ' -> .*; candidate: ' "$folder/messages") || true
            reported=$(grep -c '^{"type":"shadow"' "$folder/events") || true
            [ "$shown" = "$reported" ] || fail "$name: shows $shown differences of $reported"
        fi
    done
}

cp "$source/classifiers/$incumbent.lua" "$folder/classifiers/candidate.lua"
check agrees "candidate against $incumbent: agreed on [1-9][0-9]* flows, differed on 0 "
write_candidate 'flow.finalised = true; return LOW'
check differs "agreed on 0 flows, differed on [1-9]"
check differs "$incumbent: [a-z_]* at packet 7; candidate: low_priority at packet 1\$"
write_candidate 'if flow.packet_count < 9 then return nil end; flow.finalised = true; return LOW'
check decides_later "; candidate: low_priority at packet 9\$"
write_candidate 'flow.finalised = true'
check finalises_at_once "agreed on 0 flows, .*only candidate: 0"
write_candidate 'if flow.packet_count > 1 then return LOW end; return DEFAULT'
check changes_its_mind "; candidate: low_priority at packet 2\$"
write_candidate 'return LOW + 1'
check fails "  candidate: .* [1-9][0-9]* errors"
grep -q '^{"type":"script_error",.*"classifier":"candidate",' "$folder/events" || fail "fails: no event says so"
write_candidate 'while true do self.n = 1 end'
check overruns_its_budget "  candidate: .* [1-9][0-9]* errors"
write_candidate 'flow:set_suppress_flow()'
check suppresses "  candidate: .* 0 errors"

# The incumbent must not see bytes requested by the candidate only.
write "$incumbent" 'if flow.packet_count < 6 then return nil end; flow.finalised = true
  return #flow:stream("c2s").text > 0 and DEFAULT or LOW'
write_candidate 'local there = #flow:stream("c2s").text > 0; flow.finalised = there
  return there and DEFAULT or nil'
check asks_for_bytes "$incumbent: low_priority at packet 6; candidate: default_priority at packet [1-5]\$" http
cp "$folder/classifiers/$incumbent.lua" "$folder/classifiers/kept.lua"
cp "$folder/classifiers/candidate.lua" "$folder/classifiers/$incumbent.lua"
cp "$folder/classifiers/kept.lua" "$folder/classifiers/candidate.lua"
check asks_later "$incumbent: default_priority at packet [1-5]; candidate: low_priority at packet 6\$" http

# refuse WANTED OPTIONS...: must fail with this message
refuse() {
    wanted=$1 status=0
    shift
    replay "$@" "$captures/demo.pcap" || status=$?
    [ $status != 0 ] || fail "$*: is not refused"
    grep -q -e "$wanted" "$folder/messages" || { fail "$*:"; cat "$folder/messages" >&2; }
}
refuse "the policy has no classifier 'other'" --shadow other=candidate
refuse "the policy already runs 'payload_uri_1'" --shadow "$incumbent=payload_uri_1"
refuse "no_such.lua" --shadow "$incumbent=no_such"
refuse "needs NAME=CANDIDATE" --shadow candidate
refuse "needs NAME=CANDIDATE" --shadow "=candidate"
refuse "needs NAME=CANDIDATE" --shadow "$incumbent=../candidate"
refuse "only once" --shadow "$incumbent=candidate" --shadow "$incumbent=candidate"
echo 'return {' >"$folder/classifiers/candidate.lua"
refuse "candidate.lua:" --shadow "$incumbent=candidate"

[ "$failures" = 0 ]

#!/usr/bin/env bash
# Measures the cost of classifier calls: tests/bench/classifiers.sh [BUILD_FOLDER]
# It measures the user time of whole runs of dpae replay and takes the least of five interleaved runs, so that other
# programs of the machine matter little. It prints
#   the cost of the two classifiers of the shipped policy on young flows (4 packets each) and on finalised flows,
#   compared with no classifier, in ns a packet;
#   the cost of single operations in a classifier, compared with a classifier that finalises at once, in ns a call:
#   the figures in docs/classifier-performance.md.
# It makes captures in BUILD_FOLDER/bench (0.5 GB).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
folder=$build/bench
runs=5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder" "$work/config" "$work/classifiers"

# capture NAME PACKETS FLOWS: makes the capture unless it exists.
capture() {
    local file=$folder/$1.pcap
    [ -s "$file" ] || luajit "$root/tests/bench/make_capture.lua" "$2" "$3" "$file"
    cat "$file" >/dev/null # into the page cache
}

sed -E -e 's|^#? *classifiers_directory:.*|classifiers_directory: classifiers|' \
    -e "s|^#? *lua_directory:.*|lua_directory: $root/lua|" \
    -e 's|^flow_table_size:.*|flow_table_size: 1200000|' "$root/config/config.yaml" >"$work/config/config.yaml"
cp "$root"/classifiers/*.lua "$work/classifiers"

# user CAPTURE NAME: user time in seconds. NAME is a classifier, shipped (those of the shipped policy), or unclassified (no classifier).
user() {
    local TIMEFORMAT=%U run=(--classifier "$2")
    case $2 in
    unclassified) run=(-p "$root/tests/golden/cases/no_classifiers/policy.yaml") ;;
    shipped) run=(-p "$root/config/main_policy.yaml") ;;
    esac
    { time "$build/dpae" replay -q --output /dev/null -c "$work/config/config.yaml" "${run[@]}" \
        "$folder/$1.pcap" 2>/dev/null; } 2>&1
}

# compare CAPTURE PACKETS BASE NAME...: the cost above that of BASE, in ns a packet.
compare() {
    local capture=$1 packets=$2 base=$3 name i
    shift 3
    for ((i = 0; i < runs; i++)); do
        for name in "$base" "$@"; do
            printf '%s %s\n' "$name" "$(user "$capture" "$name")"
        done
    done | awk -v packets="$packets" -v base="$base" '
        !($1 in least) { order[++n] = $1; least[$1] = $2 }
        $2 < least[$1] { least[$1] = $2 }
        END {
            for (i = 2; i <= n; i++)
                printf "%-20s %8.1f\n", order[i], (least[order[i]] - least[base]) * 1e9 / packets
        }'
}

# variant NAME BODY: a classifier that keeps every flow.
variant() {
    cat >"$work/classifiers/$1.lua" <<LUA
local stats = require("stats")
local LOW = { qos_treatment = "low_priority" }
local function matches(text) return text:find("^1.*2$") end
return { new = function() return { classifier = function(self, flow)
  $2
end } end }
LUA
}

variant at_once 'flow.finalised = true'
variant one_field 'if flow.packet_count > 1e9 then return LOW end'
variant ten_fields 'if flow.packet_count + flow.bytes_c2s + flow.bytes_s2c + flow.packets_c2s
  + flow.packets_s2c + flow.packet_length + flow.payload_length + flow.tcp_src + flow.tcp_dst
  + flow.proto > 1e15 then return LOW end'
variant a_call 'if flow:max_packet_size() > 1e9 then return LOW end'
variant flow_stream 'if flow:stream("c2s").length > 1e9 then return LOW end'
variant flow_state 'local s = flow.state; s.n = (s.n or 0) + 1; if s.n > 1e9 then return LOW end'
variant state_and_stats 'local s = flow.state; s.sizes = s.sizes or stats.new(); s.sizes:add(flow.packet_length)'
variant new_table 'local t = { flow.packet_length }; self.t = t; if t[1] > 1e9 then return LOW end'
variant address_text 'if flow.ip_src == "192.0.2.1" then return LOW end'
variant joined_text 'if flow.ip_src .. ":" .. flow.tcp_src == "192.0.2.1:5" then return LOW end'
variant string_pattern 'if matches(flow.ip_src) and flow.packet_count > 1e9 then return LOW end'
variant new_function 'local f = function() return flow.packet_length end; if f() > 1e9 then return LOW end'

capture small 2000000 1000
capture million 4000000 1000000

printf '## Young flows (4 M packets in 1 M flows), ns a packet more than without classifiers\n'
compare million 4000000 unclassified shipped
printf '\n## Flows of 2000 packets, finalised at the 7th at the latest, ns a packet more\n'
compare small 2000000 unclassified shipped
printf '\n## In one classifier, ns a call more than a classifier that finalises at once\n'
compare small 2000000 at_once one_field ten_fields a_call flow_stream flow_state state_and_stats \
    new_table address_text joined_text string_pattern new_function

#!/usr/bin/env bash
# The benchmark: tests/bench/run.sh [--large] [BUILD_FOLDER]
# It needs a Release build in BUILD_FOLDER (default: build/, which ./setup.sh test makes), and prints
#   the cost of each stage for a packet, with 1000 flows and with 1 million (--large: also with 10 million);
#   packets per second of the whole program, next to ndpiReader if that is installed (Debian: libndpi-bin);
#   the allocations that packets cause; the bytes of the table for each flow.
# It makes captures in BUILD_FOLDER/bench (0.5 GB; --large: 2.8 GB).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
large=0
if [ "${1:-}" = --large ]; then
    large=1
    shift
fi
build=$(cd "${1:-$root/build}" && pwd)
folder=$build/bench
pairs=5
mkdir -p "$folder/config"

# capture NAME PACKETS FLOWS: makes the capture unless it exists.
capture() {
    local file=$folder/$1.pcap
    [ -s "$file" ] || luajit "$root/tests/bench/make_capture.lua" "$2" "$3" "$file"
    cat "$file" >/dev/null # into the page cache
}

# seconds COMMAND...: wall time; discards the output.
seconds() {
    local start=$EPOCHREALTIME
    "$@" >/dev/null 2>&1
    local end=$EPOCHREALTIME
    awk -v a="$start" -v b="$end" 'BEGIN { printf "%.3f", b - a }'
}

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# Runs the program with a table large enough for the capture.
replay() {
    "$build/dpae" replay -c "$folder/config/config.yaml" -p "$root/config/main_policy.yaml" "$@"
}

configure_table() {
    sed -E -e "s|^#? *flow_table_size:.*|flow_table_size: $1|" \
        -e "s|^#? *classifiers_directory:.*|classifiers_directory: $root/classifiers|" \
        -e "s|^#? *lua_directory:.*|lua_directory: $root/lua|" \
        "$root/config/config.yaml" >"$folder/config/config.yaml"
}

# stages NAME FLOWS TABLE_SIZE
stages() {
    printf '\n## Stages, %s flows at a time, a table of %s\n' "$2" "$3"
    "$build/tests/bench/bench_stages" "$folder/$1.pcap" "$2" "$3" | tee "$folder/$1.stages"
}

# The time of the whole pipeline in ns a packet, over all packets of a run.
pipeline_ns() {
    awk '/^whole pipeline/ { print $NF }' "$folder/$1.stages"
}

capture small 2000000 1000
capture million 4000000 1000000

stages small 1000 1200000
stages million 1000000 1200000
awk -v a="$(pipeline_ns small)" -v b="$(pipeline_ns million)" \
    'BEGIN { printf "\n1 M flows cost %.2f times as much a packet as 1000 (%.1f, %.1f ns)\n", b / a, b, a }'
if [ "$large" -eq 1 ]; then
    capture ten_million 30000000 10000000
    stages ten_million 10000000 12000000
fi

printf '\n## Allocations\n'
"$build/tests/bench/bench_allocations" "$build/captures/demo.pcap" "$folder/small.pcap" || true

configure_table 1200000
printf '\n## Whole program, 4 M packets in 1 M flows, both classifiers\n'
for ((i = 1; i <= pairs; i++)); do
    seconds replay "$folder/million.pcap"
    echo
done | median | awk '{ printf "median: %.3f s, %.0f packets/s\n", $1, 4e6 / $1 }'

printf '\n## Whole program, 2 M packets in 1000 flows, both classifiers\n'
if command -v ndpiReader >/dev/null; then
    printf '%-6s %12s %14s %12s %8s\n' pair 'dpae s' 'ndpiReader s' 'packets/s' ratio
    for ((i = 1; i <= pairs; i++)); do
        ours=$(seconds replay "$folder/small.pcap")
        theirs=$(seconds ndpiReader -q -i "$folder/small.pcap")
        awk -v i="$i" -v a="$ours" -v b="$theirs" \
            'BEGIN { printf "%-6d %12.3f %14.3f %12.0f %8.2f\n", i, a, b, 2e6 / a, b / a }'
    done | tee "$folder/pairs"
    printf 'median: ndpiReader takes %s times as long (the bar is 4)\n' \
        "$(awk '{ print $NF }' "$folder/pairs" | median)"
else
    printf 'ndpiReader is not installed (apt-get install libndpi-bin): no comparison\n'
    for ((i = 1; i <= pairs; i++)); do
        seconds replay "$folder/small.pcap"
        echo
    done | tee "$folder/alone"
    awk -v a="$(median <"$folder/alone")" 'BEGIN { printf "median: %.0f packets/s\n", 2e6 / a }'
fi

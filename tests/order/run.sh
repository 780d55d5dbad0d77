#!/usr/bin/env bash
# Tables have the same order in every process: run.sh DPAE CAPTURES
# LuaJIT's own order of strings depends on a random seed of the process. Classifiers that decide by the first key, or
# by several, are replayed in several processes; the events must be equal.
set -euo pipefail

dpae=$1
captures=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
processes=8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'order: %s\n' "$*" >&2
    exit 1
}

mkdir "$work/config"
sed -E "s|^#? *classifiers_directory:.*|classifiers_directory: $here|; s|^#? *lua_directory:.*|lua_directory: $here/../../lua|" \
    "$here/../../config/config.yaml" >"$work/config/config.yaml"

for file in "$here"/*.lua; do
    name=$(basename "$file" .lua)
    for ((i = 1; i <= processes; i++)); do
        "$dpae" replay -c "$work/config/config.yaml" --classifier "$name" --format jsonl "$captures/demo.pcap" \
            >"$work/events.$i" 2>"$work/messages.$i" || fail "$name: $(cat "$work/messages.$i")"
        # Timing lines are not compared.
        grep -E 'classifier|lua' "$work/messages.$i" >"$work/errors.$i" || true
        cmp "$work/events.1" "$work/events.$i" || fail "$name: process $i has other events than the first"
        cmp "$work/errors.1" "$work/errors.$i" || fail "$name: process $i has other errors than the first"
    done
    grep -q "\"classifier\":\"$name\"" "$work/events.1" || fail "$name decided nothing"
done

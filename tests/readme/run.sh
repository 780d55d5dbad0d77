#!/usr/bin/env bash
# Checks README.md against the program: run.sh DPAE CAPTURES
# The output on the first screen comes from a replay of the demo capture; the first classifier works.
set -euo pipefail

dpae=$1
captures=$2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block LANGUAGE: the first block of README.md in that language.
block() {
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } on && /^```$/ { exit } on' "$root/README.md"
}

fail() {
    printf 'README.md: %s\n' "$*" >&2
    exit 1
}

mkdir "$work/config"
# The program uses the copies of the folders, not those of the checkout.
sed -E 's/^#?(classifiers|lua)_directory:/\1_directory:/' "$root/config/config.yaml" >"$work/config/config.yaml"
cp -r "$root/classifiers" "$root/lua" "$work/"

"$dpae" replay -q -c "$work/config/config.yaml" -p "$root/config/main_policy.yaml" "$captures/demo.pcap" |
    tr -s ' ' >"$work/table"
while IFS= read -r line; do
    grep -qxF -- "$line" "$work/table" || fail "replay does not print this line of the first screen: $line"
done < <(block console | sed 1d | tr -s ' ')
[ "$(block console | wc -l)" -ge 5 ] || fail "the first screen shows no output"

block lua >"$work/classifiers/ssh_first.lua"
lines=$(wc -l <"$work/classifiers/ssh_first.lua")
[ "$lines" -le 10 ] || fail "it has $lines lines, the heading says ten"

named=$(block yaml)
sed -E "s/^( *(- )?)statistical:.*/\1$named/" "$root/config/main_policy.yaml" >"$work/my_policy.yaml"
grep -q "$named" "$work/my_policy.yaml" || fail "no such line in config/main_policy.yaml to replace"

"$dpae" check -c "$work/config/config.yaml" -p "$work/my_policy.yaml" || fail "dpae check refuses it"
"$dpae" replay -c "$work/config/config.yaml" -p "$work/my_policy.yaml" --format jsonl \
    "$captures/demo.pcap" >"$work/events"
treated=$(grep '"type":"verdict"' "$work/events" | grep -c '"qos_treatment":"high_priority"' || true)
[ "$treated" -eq 1 ] || fail "$treated flows got high_priority instead of the one SSH flow"

"$dpae" replay -q -c "$work/config/config.yaml" -p "$work/my_policy.yaml" "$captures/demo.pcap" |
    tr -s ' ' >"$work/table"
grep -qxF "$(block text)" "$work/table" || fail "replay does not print the verdict of the first classifier"

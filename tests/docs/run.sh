#!/usr/bin/env bash
# Runs the code blocks of a page for authors of classifiers: run.sh DPAE CAPTURES PAGE
# From top to bottom, in a copy of the checkout, a block of this language
#   sh       is run
#   text     must appear in the output of the sh block before it, line by line, apart from repeated blanks
#   lua      with a first line "-- FOLDER/NAME.lua" becomes that file; any other block is a classifier or a spec,
#            and must run without an error
#   console  is ignored: it installs and builds
set -euo pipefail

dpae=$1
captures=$2
page=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf '%s: %s\n' "$page" "$*" >&2
    exit 1
}

mkdir "$work/build" "$work/blocks"
cp -r "$root/config" "$root/classifiers" "$root/lua" "$root/spec" "$root/CMakeLists.txt" "$work"
cp "$dpae" "$(dirname "$dpae")/libdpae_spec.so" "$work/build"
ln -s "$captures" "$work/build/captures"

# blocks/NUMBER.LANGUAGE, in order.
awk -v folder="$work/blocks" '
    /^```[a-z]+$/ && !file { file = sprintf("%s/%03d.%s", folder, ++n, substr($0, 4)); printf "" >file; next }
    /^```$/ { close(file); file = ""; next }
    file { print >file }
' "$root/docs/$page"

# Runs a sh block; its output, with repeated blanks removed, goes to the file output.
run_shell() {
    (cd "$work" && PATH=$work/build:$PATH bash -euo pipefail "$1") >"$work/raw" 2>&1 ||
        fail "this fails: $(cat "$1" "$work/raw")"
    tr -s ' ' <"$work/raw" >"$work/output"
}

expect_text() {
    local line
    while IFS= read -r line; do
        grep -qF -- "$line" "$work/output" || fail "\"$line\" is not in the output: $(cat "$work/raw")"
    done < <(tr -s ' ' <"$1")
}

# Runs a classifier over a capture, or a spec.
run_lua() {
    local path
    path=$(sed -n '1s/^-- \([a-z_/]*\.lua\)$/\1/p' "$1")
    if [ -n "$path" ]; then
        cp "$1" "$work/$path"
    elif grep -q '^it(' "$1"; then
        cp "$1" "$work/spec/classifiers/block_spec.lua"
        "$work/build/dpae" test block >"$work/raw" 2>&1 || fail "this spec fails: $(cat "$1" "$work/raw")"
    else
        cp "$1" "$work/classifiers/block.lua"
        "$work/build/dpae" replay --classifier block "$captures/demo.pcap" >"$work/raw" 2>&1 ||
            fail "this classifier does not load: $(cat "$1" "$work/raw")"
        ! grep -A 8 '^script errors' "$work/raw" || fail "this classifier has errors: $(cat "$1")"
    fi
}

for block in "$work"/blocks/*; do
    case $block in
    *.sh) run_shell "$block" ;;
    *.text) expect_text "$block" ;;
    *.lua) run_lua "$block" ;;
    esac
done
[ -n "$(find "$work/blocks" -name '*.lua' -o -name '*.sh')" ] || fail "has nothing to run"

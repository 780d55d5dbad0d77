#!/usr/bin/env bash
# Runs each hostile classifier 50 times, and then measures how late each is stopped: hostile.sh [BUILD [OPTION=VALUE]...]
# BUILD is the build folder, ./build by default; OPTIONs are those of tests/hostile/hostile.lua. It prints the failures
# and the number of passes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
[ $# -eq 0 ] || shift
status=0

luajit "$root/tests/hostile/hostile.lua" times=50 jobs="$(getconf _NPROCESSORS_ONLN)" "$@" \
    "$build/dpae" "$build/captures" || status=1

rows=$(mktemp -d)
trap 'rm -rf "$rows"' EXIT
luajit "$root/tests/hostile/write.lua" "$rows"
"$build/tests/hostile/hostile_lateness" "$rows" || status=1
exit $status

#!/usr/bin/env bash
# Runs random classifiers for about an hour on two cores: stress.sh [BUILD [OPTION=VALUE]...]
# BUILD is the build folder, ./build by default; OPTIONs are those of tests/stress/stress.lua. It prints the failures
# and their number.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
[ $# -eq 0 ] || shift

exec luajit "$root/tests/stress/stress.lua" runs=20000 jobs="$(getconf _NPROCESSORS_ONLN)" "$@" \
    "$build/dpae" "$build/captures"

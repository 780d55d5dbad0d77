#!/usr/bin/env bash
# Rewrites the expectations of all golden cases, or of the named ones, with the build in build/.
# Review the result with `git diff`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
luajit "$root/tests/captures/make.lua" "$root/build/captures"
cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(find "$root/tests/golden/cases" -name expected.jsonl \
    -printf '%h\n' | sort | xargs -n 1 basename)
for case in "${cases[@]}"; do
    DPAE_GOLDEN_UPDATE=1 "$root/tests/golden/run.sh" "$root/build/dpae" "$root/build/captures" \
        "$root/tests/golden/cases/$case"
done

#!/usr/bin/env bash
# One golden case: run.sh DPAE CAPTURES CASE replays captures and compares the output with the
# expectations in the folder CASE. It may contain
#   expected.jsonl            the events, all of them
#   expected.summary          the summary without the elapsed time
#   expected.error            the error for damaged input; dpae then exits with 1
#   captures                  file names in CAPTURES, one per line, replayed as one stream; by default
#                             the one with the case's name
#   config.yaml, policy.yaml  in place of the shipped ones
# Every case is replayed twice, and an undamaged single file also from standard input and gzipped:
# the output must be the same. The summary must account for every packet.
set -euo pipefail

dpae=$1
captures=$2
case=$(cd "$3" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
name=$(basename "$case")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

config=$root/config/config.yaml
policy=$root/config/main_policy.yaml
[ ! -f "$case/config.yaml" ] || config=$case/config.yaml
[ ! -f "$case/policy.yaml" ] || policy=$case/policy.yaml

cd "$captures"
if [ -f "$case/captures" ]; then
    mapfile -t files <"$case/captures"
else
    files=("$name".pcap*)
fi

fail() {
    printf 'golden case %s: %s\n' "$name" "$*" >&2
    exit 1
}

# Events include a hash of the classifier's source, which is not compared.
replay() {
    "$dpae" replay -c "$config" -p "$policy" --format jsonl "$@" |
        sed 's/"source":"[0-9a-f]\{16\}"/"source":"-"/'
}

# same RUN FILES...: replays again, with the first file as standard input, and expects the same
# events.
same() {
    local run=$1
    shift
    replay "$@" <"${files[0]}" >"$work/$run" 2>"$work/$run.messages" || true
    cmp -s "$work/events" "$work/$run" ||
        fail "$run: the events differ from the first run: $(cat "$work/$run.messages")"
}

status=0
replay "${files[@]}" >"$work/events" 2>"$work/messages" || status=$?
sed -n '/^packets  /,/^elapsed /{/^elapsed /d; p}' "$work/messages" >"$work/summary"

if [ "${DPAE_GOLDEN_UPDATE:-}" = 1 ]; then
    cp "$work/events" "$case/expected.jsonl"
    cp "$work/summary" "$case/expected.summary"
    [ "$status" -eq 0 ] || grep '^dpae: ' "$work/messages" >"$case/expected.error"
fi

diff -u "$case/expected.jsonl" "$work/events" || fail "the events differ from expected.jsonl"
diff -u "$case/expected.summary" "$work/summary" || fail "the summary differs from expected.summary"

if [ -f "$case/expected.error" ]; then
    [ "$status" -eq 1 ] || fail "exit code $status instead of 1: $(cat "$work/messages")"
    grep '^dpae: ' "$work/messages" | diff -u "$case/expected.error" - || fail "the error differs from expected.error"
else
    [ "$status" -eq 0 ] || fail "exit code $status: $(cat "$work/messages")"
fi

# Every packet has one class, every malformed one has one reason. Without input there is no
# summary.
[ -s "$work/summary" ] || [ "$status" -eq 1 ] || fail "there is no summary"
awk '
    /^packets  / { read = $NF; inside = 1; next }
    /^  sum / { told = $NF; inside = 0 }
    inside && /^  [^ ]/ { classes += $NF; if ($1 == "malformed") malformed = $NF }
    inside && /^    / { reasons += $NF }
    END { exit !(read == told && read + 0 == classes + 0 && malformed + 0 == reasons + 0) }
' "$work/summary" || fail "the summary does not add up"

same "second run" "${files[@]}"
if [ "${#files[@]}" -eq 1 ] && [ "$status" -eq 0 ]; then
    same "standard input" -
    gzip -c "${files[0]}" >"$work/packed.gz"
    same "gzip" "$work/packed.gz"
fi

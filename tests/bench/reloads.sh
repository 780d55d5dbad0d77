#!/usr/bin/env bash
# Measures the effect of many reloads of a classifier on packets, memory and another classifier:
# tests/bench/reloads.sh [BUILD_FOLDER [RELOADS]]
# It runs in a separate network namespace, as root. A sender makes 3000 UDP packets a second in 16 endless
# flows. One classifier handles half of the flows and holds 10 MB; its file and its verdict change at each reload. The
# other classifier handles the other half, counts in flow.state, and raises an error if a packet or its state is
# missing. The script prints the figures. It fails if a packet was dropped, the other classifier was affected, or the
# memory has grown by more than a twentieth.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "${1:-$root/build}" && pwd)
reloads=${2:-1000}
space=dpae-reloads-$$
work=$(mktemp -d)
chmod 755 "$work"
daemon='' sender=''

cleanup() {
    [ -z "$sender" ] || kill "$sender" 2>/dev/null || true
    [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 20 "$work/log" >&2 || true
    exit 1
}

inside() {
    ip netns exec "$space" "$@"
}

metric() {
    inside curl -sS http://127.0.0.1:8642/metrics >"$work/metrics"
    /usr/bin/python3 "$root/tests/daemon/metric.py" "$@" <"$work/metrics"
}

resident() { # KiB of the worker
    awk '/^VmRSS:/ { print $2 }' "/proc/$(pgrep -P "$daemon")/status"
}

changes() { # changes NUMBER: a version of the classifier that changes
    local treatments=(low_priority high_priority)
    cat >"$work/new" <<LUA
local NOW = { qos_treatment = "${treatments[$1 % 2]}" }
local held = {}
for i = 1, 100000 do held[i] = { i } end
return { new = function() return { classifier = function(_, flow) -- $1
  for i = 1, 100 do assert(held[i][1] == i) end
  if flow.src_port % 2 == 1 then return NOW end
end } end }
LUA
    mv "$work/new" "$work/classifiers/changes.lua"
}

ip netns add "$space"
inside ip link add out type veth peer name in
for end in lo out in; do
    inside sysctl -q "net.ipv6.conf.$end.disable_ipv6=1"
    inside ip link set "$end" up
done
inside ip address add 10.9.0.1/24 dev out
inside ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev out

mkdir "$work/classifiers" "$work/lua"
changes 0
cat >"$work/classifiers/keeps.lua" <<'LUA'
local DEFAULT = { qos_treatment = "default_priority" }
return { new = function() return { classifier = function(_, flow)
  local state = flow.state
  state.count = (state.count or 0) + 1
  assert(state.count == flow.packet_count, "a packet or its state is missing")
  if state.count == 20 and flow.src_port % 2 == 0 then return DEFAULT end
end } end }
LUA
sed -e "s|^#\? *classifiers_directory:.*|classifiers_directory: $work/classifiers|" \
    -e "s|^#\? *lua_directory:.*|lua_directory: $work/lua|" "$root/config/config.yaml" >"$work/config.yaml"
sed "s/payload_uri_1/changes/;s/statistical_qos_bandwidth_1/keeps/" "$root/config/main_policy.yaml" \
    >"$work/policy.yaml"
ip netns exec "$space" "$build/dpae" run --standalone -c "$work/config.yaml" -p "$work/policy.yaml" -i in \
    --output "$work/events" >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 100); do
    grep -q "every worker has the policy" "$work/log" && break
    sleep 0.1
done

ip netns exec "$space" /usr/bin/python3 - "$work/end" >"$work/sent" <<'PYTHON' &
import os, socket, sys, time
sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(16)]
for number, one in enumerate(sockets):
    one.bind(("10.9.0.1", 20000 + number))
sent, start = 0, time.monotonic()
while not os.path.exists(sys.argv[1]) and sent < 10_000_000:
    for one in sockets:
        one.sendto(b"0123456789", ("10.9.0.2", 9000))
    sent += len(sockets)
    time.sleep(max(0, start + sent / 3000 - time.monotonic()))
print(sent)
PYTHON
sender=$!
sleep 1

began=$EPOCHREALTIME
for number in $(seq "$reloads"); do
    changes "$number"
    for _ in $(seq 500); do
        grep -q "generation $((number + 1))$" "$work/log" && break
        sleep 0.01
    done
    if [ "$number" -eq $((reloads / 10)) ]; then
        early=$(resident) early_vm=$(metric dpae_classifier_memory_bytes)
    fi
done
grep -q "generation $((reloads + 1))$" "$work/log" || fail "not every change was loaded"
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", b - a }')
late=$(resident) late_vm=$(metric dpae_classifier_memory_bytes)
touch "$work/end"
wait "$sender"
sender=
sleep 1
errors=$(metric dpae_script_errors_total)
received=$(metric dpae_packets_received_total) drops=$(metric dpae_kernel_drops_total)
kill -TERM "$daemon"
for _ in $(seq 100); do
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
done
daemon=

echo "$reloads reloads in $took s; $(cat "$work/sent") packets sent, $received received, $drops dropped"
echo "worker after a tenth of the reloads $early KiB, at the end $late KiB; its VM $early_vm and $late_vm bytes"
kept=$(grep -c '^{"type":"verdict".*"classifier":"keeps"' "$work/events" || true)
changed=$(grep -c '^{"type":"verdict".*"classifier":"changes"' "$work/events" || true)
echo "verdicts of the changing classifier: $changed; of the other: $kept, errors: $errors"
[ "$received" -ge "$(cat "$work/sent")" ] || fail "packets are missing"
[ "$drops" -eq 0 ] || fail "packets were dropped"
[ "$errors" -eq 0 ] || fail "the other classifier was affected"
[ "$kept" -eq 8 ] || fail "the other classifier gives other verdicts"
[ "$late" -le $((early + early / 20)) ] || fail "the worker has grown"

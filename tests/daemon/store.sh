#!/usr/bin/env bash
# dpae run with a database, killed and started again: store.sh DPAE CAPTURES MONGO. MONGO is the folder of
# mongo-server; a mongod on the PATH takes precedence.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
    if [ -n "${DPAE_LAB_REQUIRED-}" ]; then
        echo "FAILED: the live tests need root (network namespaces)" >&2
        exit 1
    fi
    echo "SKIPPED: the live tests need root (network namespaces)" >&2
    exit 77
fi

dpae=$(realpath "$1")
captures=$(realpath "$2")
mongo=$(realpath "$3")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
space=dpae-store-$$
work=$(mktemp -d)
chmod 755 "$work" # workers read classifiers below it
daemon=
server=

cleanup() {
    [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
    # A killed dpae leaves the lock of its interface, which has the number of the namespace.
    rm -f /run/dpae/*-"$(stat -c %i "/run/netns/$space" 2>/dev/null || echo none)".lock
    ip netns del "$space" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 30 "$work/log" >&2 || true
    exit 1
}

inside() {
    ip netns exec "$space" "$@"
}

until_true() { # until_true SECONDS WHAT COMMAND...
    local limit=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2 # SECONDS counts whole seconds only
    shift 2
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$limit" ] || fail "$what"
        sleep 0.1
    done
}

flows() { # as JSON lines
    inside "$dpae" flows -c "$work/config.yaml" --limit 0 --format jsonl 2>>"$work/flows-log"
}

stored() { # stored COUNT PATTERN: at least COUNT flows match
    [ "$(flows | grep -c -- "$2" || true)" -ge "$1" ]
}

metric() { # metric NAME [LABEL=VALUE]
    inside python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8642/metrics").read().decode())' |
        /usr/bin/python3 "$root/tests/daemon/metric.py" "$@"
}

metric_is() { # metric_is OPERATOR NUMBER NAME [LABEL=VALUE]
    local operator=$1 number=$2
    shift 2
    test "$(metric "$@")" "$operator" "$number"
}

start_server() {
    mkdir -p "$work/db"
    if command -v mongod >/dev/null; then
        ip netns exec "$space" mongod --bind_ip 127.0.0.1 --port 27017 --dbpath "$work/db" >"$work/server-log" 2>&1 &
    else
        ip netns exec "$space" "$mongo/mongo-server" 127.0.0.1:27017 "$work/db" >"$work/server-log" 2>&1 &
    fi
    server=$!
}

start() {
    ip netns exec "$space" "$dpae" run --standalone -c "$work/config.yaml" \
        -p "$root/config/main_policy.yaml" -i in --output "$work/events" >"$work/log" 2>&1 &
    daemon=$!
    until_true 15 "no worker started" grep -qs "in: capturing" "$work/log"
}

send() {
    inside tcpreplay -q -i out --maxsleep=20 "$captures/$1" >"$work/tcpreplay" 2>&1 ||
        fail "tcpreplay: $(cat "$work/tcpreplay")"
}

ip netns add "$space"
inside ip link set lo up
inside ip link add out type veth peer name in
for end in out in; do
    inside ip link set "$end" up
    inside sysctl -q "net.ipv6.conf.$end.disable_ipv6=1"
    inside ethtool -K "$end" tso off gso off gro off tx off >"$work/ethtool" 2>&1
done
mkdir "$work/spool"
mkdir "$work/shipped" # workers may not be able to enter the checkout
cp -r "$root/classifiers" "$root/lua" "$work/shipped"
sed -e "s|^#\? *classifiers_directory:.*|classifiers_directory: $work/shipped/classifiers|" \
    -e "s|^#\? *lua_directory:.*|lua_directory: $work/shipped/lua|" -e "s|^crash_directory:.*|crash_directory: $work|" \
    -e "s|^mongo_enabled:.*|mongo_enabled: 1|" -e "s|^workers_per_interface:.*|workers_per_interface: 2|" \
    -e "s|^mongo_uri:.*|mongo_uri: mongodb://127.0.0.1:27017/?appName=s3cret # s3cret|" -e "s|^mongo_flush_interval:.*|mongo_flush_interval: 0.5|" \
    -e "s|^spool_directory:.*|spool_directory: $work/spool|" -e "s|^dpae_id:.*|dpae_id: lab|" \
    "$root/config/config.yaml" >"$work/config.yaml"

holds() { # holds PID TEXT: whether the memory of the process contains TEXT
    python3 - "$1" "$2" <<'PYTHON'
import sys
pid, text = sys.argv[1], sys.argv[2].encode()
with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
    for line in maps:
        if line.split()[1].startswith("r") and not line.rstrip().endswith(("[vvar]", "[vsyscall]")):
            first, last = (int(end, 16) for end in line.split()[0].split("-"))
            try:
                memory.seek(first)
                if text in memory.read(last - first):
                    sys.exit(0)
            except OSError:
                pass
sys.exit(1)
PYTHON
}

echo "-- dpae stores flows while they go on, and at their end"
start_server
start
holds "$daemon" s3cret || fail "the search for a password in the memory of a process does not find it"
workers=$(pgrep -P "$daemon")
[ "$(wc -w <<<"$workers")" -eq 2 ] || fail "not two workers: $workers"
for worker in $workers; do
    ! holds "$worker" s3cret || fail "a worker has the database's password"
done
send demo.pcap
until_true 20 "no flow that goes on is stored" stored 5 '"end_reason" : null'
until_true 20 "fewer ended flows than connections closed" stored 4 '"end_reason" : "fin"'
ended=$(flows | grep -c '"end_reason" : "fin"')

echo "-- after kill -9 no flow stays unfinished, and written flows are intact"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
unfinished=$(flows | grep -c '"end_reason" : null')
sleep 1
start
until_true 20 "flows of the killed daemon are unfinished" stored "$unfinished" '"end_reason" : "restart"'
[ "$(flows | grep -c '"end_reason" : null' || true)" -eq 0 ] || fail "a flow is left unfinished"
[ "$(flows | grep -c '"end_reason" : "fin"')" -eq "$ended" ] || fail "an ended flow changed"

echo "-- flows that end while the database is away are stored later, even if dpae ends in between"
metric_is -eq 1 dpae_database_up || fail "the status does not say that the database is up"
metric_is -eq "$unfinished" dpae_database_restarted_total || fail "the status does not count those flows"
kill -9 "$server"
wait "$server" 2>/dev/null || true
send http.pcap
until_true 20 "the status does not say that the database is away" metric_is -eq 0 dpae_database_up
sleep 2
kill -TERM "$daemon"
wait "$daemon" || fail "exit status $? instead of 0"
daemon=
grep -q "left in the spool for the next start" "$work/log" || fail "nothing was left in the spool"
told=$(grep -c '^{"type":"flow_end"' "$work/events")
start_server
start
metric_is -gt 0 dpae_database_waiting_spool || metric_is -gt 0 dpae_database_written_total ||
    fail "the status counts neither waiting nor written flows"
until_true 30 "what was in the spool is not stored" stored "$told" '"dpae_id" : "lab".*"end_reason" : "\(fin\|rst\|stop\|idle\|reuse\)"'
metric_is -eq 0 dpae_database_lost_total || fail "the status counts losses"

echo "-- dpae ends although the database hangs"
send demo.pcap
kill -STOP "$server"
began=$(date +%s%N)
kill -TERM "$daemon"
wait "$daemon" || fail "exit status $? instead of 0"
daemon=
took=$((($(date +%s%N) - began) / 1000000))
echo "it took $took ms"
[ "$took" -lt 6000 ] || fail "dpae needed $took ms to end"
grep -q "database: .* 0 lost; 0 never left" "$work/log" || fail "something was lost"
echo "all passed"

#!/usr/bin/env bash
# dpae run --standalone on a veth pair in a separate network namespace: standalone.sh DPAE CAPTURES.
# Live verdicts are the verdicts of a replay. dpae replaces a dead or stopped worker, which finds its flows. The
# interface may disappear and come back. The status page shows all of this. dpae ends in order.
set -euo pipefail

if [ "$(id -u)" -ne 0 ]; then
    echo "SKIPPED: the live tests need root (network namespaces)" >&2
    exit 77
fi

dpae=$(realpath "$1")
captures=$(realpath "$2")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
space=dpae-live-$$
work=$(mktemp -d)
chmod 755 "$work" # workers read classifiers below it
daemon=

cleanup() {
    [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
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

# until_true SECONDS WHAT COMMAND...
until_true() {
    local limit=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2 # SECONDS counts whole seconds only
    shift 2
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt "$limit" ] || fail "$what"
        sleep 0.05
    done
}

logged() {
    grep -q -- "$1" "$work/log"
}

events() { # events TYPE: their number
    grep -c "^{\"type\":\"$1\"" "$work/events" || true
}

at_least() { # at_least COUNT TYPE
    [ "$(events "$2")" -ge "$1" ]
}

# Verdicts without their times.
verdicts() {
    sed -n '/^{"type":"verdict"/ s/"time":[0-9.]*,"packet":[0-9]*,//p' "$1" | sort
}

send() { # send CAPTURE: at the pace of the capture, with at most a second between packets
    inside tcpreplay -q -i out --maxsleep=20 "$captures/$1" >"$work/tcpreplay" 2>&1 ||
        fail "tcpreplay: $(cat "$work/tcpreplay")"
}

status() { # status PATH
    inside curl -sS "http://127.0.0.1:8642$1"
}

health() { # health CODE: whether /health answers with this code
    [ "$(inside curl -sS -o "$work/health" -w '%{http_code}' http://127.0.0.1:8642/health)" = "$1" ]
}

# The sum of the samples of a metric, read by the client library of Prometheus.
metric() { # metric NAME [LABEL=VALUE]
    status /metrics >"$work/metrics"
    /usr/bin/python3 "$root/tests/daemon/metric.py" "$@" <"$work/metrics" || fail "no metric $*"
}

workers() {
    pgrep -P "$daemon" || true
}

start() { # start [POLICY]
    : >"$work/events"
    : >"$work/log"
    # Not through a function, which would add another process.
    ip netns exec "$space" "$dpae" run --standalone -c "$work/config.yaml" \
        -p "${1:-$root/config/main_policy.yaml}" -i in --output "$work/events" >"$work/log" 2>&1 &
    daemon=$!
    until_true 5 "no worker started" logged "in: capturing"
}

stop() {
    local status=0
    # To all processes, as a service manager may do.
    # shellcheck disable=SC2046
    kill -TERM "$daemon" $(workers)
    wait "$daemon" || status=$?
    daemon=
    [ "$status" -eq 0 ] || fail "exit status $status instead of 0"
}

ip netns add "$space"
inside ip link add out type veth peer name in
inside ip link set lo up
for end in out in; do
    inside ip link set "$end" up
    inside sysctl -q "net.ipv6.conf.$end.disable_ipv6=1"
    inside ethtool -K "$end" tso off gso off gro off tx off >"$work/ethtool" 2>&1
done
mkdir "$work/shipped" # workers may not be able to enter the checkout
cp -r "$root/classifiers" "$root/lua" "$work/shipped"
sed -e "s|^#\? *classifiers_directory:.*|classifiers_directory: $work/shipped/classifiers|" \
    -e "s|^#\? *lua_directory:.*|lua_directory: $work/shipped/lua|" -e "s|^crash_directory:.*|crash_directory: $work|" \
    "$root/config/config.yaml" >"$work/config.yaml"


echo "-- live verdicts are the verdicts of a replay"
start
send http.pcap
"$dpae" replay -q -c "$work/config.yaml" -p "$root/config/main_policy.yaml" --format jsonl \
    "$captures/http.pcap" >"$work/replayed"
expected=$(grep -c '^{"type":"verdict"' "$work/replayed")
until_true 5 "fewer verdicts than in a replay" at_least "$expected" verdict
diff <(verdicts "$work/replayed") <(verdicts "$work/events") || fail "other verdicts than in a replay"

echo "-- the status page shows the figures, in a format that Prometheus reads"
until_true 3 "the health is not ok: $(status /health)" health 200
packets=$("$dpae" replay -c "$work/config.yaml" "$captures/http.pcap" 2>&1 >"$work/ignored" |
    awk '/^packets / { print $2 }')
counted() { [ "$(metric dpae_packets_received_total)" -eq "$packets" ]; }
until_true 3 "not $packets packets were counted" counted
[ "$(metric dpae_packets_total)" -eq "$packets" ] || fail "the classes do not add up to the packets"
treatments=$(grep -c '^{"type":"verdict".*"action":"treatment' "$work/events")
[ "$(metric dpae_treatments_total)" -eq "$treatments" ] || fail "not $treatments treatments"
[ "$(metric dpae_worker_up interface=in)" -eq 1 ] || fail "the worker is not up"
[ "$(metric dpae_interface_promiscuity interface=in)" -eq 1 ] || fail "it is not promiscuous"
status / | grep -q "<title>dpae: ok</title>" || fail "the page says: $(status /)"
status /status | grep -q '^{"state":"ok","reasons":\[\]' || fail "the document says: $(status /status)"

echo "-- dpae runs although its status port is taken"
inside timeout -s TERM 2 "$dpae" run --standalone -c "$work/config.yaml" \
    -p "$root/config/main_policy.yaml" -i out >"$work/second" 2>&1 || true
grep -q "status page: 127.0.0.1, port 8642: Address already in use; dpae goes on without it" \
    "$work/second" || fail "the second daemon says: $(cat "$work/second")"
grep -q "out: capturing" "$work/second" || fail "the second daemon did not run"

echo "-- a second dpae cannot serve the interface"
if inside "$dpae" run --standalone -c "$work/config.yaml" -p "$root/config/main_policy.yaml" -i in >"$work/second" 2>&1; then
    fail "a second daemon started"
fi
grep -q "another dpae serves it" "$work/second" || fail "a second daemon says: $(cat "$work/second")"

echo "-- workers are unprivileged"
for worker in $(workers); do
    grep -q "^CapEff:[[:space:]]*0000000000000000" "/proc/$worker/status" || fail "capabilities left"
    [ "$(awk '/^Uid:/ { print $2 }' "/proc/$worker/status")" -ne 0 ] || fail "the worker is root"
    [ ! "/dev/shm/mongoc-$worker" -nt "$work/config.yaml" ] || fail "a worker left a file that it cannot remove"
done

echo "-- a dead worker is replaced, and its flows stay"
flows=$(events flow_end)
old=$(workers)
kill -9 "$old"
replaced() { [ -n "$(workers)" ] && [ "$(workers)" != "$old" ]; }
until_true 1 "no new worker within a second" replaced
until_true 2 "the new worker does not capture" test "$(grep -c 'in: capturing' "$work/log")" -ge 1
sleep 0.5
[ "$(events flow_end)" -eq "$flows" ] || fail "flows ended with the worker"
[ "$(metric dpae_worker_restarts_total)" -eq 1 ] || fail "the death was not counted"
[ "$(metric dpae_packets_received_total)" -ge "$packets" ] || fail "the dead worker's count is lost"

logged "in: worker 0 captures again, after 0\.[0-9]* s; about [0-9]* packets\? that came meanwhile" ||
    fail "nothing was said about what was missed"
[ "$(metric dpae_capture_gap_milliseconds_total)" -lt 1000 ] || fail "the gap is not counted as it was"

echo "-- a stopped worker is replaced"
old=$(workers)
kill -STOP "$old"
until_true 3 "a stopped worker was not replaced" replaced
logged "has not moved" || fail "nothing was said about it"
until_true 3 "no capture of the last frames" compgen -G "$work/dpae-crash-in-0-*.pcap"
until_true 1 "the status says nothing about the deaths" health 503
grep -q "in: WORKER 0 DIES AGAIN AND AGAIN: 2 deaths.* are in $work/dpae-crash-in-0-" \
    "$work/health" || fail "the health says: $(cat "$work/health")"

echo "-- the interface disappears and comes back"
inside ip link set in down
until_true 3 "nothing was said about the interface" logged "in: the interface is gone or down, worker 0 of 1;"
inside ip link set in up
sleep 1.5
before=$(events verdict)
send retransmission.pcap
more() { [ "$(events verdict)" -gt "$before" ]; }
until_true 5 "no verdict after the interface came back" more

echo "-- SIGHUP: live keys change, in the current worker and in the next one"
cp "$work/config.yaml" "$work/config.before"
sed -i -e "s/^suppress_flow_pkt_count_initial:.*/suppress_flow_pkt_count_initial: 1000000/" \
    -e "s/^flow_table_size:.*/flow_table_size: 77/" "$work/config.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about the change" logged "now in force: suppress_flow_pkt_count_initial"
logged "started again: flow_table_size" || fail "nothing was said about what takes a restart"
suppressions() { grep -c '"action":"[a-z+]*suppress"' "$work/events" || true; }
before=$(suppressions)
ends=$(events flow_end)
send suppress_backoff.pcap
echo "no: config" >"$work/config.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about the mistake" logged "stays as it is: .*unknown key"
old=$(workers)
kill -9 "$old"
until_true 10 "no new worker while the file has a mistake" replaced
sleep 1
send suppress_backoff.pcap
sleep 0.5
[ "$(suppressions)" -eq "$before" ] || fail "suppressed although the threshold is a million"
[ "$(events flow_end)" -eq "$ends" ] || fail "the next worker did not find the flows"
cp "$work/config.before" "$work/config.yaml"
kill -HUP "$daemon"
twice() { [ "$(grep -c "now in force: suppress" "$work/log")" -eq 2 ]; }
until_true 3 "the old value did not come back" twice

echo "-- SIGHUP: --interface overrides sniff_if_names"
sed -i "s/^sniff_if_names:.*/sniff_if_names: nowhere/" "$work/config.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about --interface" logged "--interface in of the command line holds"
if logged "started again: .*sniff_if_names"; then
    fail "a restart would not change the interface"
fi
cp "$work/config.before" "$work/config.yaml"

echo "-- dpae ends in order: it reports every flow"
stop
logged "ended: " || fail "no totals"
[ "$(events flow_end)" -gt "$flows" ] || fail "no flow ends at the end"

echo "-- SIGHUP: dpae reads the policy again, and ignores a faulty policy"
cp "$root/config/main_policy.yaml" "$work/policy.yaml"
start "$work/policy.yaml"
by() { grep -q "\"classifier\":\"$1\"" "$work/events"; }
echo "no: policy" >"$work/policy.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about the mistake" logged "the policy stays as it is: .*policy.yaml:1"
old=$(workers)
kill -9 "$old"
until_true 2 "no new worker" replaced
started_twice() { [ "$(grep -c 'in: capturing' "$work/log")" -eq 2 ]; }
until_true 3 "the new worker does not capture" started_twice
send http.pcap
until_true 5 "the policy from before is not in force" by payload_uri_1
sed "s/payload_uri_1/statistical_shape_1/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about the policy" logged "policy.yaml: the workers are given the policy that it holds now"
until_true 3 "the workers did not take the policy" logged "in: every worker has the policy now"
send shapes.pcap
until_true 5 "the new policy is not in force" by statistical_shape_1
kill -HUP "$daemon"
until_true 3 "it did not see that nothing changed" logged "policy.yaml says what is in force already"
sed -e "s/payload_uri_1/not_there/;s/rule_set: .*/rule_set: demo/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
kill -HUP "$daemon"
in_part() { health 503 && grep -q "^in: the policy is in force in part: .*not_there.lua: cannot be opened" "$work/health"; }
until_true 3 "the health does not say which classifier is not there" in_part
stop

echo "-- a reader that does not read the events does not stop dpae"
mkfifo "$work/pipe"
exec 9<>"$work/pipe"
head -c 65536 /dev/zero >&9 # fills the pipe
ip netns exec "$space" "$dpae" run --standalone -c "$work/config.yaml" -p "$root/config/main_policy.yaml" \
    -i in --output "$work/pipe" >"$work/log" 2>&1 9>&- &
daemon=$!
until_true 5 "no worker started" logged "in: capturing"
send http.pcap
until_true 3 "the status page stands still" health 200
old=$(workers)
kill -9 "$old"
until_true 1 "no worker is replaced meanwhile" replaced
begun=$SECONDS
stop
[ $((SECONDS - begun)) -le 8 ] || fail "the end took $((SECONDS - begun)) s"
logged "$work/pipe: [0-9]* events\? lost: the reader was too slow" || fail "nothing was said about lost events"
exec 9<&-

echo "-- dpae also sees the packets that this host sends"
start
inside tcpreplay -q -i in --maxsleep=20 "$captures/http.pcap" >"$work/tcpreplay" 2>&1 || fail "tcpreplay"
until_true 5 "no verdict on what this host sent" at_least "$expected" verdict
stop

echo "-- dpae refuses settings that no worker can use, at the start"
refused() { # refused WORDS SED-SCRIPT
    sed -e "$2" "$work/config.before" >"$work/refused.yaml"
    if inside timeout 10 "$dpae" run --standalone -c "$work/refused.yaml" \
        -p "$root/config/main_policy.yaml" -i in >"$work/log" 2>&1; then
        fail "it started: $2"
    fi
    grep -q -- "$1" "$work/log" || fail "it did not say: $1"
}
mkdir -p "$work/barred/classifiers"
cp "$root"/classifiers/*.lua "$work/barred/classifiers/"
chmod 700 "$work/barred"
refused "nosuchuser is no user" "s|^run_as:.*|run_as: nosuchuser|"
refused "root is root" "s|^run_as:.*|run_as: root|"
refused "may not enter $work/barred;" "s|^classifiers_directory:.*|classifiers_directory: $work/barred/classifiers|"

echo "-- as the first process of a container"
: >"$work/events"
ip netns exec "$space" unshare --pid --fork --kill-child --mount-proc "$dpae" run --standalone -c "$work/config.yaml" \
    -p "$root/config/main_policy.yaml" -i in --output "$work/events" >"$work/log" 2>&1 &
daemon=$!
until_true 5 "no worker started as a child of process 1" logged "in: capturing"
send http.pcap
until_true 5 "no verdict" at_least "$expected" verdict
inner=$(pgrep -P "$daemon")
kill -TERM "$inner"
wait "$daemon" || fail "it did not end orderly as process 1"
daemon=
echo "-- dpae reloads classifiers that change, appear, disappear or are renamed"
chmod 711 "$work"
cp -r "$root/classifiers" "$root/lua" "$work"
sed -i -e "s|^classifiers_directory:.*|classifiers_directory: $work/classifiers|" \
    -e "s|^lua_directory:.*|lua_directory: $work/lua|" "$work/config.yaml"
cat >"$work/lua/answer.lua" <<'LUA'
return { treatment = "low_priority" }
LUA
# live TREATMENT: text of a classifier that gives this treatment to every flow. The rehearsal and the worker, which are
# both confined, compile its pattern.
live() {
    cat <<LUA
local answer = require("answer")
local ANY = require("regex").new("^(?:.|\\\\n)?")
return { new = function() return { classifier = function(_, flow)
  return ANY:test(flow) and { qos_treatment = "$1" == "" and answer.treatment or "$1" } or nil
end } end }
LUA
}
live "" >"$work/classifiers/live.lua"
sed "s/statistical_qos_bandwidth_1/live/;s/payload_uri_1/later/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
echo 'return { new = function() return { classifier = function() end } end }' >"$work/classifiers/later.lua"
start "$work/policy.yaml"
latest() { sed -n 's/.*"qos_treatment":"\([a-z_]*\)","classifier":"\([a-z]*\)","generation":\([0-9]*\),.*/\1 \2 \3/p' "$work/events" | tail -n 1; }
# decides TREATMENT CLASSIFIER GENERATION: gives this verdict within a second, on a steady stream of packets
decides() {
    local begun=$EPOCHREALTIME
    until [ "$(latest)" = "$1 $2 $3" ]; do
        send udp_and_others.pcap
        awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { exit b - a > 3 }' ||
            fail "not $1 by $2, generation $3, but $(latest)"
    done
    awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { printf "   %.2f s to %s\n", b - a, "'"$*"'" }'
}
decides low_priority live 1
live high_priority >"$work/classifiers/live.lua"
decides high_priority live 2
live constrained_bw >"$work/classifiers/.live.lua.swp"
mv "$work/classifiers/.live.lua.swp" "$work/classifiers/live.lua"
decides constrained_bw live 3
live "" >"$work/classifiers/live.lua"
decides low_priority live 4
echo 'return { treatment = "high_priority" }' >"$work/lua/answer.lua"
decides high_priority live 5
echo 'return = 1' >"$work/classifiers/live.lua"
until_true 3 "nothing was said about a mistake" logged "what was loaded before stays in force: .*live.lua:1: unexpected symbol near '='; hint: Lua expects a value or a statement here | return = 1"
until_true 3 "what was refused was said to be loaded" logged "in: no change is taken up, generation 6"
# noted WORDS: the health is ok, with these words in a line below
noted() { health 200 && [ "$(head -n 1 "$work/health")" = ok ] && grep -q -- "^in: a change of classifier live was refused .*$1" "$work/health"; }
until_true 2 "the health does not tell of the mistake" noted "live.lua:1: unexpected symbol"
[ "$(metric dpae_changes_refused)" -eq 1 ] || fail "the metrics do not tell of the mistake"
since=$(metric dpae_change_refused_since_seconds classifier=live)
[ "${since%.*}" -ge $((EPOCHSECONDS - 10)) ] || fail "refused since $since"
status /status | grep -q '"refused_changes":\[{"classifier":"live","since":' || fail "the document says: $(status /status)"
rm "$work/classifiers/live.lua"
until_true 3 "nothing was said about a file that went" logged "live.lua: cannot be opened: No such file"
until_true 2 "the health does not tell of the file that went" noted "live.lua: cannot be opened"
cat >"$work/classifiers/live.lua" <<'LUA'
while true do end
LUA
until_true 5 "nothing was said about a file that hangs" logged "what was loaded before stays in force: .*live.lua:1: took more than 10000000 steps to load"
until_true 2 "the health does not tell of the file that hangs" noted "live.lua:1: took more than 10000000 steps"
[ "$(metric dpae_change_refused_since_seconds classifier=live)" = "$since" ] || fail "it is refused since the first mistake"
[ "$(grep -c 'in: capturing' "$work/log")" -eq 1 ] || fail "a worker was replaced"
[ "$(latest)" = "high_priority live 5" ] || fail "what was loaded before did not stay"
live low_priority >"$work/classifiers/other.lua"
mv "$work/classifiers/other.lua" "$work/classifiers/live.lua"
until_true 3 "nothing was said about a file that has not changed" logged "in: no change is taken up, generation 7"
mended() { health 200 && [ "$(cat "$work/health")" = ok ]; }
until_true 3 "a file that was renamed was not loaded: $(cat "$work/health")" mended
[ "$(metric dpae_changes_refused)" -eq 0 ] || fail "the metrics tell of what is mended"

echo "-- dpae notices rights, links and deeper folders"
decided() { send udp_and_others.pcap && [[ $(latest) = "$1 live "* ]]; }
touch "$work/classifiers/live.lua"
until_true 3 "an unchanged file was said to be loaded" logged "in: no classifier of the policy has changed, generation"
live high_priority >"$work/classifiers/.new"
chmod 600 "$work/classifiers/.new"
mv "$work/classifiers/.new" "$work/classifiers/live.lua"
until_true 3 "nothing was said about rights" logged "live.lua: cannot be opened: Permission denied"
chmod 644 "$work/classifiers/live.lua"
until_true 5 "a file that may be read was not loaded" decided high_priority
live constrained_bw >"$work/classifiers/.linked"
rm "$work/classifiers/live.lua"
ln -s .linked "$work/classifiers/live.lua"
until_true 5 "a link was not followed" decided constrained_bw
mkdir -p "$work/lua/a/b"
echo 'return { treatment = "low_priority" }' >"$work/lua/a/b/deep.lua"
live "" | sed 's/"answer"/"a.b.deep"/' >"$work/classifiers/.new"
mv "$work/classifiers/.new" "$work/classifiers/live.lua"
until_true 5 "a module of a deeper folder was not loaded" decided low_priority
echo 'return { treatment = "high_priority" }' >"$work/lua/a/b/deep.lua"
until_true 5 "a module of a deeper folder was not loaded again" decided high_priority

echo "-- dpae notices a replaced folder"
mv "$work/classifiers" "$work/away"
until_true 3 "nothing was said about the folder that went" logged "classifiers is not there any more: what was loaded from it stays"
cp -r "$work/away" "$work/classifiers"
live constrained_bw >"$work/classifiers/.new"
mv "$work/classifiers/.new" "$work/classifiers/live.lua"
until_true 3 "nothing was said about the folder" logged "classifiers is another one than before: what is in it now counts"
until_true 5 "the folder that came is not read" decided constrained_bw
mv "$work/classifiers" "$work/copy"
mv "$work/away" "$work/classifiers"
live low_priority >"$work/classifiers/.new"
mv "$work/classifiers/.new" "$work/classifiers/live.lua"
until_true 5 "the folder that is back is not read" decided low_priority

echo "-- a restarted worker has the classifiers loaded before, in spite of the current files"
decided_new() { [ "$(events verdict)" -gt "$before" ] && [[ $(latest) = "low_priority live "* ]]; }
echo 'return = 1' >"$work/classifiers/live.lua"
until_true 3 "the health does not tell of the mistake" noted "live.lua:1: unexpected symbol"
old=$(workers)
before=$(events verdict)
kill -9 "$old"
until_true 3 "no worker is replaced" replaced
until_true 3 "the new worker has no policy" health 200
send http.pcap # new flows
until_true 5 "the new worker does without the classifier" decided_new
noted "live.lua:1: unexpected symbol" || fail "the health says: $(cat "$work/health")"
sed "s/later/payload_uri_1/" "$work/policy.yaml" >"$work/other.yaml"
cp "$work/policy.yaml" "$work/first.yaml"
cp "$work/other.yaml" "$work/policy.yaml"
kill -HUP "$daemon"
until_true 3 "the log does not say what is refused of the policy" logged "in: refused when the policy was tried out: .*live.lua:1: unexpected symbol"
taken() { [ "$(grep -c "in: every worker has the policy now" "$work/log")" -eq 2 ]; }
until_true 3 "a policy whose classifiers are all there is not in force" taken
! grep -q "in force in part" "$work/log" || fail "it is said to be in force in part"
cp "$work/first.yaml" "$work/policy.yaml"
was=$(latest)
live high_priority >"$work/classifiers/live.lua"
kill -HUP "$daemon" # before the file stops changing
later() { decided high_priority && [ "$(latest | cut -d' ' -f3)" -gt "${was##* }" ]; }
until_true 5 "a file that changes with the policy has no generation of its own" later
live low_priority >"$work/classifiers/live.lua"
until_true 5 "the classifier is not loaded" decided low_priority
rm "$work/classifiers/live.lua"
old=$(workers)
before=$(events verdict)
kill -9 "$old"
until_true 3 "no worker is replaced again" replaced
send shapes.pcap
until_true 5 "the new worker does without the classifier whose file is gone" decided_new
gone() { status /health | grep -q "^in: a change of classifier live was refused .*live.lua: cannot be opened"; }
until_true 2 "the health does not tell of the file that is gone" gone
status /status | grep -q '"policy":"in force"' || fail "the policy is not whole: $(status /health)"

echo "-- a classifier that hangs reaches no worker, however fast files change"
printf 'while true do end\n' >"$work/endless"
printf 'return { new = function() return ("a"):rep(400):find(("a-"):rep(9) .. "b") end }\n' >"$work/stuck"
live low_priority >"$work/other"
live high_priority >"$work/another"
restarts=$(metric dpae_worker_restarts_total)
for round in $(seq 60); do
    for text in other endless another stuck; do
        cp "$work/$text" "$work/classifiers/.new"
        mv "$work/classifiers/.new" "$work/classifiers/live.lua"
        sleep "0.0$((round % 10))"
    done
done
live constrained_bw >"$work/classifiers/live.lua"
last_word() { send udp_and_others.pcap && [[ $(latest) = "constrained_bw live"* ]]; }
until_true 20 "the last one does not decide" last_word
[ "$(metric dpae_worker_restarts_total)" -eq "$restarts" ] || fail "a worker was ended"
stop

echo "-- dpae loads files that change during the rehearsal of the first policy"
(for round in $(seq 40); do
    cp "$work/$([ $((round % 2)) -eq 0 ] && echo other || echo another)" "$work/classifiers/.next"
    mv "$work/classifiers/.next" "$work/classifiers/live.lua"
    sleep 0.02
done
live constrained_bw >"$work/classifiers/.next"
mv "$work/classifiers/.next" "$work/classifiers/live.lua") &
writer=$!
start "$work/policy.yaml"
wait "$writer"
until_true 20 "the last one does not decide" last_word
[ "$(metric dpae_worker_restarts_total)" -eq 0 ] || fail "a worker was ended"
stop

echo "-- a policy with a classifier that hangs is in force without it"
cp "$work/stuck" "$work/classifiers/hangs.lua"
cp "$work/policy.yaml" "$work/whole.yaml"
sed "s/later/hangs/" "$work/whole.yaml" >"$work/policy.yaml"
start "$work/policy.yaml"
until_true 5 "nothing was said about a classifier that hangs" logged "in: the policy is in force in part: .*hangs.lua:1: string.find: the pattern takes more than 4000000 steps"
send udp_and_others.pcap
until_true 3 "no verdict without the one that hangs" at_least 1 verdict
[ "$(metric dpae_worker_restarts_total)" -eq 0 ] || fail "a worker was ended"
echo "no: policy" >>"$work/policy.yaml"
kill -HUP "$daemon"
until_true 3 "nothing was said about the policy" logged "the policy stays as it is: "
cp "$work/whole.yaml" "$work/policy.yaml"
kill -HUP "$daemon"
until_true 3 "the policy did not come into force" logged "in: every worker has the policy now"
stop

echo "-- a classifier that never comes back costs no worker, and the others decide as before"
cat >"$work/classifiers/stuck.lua" <<'LUA'
return { new = function() return { classifier = function(_, flow)
  if flow.dst_port == 80 then while true do end end
end } end }
LUA
sed -i "s|^classifiers_directory:.*|classifiers_directory: $work/classifiers|" "$work/config.yaml"
sed "s/statistical_qos_bandwidth_1/stuck/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
start "$work/policy.yaml"
before=$(events verdict)
send http.pcap
enough() { [ "$(events verdict)" -gt "$before" ]; }
until_true 5 "no verdict of the other classifier" enough
until_true 3 "nothing was said about the classifier" logged "stuck.lua:2: took more than \(500000 steps\|20000 us of CPU time\)"
[ "$(metric dpae_worker_restarts_total)" -eq 0 ] || fail "a worker was ended"
stop

echo "-- the next worker quarantines a classifier that crashed a worker"
cat >"$work/classifiers/long.lua" <<'LUA'
return { new = function() return { classifier = function(_, flow)
  if flow.dst_port == 80 then while true do end end
end } end }
LUA
cp "$work/config.yaml" "$work/config.patient"
sed -i -e "s|^#\? *classifier_budget_us:.*|classifier_budget_us: 500000|" \
    -e "s|^#\? *classifier_steps:.*|classifier_steps: 1000000000|" "$work/config.yaml"
sed "s/statistical_qos_bandwidth_1/long/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
start "$work/policy.yaml"
old=$(workers)
before=$(events verdict)
send http.pcap &
sender=$!
# Apart from that call, it works for almost 0 of 50 ms.
in_the_call() { [ "$(ps -o s= -p "$old")" = R ] && sleep 0.05 && [ "$(ps -o s= -p "$old")" = R ]; }
until_true 3 "no packet came to the classifier" in_the_call
kill -SEGV "$old"
until_true 3 "nobody was blamed" logged "classifier long was running when the worker crashed; it is quarantined"
until_true 2 "no new worker" replaced
wait "$sender"
send shapes.pcap
until_true 5 "no verdict without the classifier that was running" enough
cp "$work/config.patient" "$work/config.yaml"
stop

echo "-- the errors of a classifier are the events of a replay, and are counted"
printf 'return { new = function() return { classifier = function(_, flow)\n  error("packet %%d \\\\")\nend } end }\n' \
    >"$work/classifiers/fails.lua"
sed "s/statistical_qos_bandwidth_1/fails/" "$root/config/main_policy.yaml" >"$work/policy.yaml"
script_errors() { # script_errors FILE: without times
    sed -n '/^{"type":"script_error"/ s/"time":[0-9.]*,//p' "$1"
}
"$dpae" replay -q -c "$work/config.yaml" -p "$work/policy.yaml" --format jsonl "$captures/http.pcap" \
    >"$work/replayed" 2>"$work/summary"
start "$work/policy.yaml"
send http.pcap
until_true 5 "fewer errors than in a replay" at_least "$(grep -c '^{"type":"script_error"' "$work/replayed")" script_error
errors_counted() { [ "$(metric dpae_script_errors_total classifier=fails)" -eq 10 ]; }
until_true 3 "not all errors are counted" errors_counted
stop
[ "$(events script_error)" -eq 4 ] || fail "the first three errors and the tenth are events, not $(events script_error)"
diff <(script_errors "$work/replayed") <(script_errors "$work/events") || fail "other errors than in a replay"
logged "fails.lua:2: .* (packet 1, [^ ]* -> [^ ]* tcp, 20" || fail "the log does not say where the error was"

echo "-- a shadow run has no effect on verdicts, and reports the differences of the candidate"
incumbent=statistical_qos_bandwidth_1
cp "$work/config.yaml" "$work/plain.yaml"
echo "classifier_shadow: {$incumbent: candidate}" >>"$work/config.yaml"
candidate() { # candidate TREATMENT: a candidate that gives every flow this treatment
    printf 'local LOW = { qos_treatment = "%s" }\nreturn { new = function() return { classifier = function(_, flow)
  flow.finalised = true\n  return LOW\nend } end }\n' "$1" >"$work/classifiers/.new"
    mv "$work/classifiers/.new" "$work/classifiers/candidate.lua"
}
candidate low_priority
"$dpae" replay -q -c "$work/plain.yaml" -p "$root/config/main_policy.yaml" --format jsonl \
    --shadow "$incumbent=candidate" "$captures/http.pcap" >"$work/replayed" 2>"$work/summary"
differed=$(grep -c '^{"type":"shadow"' "$work/replayed")
[ "$differed" -gt 0 ] || fail "the candidate was to differ"
start
send http.pcap
until_true 5 "fewer verdicts than in a replay" at_least "$(grep -c '^{"type":"verdict"' "$work/replayed")" verdict
candidate high_priority
until_true 3 "the candidate was not loaded again" logged "are loaded, generation 2"
echo 'return = 1' >"$work/classifiers/candidate.lua"
until_true 3 "nothing was said about a mistake" logged "stays in force: .*candidate.lua:1: unexpected symbol"
health 200 || fail "a candidate with a mistake is no reason to worry: $(cat "$work/health")"
stop
diff <(verdicts "$work/replayed") <(verdicts "$work/events") || fail "the shadow run changed verdicts"
[ "$(events shadow)" -eq "$differed" ] || fail "$(events shadow) differences instead of $differed"
logged "shadow run of candidate beside $incumbent: agreed on [0-9]* flows, differed on $differed " ||
    fail "no summary of the shadow run"
rm "$work/classifiers/candidate.lua"
start
until_true 5 "nothing was said about a candidate without a file" logged "candidate"
send http.pcap
until_true 5 "fewer verdicts than in a replay" at_least "$(grep -c '^{"type":"verdict"' "$work/replayed")" verdict
stop
diff <(verdicts "$work/replayed") <(verdicts "$work/events") || fail "other verdicts without a candidate"
cp "$work/plain.yaml" "$work/config.yaml"

echo "-- dpae estimates the packets that come during the replacement of a worker"
start
inside tcpreplay -q -i out --pps=1000 --loop=0 --limit=3000 "$captures/http.pcap" >"$work/tcpreplay" 2>&1 &
sender=$!
sleep 1.5
kill -9 "$(workers)"
wait "$sender" || fail "tcpreplay: $(cat "$work/tcpreplay")"
until_true 3 "nothing was said of what was missed" logged "captures again, after"
sleep 0.3 # workers report counters every 0.1 s
uncounted=$((3000 - $(metric dpae_packets_received_total)))
estimate=$(metric dpae_missed_packets_estimate_total)
printf '   %d of 3000 are not counted, %d of them estimated to be missed\n' "$uncounted" "$estimate"
# The packets of the last 0.1 s of the dead worker are not counted either.
off=$((uncounted - estimate))
if [ "$estimate" -eq 0 ] || [ "$off" -lt -60 ] || [ "$off" -gt 160 ]; then
    fail "$uncounted packets are not counted, the estimate is $estimate"
fi
stop
logged "lost, about $estimate packets\? missed while workers were replaced" || fail "the end does not tell of it"

echo "-- a missing interface"
if inside "$dpae" run --standalone -c "$work/config.yaml" -p "$root/config/main_policy.yaml" -i nowhere >"$work/log" 2>&1; then
    fail "it started on a missing interface"
fi
grep -q "nowhere" "$work/log" || fail "the message does not name the interface"
echo "all passed"

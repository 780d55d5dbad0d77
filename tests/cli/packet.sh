#!/usr/bin/env bash
# dpae replay --packet: packet.sh DPAE SOURCE CAPTURES. The reports on packets of different kinds are compared
# whole, and the events of every packet with those of a full replay.
set -euo pipefail

dpae=$1
source=$2
captures=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    printf 'packet: %s\n' "$*" >&2
    failures=$((failures + 1))
}

mkdir "$work/classifiers"
cp "$source"/classifiers/*.lua "$work/classifiers"
cat >"$work/config.yaml" <<END
classifiers_directory: $work/classifiers
lua_directory: $source/lua
END
cd "$work"

# script NAME BODY: body of classifier()
script() {
    printf 'return { new = function(logger) return { classifier = function(_, flow)\n%s\nend } end }\n' "$2" \
        >"classifiers/$1.lua"
}

script ports 'local port = flow.from_client and flow.dst_port or flow.src_port
logger:debug("port %d", port)
logger:warning("a line\27[2J")
if flow.packet_count == 3 then
  flow.finalised = true
  return { qos_treatment = "high_priority", why = { port = port } }
end'
script fails 'local function deep()
  return flow.byte_s2c
end
if flow.packet_count == 3 then
  local n = deep()
  return n
end'
script other 'if flow.packet_count > 2 then return { qos_treatment = "low_priority" } end'

# show NUMBER OPTIONS...: reports on a packet of the demo capture, with the classifiers' folder as
# "classifiers"
show() {
    local number=$1
    shift
    "$dpae" replay -c config.yaml --packet "$number" "$@" "$captures/demo.pcap" 2>messages |
        sed "s,$work/classifiers,classifiers,g"
}

three=(--classifier ports --classifier fails --classifier other)

# expect NAME NUMBER OPTIONS... <TEXT: the report must equal TEXT
expect() {
    local what=$1
    shift
    cat >expected
    show "$@" >shown || fail "$what: exit code $?: $(cat messages)"
    diff -u expected shown >&2 || fail "$what: the report differs"
}

expect "all answers" 16 "${three[@]}" <<'END'
packet 16: 2024-01-01T00:00:03.020000Z, 54 bytes on the wire
  flow      10.1.0.1:40001 -> 10.1.0.2:80 tcp
  sender    the client (verified-SYN)
  number    3 in the flow
  c2s       2 packets, 108 bytes
  s2c       1 packet, 54 bytes
  server    www.example.com
  tcp       ACK, sequence number 1001, acknowledgement 5001
  payload   0 bytes
ports: called
  log       debug: port 80
            warning: a line\x1b[2J
  answer    high_priority
  why       port=80
  finalised yes, and sees no more packets of this flow
fails: called
  error     classifiers/fails.lua:3: flow has no field "byte_s2c"; did you mean "bytes_s2c"? | return flow.byte_s2c (packet 16, 10.1.0.1:40001 -> 10.1.0.2:80 tcp, 2024-01-01T00:00:03.020000Z)
            called from classifiers/fails.lua:6
other: called
  answer    low_priority
            without effect: ports was the first to name a treatment for this flow
events
TIME (UTC)                     PACKET  EVENT     WHAT
2024-01-01T00:00:03.020000Z        16  error     10.1.0.1:40001 -> 10.1.0.2:80 tcp          fails: classifiers/fails.lua:3: flow has no field "byte_s2c"; did you mean "bytes_s2c"? | return flow.byte_s2c
2024-01-01T00:00:03.020000Z        16  verdict   10.1.0.1:40001 -> 10.1.0.2:80 tcp          treatment high_priority by ports at packet 3 of the flow
END

expect "a finalised flow, and the payload" 17 "${three[@]}" <<'END'
packet 17: 2024-01-01T00:00:03.030000Z, 125 bytes on the wire
  flow      10.1.0.1:40001 -> 10.1.0.2:80 tcp
  sender    the client (verified-SYN)
  number    4 in the flow
  c2s       3 packets, 233 bytes
  s2c       1 packet, 54 bytes
  server    www.example.com
  tcp       PSH ACK, sequence number 1001, acknowledgement 5001
  payload   71 bytes: GET /static/index.html HTTP/1.1\013\010Host: www.example.com\013\010Accept: ...
ports: not called: it has finalised the flow
fails: called
  answer    no verdict
other: called
  answer    low_priority
            without effect: ports was the first to name a treatment for this flow
no events
END

expect "no IP" 1 "${three[@]}" <<'END'
packet 1: 2024-01-01T00:00:00.000000Z, 75 bytes on the wire
  classifiers do not see it: it is LLDP, which has no flow
events
TIME (UTC)                     PACKET  EVENT     WHAT
2024-01-01T00:00:00.000000Z         1  identity  lldp 02:00:00:00:00:01 is pc1.example.com, port eth0, described as uplink, managed at 10.1.0.1
END

# has TEXT NUMBER OPTIONS...: the report must contain this line
has() {
    local text=$1
    shift
    show "$@" >shown || fail "$*: exit code $?: $(cat messages)"
    grep -qxF -- "$text" shown || fail "$*: no line \"$text\": $(cat shown)"
}

script always 'error("always")'
has "  error     classifiers/always.lua:2: always | error(\"always\") (packet 23, 10.1.0.1:40001 -> 10.1.0.2:80 tcp, 2024-01-01T00:00:03.290000Z)" 23 --classifier always
has "            it is now quarantined" 23 --classifier always
has "always: not called: it is quarantined" 24 --classifier always
has "  classifiers do not see it: it is used for identities by the policy, and such packets are not classified" \
    11 "${three[@]}"

# A condition of the policy, and a candidate for the first of its classifiers.
# only the first for SSH
awk -v q="'" '/match_type: any/ && !done { held = $0; next }
    held && /payload: payload_uri_1/ { sub("any", "all", held); print held; print "          payload: ports"
        print "          tcp_dst: 22"; held = ""; done = 1; next }
    held { print held; held = "" }
    { sub("statistical_qos_bandwidth_1", "other"); print }' "$source/config/main_policy.yaml" >policy.yaml
has "ports: not called: its condition in the policy does not hold" 16 -p policy.yaml
has "ports: called" 123 -p policy.yaml
script fails 'if flow.packet_count == 2 then flow.finalised = true end return { qos_treatment = "low_priority" }'
has "            without effect: it is the candidate of a shadow run" 123 -p policy.yaml --shadow ports=fails
has "fails: not called: it has finalised the flow, or this flow is not compared" 126 -p policy.yaml \
    --shadow ports=fails

# Packets with events, and some others: the report shows the same events as a full replay, except for those at the
# end of the input.
script fails 'if flow.packet_count % 4 == 0 then error("fourth") end'
"$dpae" replay -q -c config.yaml "${three[@]}" --flows "$captures/demo.pcap" 2>messages |
    sed '/ flow end .* stop after /d' | tr -s ' ' >all
[ "$(wc -l <all)" -gt 25 ] || fail "few events: $(cat all)"
for number in $({ sed 1d all | cut -d " " -f 2; seq 1 5 147; echo 145; } |
    sort -nu); do
    show "$number" "${three[@]}" >shown || fail "packet $number: exit code $?: $(cat messages)"
    head -n 1 shown | grep -q "^packet $number: " || fail "packet $number: $(cat shown)"
    sed -n '/^events$/,$p' shown | sed 1,2d | tr -s ' ' >got
    awk -v number="$number" '$2 == number' all | sed "s,$work/,," | cmp -s - got ||
        fail "packet $number has other events: $(cat got)"
    cat shown >>every
done
for why in "a retransmission" "malformed: ipv4-total-length" "ARP, which has no flow"; do
    grep -qxF "  classifiers do not see it: it is $why" every || fail "no packet is $why"
done

# Packet numbers span all files.
"$dpae" replay -c config.yaml --classifier other --packet 148 "$captures/demo.pcap" "$captures/demo.pcap" >shown
grep -q '^packet 148: 2024-01-01T00:00:00.000000Z, 75 bytes on the wire$' shown || fail "second file: $(cat shown)"
"$dpae" replay -c config.yaml --classifier other --packet 148 --output file "$captures/demo.pcap" \
    "$captures/demo.pcap" >nothing
cmp shown file || fail "another file"
[ ! -s nothing ] || fail "standard output, too: $(cat nothing)"

# refuse STATUS TEXT OPTIONS...
refuse() {
    local status=0 wanted=$1 text=$2
    shift 2
    "$dpae" replay -c config.yaml --classifier other "$@" "$captures/demo.pcap" >shown 2>messages || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: exit code $status"
    [ ! -s shown ] || fail "$*: shows something: $(cat shown)"
    grep -qF -- "$text" messages || fail "$*: no \"$text\": $(cat messages)"
}
refuse 1 "dpae: there is no packet 148: the input has 147 packets" --packet 148
refuse 2 "--packet needs the number of a packet, from 1, not \"0\"" --packet 0
refuse 2 "not \"-1\"" --packet=-1
refuse 2 "not \"3x\"" --packet 3x
refuse 2 "not \"99999999999999999999\"" --packet 99999999999999999999
refuse 2 "it excludes --format jsonl and --store" --packet 3 --format jsonl
refuse 2 "it excludes --format jsonl and --store" --packet 3 --store

[ "$failures" -eq 0 ]

#!/usr/bin/env bash
# allocations.sh PROGRAM CAPTURES: no allocation for packets, flows, verdicts and identities.
set -euo pipefail

program=$1
captures=$2
busy=$captures/busy.pcap
luajit "$(dirname "$0")/make_capture.lua" 300000 5000 "$busy"
exec "$program" "$captures/demo.pcap" "$busy"

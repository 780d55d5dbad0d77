#!/usr/bin/env bash
# Installs the packages that dpae needs, builds it in build/, then runs it or its tests. See `./setup.sh help`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$root/build
log=$build/setup.log
lock_wait=600 # seconds, for another program that installs packages

build_packages=(
    gcc libc6-dev cmake ninja-build pkgconf luajit libluajit-5.1-dev libpcap-dev libyaml-dev
    libcjson-dev zlib1g-dev libcurl4-openssl-dev libseccomp-dev libmicrohttpd-dev libmongoc-dev
    libpcre2-dev ca-certificates
)
test_packages=(libcmocka-dev lua-busted openssl)
lab_packages=(
    openvswitch-switch python3 python3-os-ken python3-dnspython python3-prometheus-client python3-yaml
    iproute2 ethtool procps iputils-ping curl tcpdump tcpreplay
)

usage() {
    cat <<'TEXT'
usage: ./setup.sh run [ARGUMENTS...]   install packages, build, make the captures in
                                       build/captures, run build/dpae ARGUMENTS;
                                       without arguments: replay the demo capture
       ./setup.sh test                 install packages, build, run all tests
       ./setup.sh lab                  the same for the tests on network namespaces, with a software
                                       switch and a controller; needs root
       ./setup.sh packages [NAME...]   only install the packages of the tests, and NAME...
       ./setup.sh help

Packages come from apt (Debian 12 or 13). Only the installation of missing packages needs root and the
network. While another program installs packages, setup.sh waits for up to ten minutes. The output of
apt and the compiler goes to build/setup.log.
TEXT
}

say() {
    printf 'setup: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

# Runs a command with its output in the log; shows the log's end when it fails.
quietly() {
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        die "failed: $* (all of it is in $log)"
    fi
}

missing_packages() {
    local package state
    for package in "$@"; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || printf '%s\n' "$package"
    done
}

# apt-get waits for the lock of dpkg, but not for the lock of its lists, which a machine holds for a while after its
# start.
update_lists() { # update_lists APT-GET...
    local end=$((SECONDS + lock_wait)) waited=''
    until "$@" update >"$log.update" 2>&1 </dev/null; do
        if [ "$SECONDS" -ge "$end" ] || ! grep -q 'Could not get lock' "$log.update"; then
            cat "$log.update" >>"$log"
            tail -n 40 "$log.update" >&2
            die "failed: $* update (all of it is in $log)"
        fi
        [ -n "$waited" ] || say "another program updates apt's lists: waiting for it for up to $lock_wait s"
        waited=yes
        sleep 2
    done
    cat "$log.update" >>"$log"
    rm -f "$log.update"
}

install_packages() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        die "apt-get is missing: this script is for Debian 12 and 13. On other systems, install the equivalents of" \
            "these packages by hand, then run cmake as in README.md: $*"
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if [ ${#missing[@]} -eq 0 ]; then
        say "packages: all $# are already installed"
        return 0
    fi

    # update_lists() reads the messages of apt, so they must be in English; sudo drops the environment.
    local apt=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o "DPkg::Lock::Timeout=$lock_wait")
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            die "packages are missing, and only root can install them. Run this command, then try again:" \
                "apt-get install ${missing[*]}"
        fi
        apt=(sudo -n "${apt[@]}")
    fi
    say "packages: installing ${missing[*]}"
    update_lists "${apt[@]}"
    quietly "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
    say "packages: ${#missing[@]} installed, $(($# - ${#missing[@]})) were already installed"
}

# Also installs the packages that the database server of the tests needs, unless a suitable Go exists.
install_test_packages() {
    local needs
    mapfile -t needs < <("$root/tests/lab/mongo/build.sh" --needs)
    install_packages "${build_packages[@]}" "${test_packages[@]}" "${needs[@]}" "$@"
}

# Configures build/ unless it already has these settings.
configure() {
    if [ ! -f "$build/build.ninja" ] || [ "$1" = -DBUILD_TESTING=ON ]; then
        quietly cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "$@"
    fi
}

run() {
    install_packages "${build_packages[@]}"
    configure -DBUILD_TESTING=OFF
    say "building"
    quietly cmake --build "$build" --target dpae dpae_spec
    quietly luajit "$root/tests/captures/make.lua" "$build/captures"
    if [ $# -gt 0 ]; then
        exec "$build/dpae" "$@"
    fi
    say "running: build/dpae replay build/captures/demo.pcap"
    exec "$build/dpae" replay "$build/captures/demo.pcap"
}

run_tests() {
    install_test_packages
    configure -DBUILD_TESTING=ON
    say "building"
    quietly cmake --build "$build"
    local failed=0
    cd "$root"
    # ctest has busted as one of its tests; run it separately to show its own summary.
    ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 600 -E '^spec\.busted$' </dev/null ||
        failed=1
    busted </dev/null || failed=1
    return "$failed"
}

run_lab() {
    install_test_packages "${lab_packages[@]}"
    build=$build/lab
    configure -DBUILD_TESTING=ON -DDPAE_LAB=ON
    say "building"
    quietly cmake --build "$build"
    cd "$root"
    DPAE_LAB_REQUIRED=1 ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 600 \
        -R '^(live|daemon|lab)\.' </dev/null
}

prepare() {
    mkdir -p "$build" 2>/dev/null || die "cannot make $build: the checkout must be writable"
    : 2>/dev/null >"$log" || die "cannot write $log: remove $build (root's, from an earlier run?)"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
run)
    prepare
    run "$@"
    ;;
test)
    prepare
    run_tests
    ;;
lab)
    prepare
    run_lab
    ;;
packages)
    prepare
    install_test_packages "$@"
    ;;
help | -h | --help) usage ;;
*)
    usage >&2
    exit 2
    ;;
esac

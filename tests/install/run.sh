#!/usr/bin/env bash
# What `cmake --install` leaves: run.sh BUILD GENERATOR CAPTURES
# The checkout, with files of somebody's own in it, is installed below a folder. What is shipped is there
# and nothing else; the pages' links lead somewhere; the program works from there; a configuration that is
# there stays.
set -euo pipefail

build=$1
generator=$2
captures=$3
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/source
there=$work/there
share=$there/usr/share

fail() {
    printf 'install: %s\n' "$*" >&2
    exit 1
}

mkdir "$source"
tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$source" -xf -
for own in classifiers/own.lua lua/own.lua spec/classifiers/own_spec.lua; do
    echo 'return {}' >"$source/$own"
done
cmake -S "$source" -B "$work/build" -G "$generator" -DBUILD_TESTING=OFF >"$work/log" 2>&1 || fail "$(cat "$work/log")"
cp "$build/dpae" "$build/libdpae_spec.so" "$work/build" # as if built there
install() {
    DESTDIR=$there cmake --install "$work/build" --prefix /usr >"$work/log" 2>&1 || fail "$(cat "$work/log")"
}
install

echo "-- what is shipped, and nothing of somebody's own"
if tracked=$(git -C "$root" ls-files classifiers lua spec/classifiers spec/kit 2>"$work/log"); then
    diff <(sort <<<"$tracked") <(cd "$share/dpae" && find . -type f -printf '%P\n' | sort) ||
        fail "git has (<) other files than are installed (>): see the lists in CMakeLists.txt"
else
    echo "no git here: that all is installed is not looked at"
fi
[ -z "$(find "$there" -name 'own*')" ] || fail "what is somebody's own is installed: $(find "$there" -name 'own*')"

echo "-- links of the pages"
links=0
while IFS= read -r page; do
    while IFS= read -r link; do
        links=$((links + 1))
        [ -e "$(dirname "$page")/$link" ] || fail "${page#"$there"} has a link to $link, which is not there"
    done < <(grep -o ']([^)]*)' "$page" | sed 's/^](//;s/)$//;s/#.*//' | grep -v -e '^https\?:' -e '^$' || true)
done < <(find "$share/doc/dpae" -name '*.md')
[ "$links" -gt 20 ] || fail "only $links links were found"
documentation=$(sed -n 's/^Documentation=file://p' "$there/usr/lib/systemd/system/dpae.service")
[ -e "$there$documentation" ] || fail "the unit names $documentation, which is not there"

echo "-- a configuration that is there stays"
sed -i -e "s|^#classifiers_directory:.*|classifiers_directory: $share/dpae/classifiers|" \
    -e "s|^#lua_directory:.*|lua_directory: $share/dpae/lua|" "$there/etc/dpae/config.yaml"
cp "$there/etc/dpae/config.yaml" "$work/before"
install
cmp "$there/etc/dpae/config.yaml" "$work/before" || fail "the configuration was written over"

echo "-- the program works from there"
installed() { # installed COMMAND ARGUMENTS...
    local command=$1
    shift
    "$there/usr/bin/dpae" "$command" -c "$there/etc/dpae/config.yaml" -p "$there/etc/dpae/main_policy.yaml" "$@"
}
cd /
installed check >"$work/out" 2>"$work/log" || fail "check: $(cat "$work/log")"
grep -q "^config       $there/etc/dpae/config.yaml: ok" "$work/out" || fail "check says: $(cat "$work/out")"
installed replay -q --format jsonl "$captures/demo.pcap" >"$work/events" 2>"$work/log" ||
    fail "replay: $(cat "$work/log")"
"$build/dpae" replay -q --format jsonl -c "$root/config/config.yaml" -p "$root/config/main_policy.yaml" \
    "$captures/demo.pcap" >"$work/expected"
cmp "$work/events" "$work/expected" || fail "replay gives other events than that of the checkout"

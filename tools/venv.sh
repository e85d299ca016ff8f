#!/bin/sh
# Make a virtual environment with pinned packages and this project in editable mode, one line per step.
#
#   tools/venv.sh FOLDER REQUIREMENTS [SERIES]      SERIES, such as 3.12, asks for that series of Python
#
# A folder that already holds a working environment of a fitting Python is kept, and only brought up to date.

folder=$1
requirements=$2
series=$3
tools=${0%/*}

say() { printf '==> %s\n' "$*"; }

# usable: whether the folder holds a Python that fits and a pip that runs.
usable() {
    [ -x "$folder/bin/python" ] &&
        PYTHON=$folder/bin/python sh "$tools/python.sh" $series >/dev/null 2>&1 &&
        "$folder/bin/python" -m pip --version >/dev/null 2>&1
}

# create PYTHON: with the standard library, or with uv where that has no venv or no pip of its own.
create() {
    "$1" -m venv --clear "$folder" >/dev/null 2>&1 && return 0
    if command -v uv >/dev/null 2>&1; then
        rm -rf "$folder"
        uv venv --quiet --seed --python "$1" "$folder" && return 0
    fi
    printf '%s\n' "$1 cannot make a virtual environment: install its venv module (on Debian, python3-venv) or uv." >&2
    return 1
}

if usable; then
    say "bringing the environment in $folder up to date with $requirements"
else
    python=$(sh "$tools/python.sh" $series) || exit 1
    say "creating the environment in $folder with $("$python" --version)"
    create "$python" || exit 1
    say "installing the packages pinned in $requirements (this takes some minutes, and about 1.2 GB)"
fi
"$folder/bin/python" -m pip install -qq --disable-pip-version-check -r "$requirements" || exit 1
say "installing latentclass itself, in editable mode"
"$folder/bin/python" -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . || exit 1
say "ready: $("$folder/bin/python" --version) in $folder"

#!/bin/sh
# Print the path of a Python that latentclass can use, or one sentence that says what to do.
#
#   tools/python.sh         the first Python 3.12 or newer
#   tools/python.sh 3.12    the first Python of the 3.12 series
#
# Asked in this order: $PYTHON alone where it is set; pyenv (.python-version first, then the newest it has);
# uv; python3.14, python3.13, python3.12, python3 and python on PATH. Only what the shell itself offers is used,
# so the script also works where little else is installed.

wanted=$1
oldest=312
found_code=0
found_text=

root=$(CDPATH='' cd -- "${0%/*}/.." 2>/dev/null && pwd) || root=.
cd "$root" || exit 1

# probe COMMAND: set code (312, 313, ...), text (3.12.1) and path, or fail where COMMAND does not run as Python.
probe() {
    answer=$("$1" -c 'import sys; v = sys.version_info; print("%d %d.%d.%d %s" % (
        v[0] * 100 + v[1], v[0], v[1], v[2], sys.executable))' 2>/dev/null) || return 1
    code=${answer%% *}
    answer=${answer#* }
    text=${answer%% *}
    path=${answer#* }
    case $code in '' | *[!0-9]*) return 1 ;; esac
}

# fits: whether the Python probed last is one of those wanted.
fits() {
    if [ -n "$wanted" ]; then
        case $text in "$wanted" | "$wanted".*) return 0 ;; *) return 1 ;; esac
    fi
    [ "$code" -ge "$oldest" ]
}

# consider COMMAND: print the path and leave the script where it fits, else remember the newest version seen.
consider() {
    if [ -n "$1" ] && probe "$1"; then
        if fits; then
            printf '%s\n' "$path"
            exit 0
        fi
        if [ "$code" -gt "$found_code" ]; then
            found_code=$code
            found_text=$text
        fi
    fi
}

# consider_pyenv: what .python-version names, then the newest version installed.
consider_pyenv() {
    consider "$(pyenv which python 2>/dev/null)"
    versions=$(pyenv root 2>/dev/null)/versions
    newest=
    newest_code=0
    for python in "$versions"/3.*[0-9]/bin/python; do
        if [ -x "$python" ] && probe "$python" && fits && [ "$code" -gt "$newest_code" ]; then
            newest=$python
            newest_code=$code
        fi
    done
    consider "$newest"
}

consider_uv() {
    consider "$(uv python find ${wanted:+"$wanted"} 2>/dev/null)"
    consider "$(uv python find "${wanted:->=3.12}" 2>/dev/null)"
}

need="Python ${wanted:-3.12 or newer}"
install="install $need with pyenv (pyenv install ${wanted:-3.13}) or uv (uv python install ${wanted:-3.13})"

if [ -n "$PYTHON" ]; then
    consider "$PYTHON"
    printf '%s\n' "latentclass needs $need, but PYTHON=$PYTHON is ${found_text:-no Python that runs}: $install, or unset PYTHON." >&2
    exit 1
fi

command -v pyenv >/dev/null 2>&1 && consider_pyenv
command -v uv >/dev/null 2>&1 && consider_uv
for name in ${wanted:+"python$wanted"} python3.14 python3.13 python3.12 python3 python; do
    command -v "$name" >/dev/null 2>&1 && consider "$name"
done

if [ -n "$found_text" ]; then
    found="the newest one found is Python $found_text"
else
    found="no Python was found"
fi
printf '%s\n' "latentclass needs $need, but $found: $install, then run the command again." >&2
exit 1

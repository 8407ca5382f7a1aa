#!/bin/sh
# Make .venv from a hash lock: `tools/make_environment.sh run|dev`. Needs a Python >= 3.11 with venv, nothing else.
# PYTHON=… chooses another interpreter than the first one found.
set -eu
cd "$(dirname "$0")/.."
lock="requirements/$1.lock"

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$name" >/dev/null && is_new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "Farley needs Python 3.11 or newer, and found none by name." >&2
    echo "Debian 12, Ubuntu 24.04: apt install python3 python3-venv. macOS: brew install python." >&2
    echo "Elsewhere: install one and say where it is, make run PYTHON=/path/to/python3" >&2
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "$python has no venv module. Debian, Ubuntu: apt install python$version-venv" >&2
        return 1
    fi
    echo "Making .venv with $python"
    "$python" -m venv --clear .venv
}

# pip reads configurations (mirrors, certificates) that uv does not know: where uv fails, pip has the last word.
install_locked() {
    bin/uv pip sync --quiet --compile-bytecode --python bin/python --require-hashes "../$lock" ||
        bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "../$lock"
}

if ! is_new_enough .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi
export UV_PYTHON_DOWNLOADS=never
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV 2>/dev/null || true
echo "Installing $lock (the first time takes a minute)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
(cd .venv && install_locked)
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch ".venv/$1.stamp"

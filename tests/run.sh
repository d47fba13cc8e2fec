#!/bin/sh
# Build everything and run every test, C, Python and Go:
#
#     sh tests/run.sh
#
# On Debian and Ubuntu, with root or sudo, everything that is missing is installed first; without, the
# packages that are needed are named. The last line is: N passed, N failed, N skipped.
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$ROOT/tests/setup.sh"

need_packages build-essential pkg-config libyaml-dev libxxhash-dev libcmocka-dev tzdata python3 python3-venv \
    python3-dev
need_meson
need_pip setuptools wheel pytest mypy pyarrow pandas polars duckdb tqdm pyyaml jsonschema
need_go

build=$ROOT/build
build_in "$build" '' -Dtests=enabled
mkdir -p "$build/reports"

setup_say "Testing the library"
(cd "$build" && meson test --no-rebuild --quiet --print-errorlogs >"$build/reports/meson.txt" 2>&1) ||
    tail -n 100 "$build/reports/meson.txt" >&2

setup_say "Testing from Python"
setup_quiet "$ROOT/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation \
    --force-reinstall --no-deps "$ROOT/bindings/python" || true
rm -f "$build/reports/python.xml"
(cd "$ROOT/bindings/python/tests" && CHURN_BUILD=$build "$ROOT/.venv/bin/python" -m pytest -q \
    -p no:cacheprovider --junitxml="$build/reports/python.xml" . "$ROOT/tests/examples" "$ROOT/tests/twin" "$ROOT/tests/judges" \
    >"$build/reports/python.txt" 2>&1) ||
    tail -n 100 "$build/reports/python.txt" >&2

setup_say "Testing from Go"
(cd "$ROOT/bindings/go" && PKG_CONFIG_PATH="$build/meson-uninstalled" LD_LIBRARY_PATH="$build/lib" \
    go test -count=1 -json ./... >"$build/reports/go.json" 2>"$build/reports/go.err") ||
    cat "$build/reports/go.err" >&2

# cel-go comes as a module, so this one needs the module proxy or what it brought before.
set --
if (cd "$ROOT/tests/judges/cel" && go mod download) >"$build/reports/cel.err" 2>&1; then
    setup_say "Judging expressions by cel-go"
    (cd "$ROOT/tests/judges/cel" && PKG_CONFIG_PATH="$build/meson-uninstalled" LD_LIBRARY_PATH="$build/lib" \
        go test -count=1 -json . >"$build/reports/cel.json" 2>"$build/reports/cel.err") ||
        cat "$build/reports/cel.err" >&2
    set -- --go "$build/reports/cel.json"
else
    setup_say "Skipped: expressions are not judged by cel-go, whose module is out of reach"
fi

exec "$ROOT/.venv/bin/python" "$ROOT/tests/summarise.py" --meson "$build" \
    --pytest "$build/reports/python.xml" --go "$build/reports/go.json" "$@"

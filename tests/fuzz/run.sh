#!/bin/sh
# Fuzz each target for some seconds with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer:
#
#     sh tests/fuzz/run.sh [SECONDS [TARGET ...]]
#
# Needs clang. New inputs are kept in build-fuzz/corpus; an input that fails is kept in build-fuzz and named.
# One that teaches something goes to tests/fuzz/corpus/<target> with a name that says what.
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- expr regex template
build=$ROOT/build-fuzz

if [ ! -f "$build/build.ninja" ]; then
    CC=${CC:-clang} meson setup "$build" "$ROOT" -Dtests=enabled -Dfuzzers=true -Dexamples=false \
        -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized
fi
for target in "$@"; do
    ninja -C "$build" "tests/fuzz/fuzz_$target"
    mkdir -p "$build/corpus/$target"
    "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 \
        -dict="$ROOT/tests/fuzz/$target.dict" -artifact_prefix="$build/$target-" -print_final_stats=1 \
        "$build/corpus/$target" "$ROOT/tests/fuzz/corpus/$target"
done

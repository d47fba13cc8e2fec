#!/bin/sh
# Build the library and review the sample company:
#
#     sh examples/run.sh [--data FOLDER] [--playbook FILE] [--as-of DATE] [--from DATE]
#
# On Debian and Ubuntu, with root or sudo, everything that is missing is installed first; without, the
# packages that are needed are named. What the engine remembers is kept under .state, a file for each
# playbook and folder, so that a later run goes on from there: --as-of 2026-01-01, then 2026-02-01,
# comes to the same as 2026-02-01 at once. Delete .state to begin anew.
set -eu
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$ROOT/tests/setup.sh"

data=$ROOT/examples/data
playbook=$ROOT/examples/playbooks/saas.yaml
as_of=2026-02-01
from=
usage() {
    sed -n '4p' "$0" | sed 's/^# *//' >&2
    exit 2
}
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --data) data=$2 ;;
    --playbook) playbook=$2 ;;
    --as-of) as_of=$2 ;;
    --from) from=$2 ;;
    *) usage ;;
    esac
    shift 2
done

need_packages build-essential pkg-config libyaml-dev libxxhash-dev tzdata python3 python3-venv
need_meson
build_in "$ROOT/build" examples/review

# The name of the state is that of the playbook with a sum of what it belongs to.
absolute() {
    (CDPATH='' cd -- "$(dirname -- "$1")" && printf '%s/%s' "$(pwd)" "$(basename -- "$1")")
}
sum=$(printf '%s\n%s\n%s\n' "$(absolute "$data")" "$(absolute "$playbook")" "$from" | cksum)
mkdir -p "$ROOT/.state"
state=$ROOT/.state/$(basename -- "$playbook" .yaml)-${sum%% *}.bin

exec "$ROOT/build/examples/review" --data "$data" --playbook "$playbook" --as-of "$as_of" \
    --state "$state" ${from:+--from "$from"}

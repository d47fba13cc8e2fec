# SPDX-License-Identifier: MIT
"""Twelve metrics over random events, computed by DuckDB through the peers' program: every cell."""
import json
import subprocess
import sys

import pytest
from shared_data import DAY, ROOT, SHARED

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("duckdb")
pytest.importorskip("numpy")
pq = pytest.importorskip("pyarrow.parquet")

PEERS = SHARED / "peers"
if not (PEERS / "features.py").exists():
    pytest.skip(f"the peers' programs are not in {PEERS}", allow_module_level=True)
sys.path.insert(0, str(ROOT / "tests" / "bench"))
import run as bench  # noqa: E402

EXACT = ("logins_28d logins_prev_28d days_since_login active_days_28d active_users_28d event_types_28d "
         "max_payment_90d events_7d").split()
# One division of two counts, or sums in an order that DuckDB chooses.
NEAR = "login_change error_rate_28d paid_90d avg_export_90d".split()
ZERO_OF_NOTHING = {"paid_90d"}  # a sum over a covered window is 0 here and NULL there


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("duckdb") / "events.arrow"
    subprocess.run([sys.executable, str(PEERS / "events.py"), str(path), "--events", "60000", "--customers", "700",
                    "--seed", "11"], check=True, capture_output=True)
    return path


def theirs(path, count):
    out = path.with_name(f"duckdb{count}.parquet")
    done = subprocess.run([sys.executable, str(PEERS / "features.py"), str(path), "--engine", "duckdb", "--dates",
                           str(count), "--out", str(out)], check=True, capture_output=True, text=True)
    table = pq.read_table(out).to_pydict()
    return {(c, t): {name: table[name][i] for name in EXACT + NEAR}
            for i, (c, t) in enumerate(zip(table["customer"], table["t"]))}, json.loads(done.stdout.splitlines()[-1])


def ours(path, count):
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    store = churn.Store(time_zone="UTC")
    report = store.add("event", table.set_column(2, "at", table["at"].cast(pa.timestamp("us", tz="UTC"))))
    assert report.added == table.num_rows
    engine = churn.Engine(churn.Playbook.parse(bench.PLAYBOOK), store)
    dates = bench.dates(count)
    result = pa.table(engine.metrics(dates if count > 1 else dates[0]))
    got = result.to_pydict()
    at = (pa.compute.cast(result["as_of"], pa.int64()).to_pylist() if count > 1 else dates * result.num_rows)
    return {(c, t): {name: got[name][i] for name in EXACT + NEAR}
            for i, (c, t) in enumerate(zip(got["customer"], at))}


@pytest.mark.parametrize("count", [1, 9])
def test_every_cell_is_what_duckdb_computes(events, count):
    import pyarrow.compute  # noqa: F401
    mine = ours(events, count)
    judge, summary = theirs(events, count)
    assert summary["rows"] == len(judge) == len(mine) > 600 * count - 700
    assert mine.keys() == judge.keys()
    wrong = []
    for key, cells in judge.items():
        for name in EXACT:
            if mine[key][name] != cells[name]:
                wrong.append((key, name, mine[key][name], cells[name]))
        for name in NEAR:
            a, b = mine[key][name], cells[name]
            b = 0.0 if b is None and name in ZERO_OF_NOTHING else b
            if (a is None) != (b is None) or (a is not None and abs(a - b) > 1e-9 * max(1.0, abs(b))):
                wrong.append((key, name, a, b))
    assert wrong == []


def test_dates_of_the_judge_are_whole_days():
    assert all(t % DAY == 0 for t in bench.dates(26))

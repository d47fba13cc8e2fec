# SPDX-License-Identifier: MIT
"""Long calls: how far they are, and how they end early."""
import io
import sqlite3
import subprocess
import sys
import threading
import types

import pytest

import churn
from conftest import PLAYBOOK

DAY = "2026-02-01"


@pytest.fixture
def told():
    """Who is told, and what they were: pairs of done and total, always by the thread that asks."""
    class Told(list):
        def __call__(self, done, total):
            assert threading.get_ident() == home
            self.append((done, total))

    home = threading.get_ident()
    return Told()


def big(count=20_000):
    store = churn.Store(time_zone="UTC")
    store.add("event", {"customer": [f"c{i}" for i in range(count)] * 2, "type": ["login"] * count * 2,
                        "at": ["2025-01-10"] * count + ["2026-01-10"] * count}, strict=True)
    return churn.Playbook.parse(PLAYBOOK), store


def rows(count):
    return {"customer": [f"c{i % 7}" for i in range(count)], "type": ["x"] * count, "at": ["2026-01-01"] * count}


# ---- progress ----


def test_a_load_tells_its_rows(told):
    store = churn.Store(time_zone="UTC")
    store.add("event", rows(100), progress=told)
    assert told[-1] == (100, 100)
    del told[:]
    store.replace("event", rows(50), progress=told)
    assert told[-1] == (50, 50)


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas"])
def test_frames_know_how_many_rows_they_have(told, library):
    module = pytest.importorskip(library)
    frame = (module.table if library == "pyarrow" else module.DataFrame)(rows(100))
    churn.Store(time_zone="UTC").add("event", frame, progress=told)
    assert told[-1] == (100, 100)


def test_nobody_knows_how_long_a_stream_is(told):
    pa = pytest.importorskip("pyarrow")
    table = pa.table(rows(100))
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=10))
    assert churn.Store(time_zone="UTC").add("event", reader, progress=told).added == 100
    assert told[-1] == (100, 0)


def test_questions_tell_their_customers(told):
    playbook, store = big()
    engine = churn.Engine(playbook, store)
    days = [f"2026-01-{day:02d}" for day in range(1, 29)]
    for call in (lambda: engine.metrics(days, progress=told), lambda: engine.scores(DAY, progress=told),
                 lambda: engine.missing(DAY, progress=told), lambda: engine.quality(DAY, progress=told),
                 lambda: engine.kpi(None, "2025-01-01", DAY, progress=told),
                 lambda: engine.movements("2025-01-01", DAY, progress=told),
                 lambda: engine.advance(DAY, progress=told), lambda: store.records("event", progress=told)):
        del told[:]
        call()
        assert told[-1] == (20_000, 20_000)
        assert told == sorted(told)


def test_a_replay_tells_its_time(told):
    playbook, store = big(2000)
    engine = churn.Engine(playbook, store)
    engine.warm_up("2025-01-01", "2025-01-11", progress=told)
    assert told[-1] == (10 * 86400, 10 * 86400)
    del told[:]
    engine.replay("2025-01-12", "2026-02-01", progress=told)
    assert told[-1] == (385 * 86400, 385 * 86400)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told[1:]} == {385 * 86400}


def test_who_is_told_may_stop_the_call():
    playbook, store = big(200_000)
    engine = churn.Engine(playbook, store)
    before = engine.hash()

    def stop(done, total):
        raise LookupError(f"at {done} of {total}")

    with pytest.raises(LookupError, match="of 200000"):
        engine.metrics([86_400_000_000 * day for day in range(19_000, 20_000)], progress=stop)
    assert engine.hash() == before


def test_a_flag_beside_progress(told):
    playbook, store = big(1000)
    flag = churn.Cancel()
    flag.set()
    with pytest.raises(churn.CancelledError):
        churn.Engine(playbook, store).metrics(DAY, progress=told, cancel=flag)
    flag.close()


def test_no_progress_is_no_progress(capsys):
    churn.Store(time_zone="UTC").add("event", rows(3), progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_line_where_there_is_no_tqdm(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    churn.Store(time_zone="UTC").add("event", rows(1500), progress=True)
    assert capsys.readouterr().err == "1,500 of 1,500 (100 %) rows\n"


def test_a_line_is_written_over_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", terminal)
    pa = pytest.importorskip("pyarrow")
    churn.Store(time_zone="UTC").add("event", pa.table(rows(3)).to_reader(), progress=True)
    assert terminal.getvalue() == "\r3 rows\n"


def test_tqdm_draws_the_bar(monkeypatch):
    class Bar:
        def __init__(self, **options):
            self.options, self.n, self.total, self.open = options, 0, None, True
            bars.append(self)

        def update(self, by):
            self.n += by

        def close(self):
            self.open = False

    bars = []
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    churn.Store(time_zone="UTC").add("event", rows(70), progress=True)
    (bar,) = bars
    assert (bar.n, bar.total, bar.open) == (70, 70, False)
    with pytest.raises(churn.NotFoundError):
        churn.Store(time_zone="UTC").add("event", {"customer": [""]}, progress=True, strict=True)
    assert not bars[-1].open


def test_the_real_tqdm(capsys):
    pytest.importorskip("tqdm")
    churn.Store(time_zone="UTC").add("event", rows(70), progress=True)
    assert "70.0/70.0" in capsys.readouterr().err


# ---- who makes the batches ----


def test_batches_are_made_by_the_thread_that_asks(tmp_path):
    """A connection to SQLite, which no other thread may use."""
    pa = pytest.importorskip("pyarrow")
    base = sqlite3.connect(tmp_path / "events.db")
    base.execute("create table events (customer text, type text, at text)")
    base.executemany("insert into events values (?, ?, ?)",
                     [(f"c{i}", "login", "2026-01-01") for i in range(1000)])
    schema = pa.schema([(name, pa.string()) for name in ("customer", "type", "at")])

    def batches():
        cursor = base.execute("select * from events")
        while part := cursor.fetchmany(64):
            yield pa.record_batch([list(column) for column in zip(*part)], schema=schema)

    def load():
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        assert churn.Store(time_zone="UTC").add("event", reader).added == 1000

    load()
    base.close()


def test_a_stream_that_fails_says_why():
    pa = pytest.importorskip("pyarrow")
    schema = pa.schema([(name, pa.string()) for name in ("customer", "type", "at")])

    def batches():
        yield pa.record_batch([["a"], ["x"], ["2026-01-01"]], schema=schema)
        raise RuntimeError("the cable is out")

    store = churn.Store(time_zone="UTC")
    with pytest.raises(churn.Error, match="the cable is out"):
        store.add("event", pa.RecordBatchReader.from_batches(schema, batches()))
    assert len(store) == 0


# ---- Ctrl-C ----

INTERRUPTED = """
import _thread, sys, threading, time
import numpy as np
import pyarrow as pa
import churn

COUNT = {count}
random = np.random.default_rng(1)


def coded(values, codes):
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("int32")), pa.array(values))


def table(**more):
    at = random.integers(1_735_689_600_000_000, 1_767_225_600_000_000, COUNT)
    return pa.table({{"customer": coded([f"c{{i}}" for i in range(50_000)], random.integers(0, 50_000, COUNT)),
                     "type": coded(["login", "export", "report"], random.integers(0, 3, COUNT)),
                     "at": pa.array(at).cast(pa.timestamp("us", "UTC")), **more}})


def interrupted(call, state):
    '''Seconds of the processor between an interrupt and its exception, at several moments.'''
    begin = time.perf_counter()
    call()
    whole = time.perf_counter() - begin
    before, late = state(), []
    for part in (0.15, 0.3, 0.45, 0.6, 0.75):
        at = []

        def interrupt():
            at.append(time.process_time())
            _thread.interrupt_main()

        timer = threading.Timer(part * whole, interrupt)
        timer.start()
        try:
            call()
            timer.join()
            time.sleep(0.1)
        except KeyboardInterrupt:
            timer.join()
            late.append(time.process_time() - at[0])
            assert state() == before
    assert len(late) >= 2 or whole < 0.05, (whole, late)
    assert max(late, default=0) < 0.3, (whole, late)
    print(f"{{whole:.2f}} s, stopped {{len(late)}} times within {{max(late, default=0):.3f}} s", file=sys.stderr)


{body}
"""

BODIES = {
    "load": """
events = table()
box = [None]


def load():
    box[0] = churn.Store(time_zone="UTC", unknown_customer="create")
    box[0].add_event("first", "login", 0)
    box[0].add("event", events)


load()
interrupted(load, lambda: 1 if len(box[0]) in (1, 50_001) else 0)
""",
    "load with ids": """
ids = pa.array(np.char.add("e", np.arange(COUNT).astype("U9")))
store = churn.Store(time_zone="UTC")
events = table(id=ids)
store.add("event", events)
interrupted(lambda: store.add("event", events), store.hash)
""",
    "replace": """
store = churn.Store(time_zone="UTC")
events = table()
store.add("event", events)
interrupted(lambda: store.replace("event", events, start="2025-01-01", end="2027-01-01"), store.hash)
""",
    "lists": """
store = churn.Store(time_zone="UTC")
columns = {"customer": ["c1"] * (2 * COUNT), "type": ["x"] * (2 * COUNT), "at": [0] * (2 * COUNT)}
interrupted(lambda: churn.Table.from_arrow(columns).close(), store.hash)
""",
    "records": """
store = churn.Store(time_zone="UTC")
store.add("event", table())
interrupted(lambda: store.records("event").close(), store.hash)
""",
    "metrics": """
store = churn.Store(time_zone="UTC")
store.add("event", table())
engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
days = [1_750_000_000_000_000 + 86_400_000_000 * day for day in range(100)]
interrupted(lambda: engine.metrics(days).close(), engine.hash)
""",
    "figures": """
store = churn.Store(time_zone="UTC", unknown_customer="create")
ids = [f"s{i}" for i in range(200_000)]
starts = pa.array([1_700_000_000_000_000 + i * 10**8 for i in range(200_000)]).cast(pa.timestamp("us", "UTC"))
store.add("subscription", {"id": ids, "customer": ids, "valid_from": starts, "amount": [10.0 + i % 7 for i in range(200_000)]},
          constants={"status": "active", "currency": "USD", "period": "month"}, strict=True)
engine = churn.Engine(churn.Playbook.parse("{churn: 1, name: x, currency: USD, loss: {any: [subscription]}}"), store)
interrupted(lambda: engine.kpi(["mrr", "nrr", "logo_churn"], "2023-01-01", "2026-01-01", every="month").close(), engine.hash)
""",
    "survival": """
numbers = random.integers(1, 3000, 4 * COUNT).astype("float64")
lost = (random.random(4 * COUNT) < 0.4).astype("int8")
interrupted(lambda: churn.statistics.survival(numbers, lost).close(), lambda: 0)
""",
}


@pytest.mark.parametrize("name", BODIES)
def test_ctrl_c_ends_it_at_once_and_changes_nothing(name):
    pytest.importorskip("pyarrow")
    pytest.importorskip("numpy")
    text = INTERRUPTED.format(count=1_000_000, body=f"PLAYBOOK = '''{PLAYBOOK}'''\n{BODIES[name]}")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

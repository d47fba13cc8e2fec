# SPDX-License-Identifier: MIT
"""Threads: readers beside a writer, a second writer, calls on a busy engine, Ctrl-C."""
import os
import signal
import threading
import time

import pytest

import churn
from conftest import PLAYBOOK, fill

DAY = "2026-02-01"


class Gate:
    """A table whose only batch comes when the test says so."""

    def __init__(self, rows=1):
        self.asked, self.open, self.rows = threading.Event(), threading.Event(), rows

    def __arrow_c_stream__(self, requested_schema=None):
        pa = pytest.importorskip("pyarrow")
        schema = pa.schema([("customer", pa.string()), ("type", pa.string()), ("at", pa.string())])

        def batches():
            self.asked.set()
            assert self.open.wait(20)
            yield pa.record_batch([["late"] * self.rows, ["x"] * self.rows, ["2026-01-01"] * self.rows], schema=schema)

        return pa.RecordBatchReader.from_batches(schema, batches()).__arrow_c_stream__(requested_schema)


def run(*calls):
    """Run calls in threads of their own; what they raised."""
    raised = []

    def guarded(call):
        try:
            call()
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return raised


def test_a_second_writer(store):
    pytest.importorskip("pyarrow")
    gate = Gate()
    first = threading.Thread(target=store.add, args=("event", gate))
    first.start()
    assert gate.asked.wait(20)
    try:
        for write in (lambda: store.add_event("acme", "login", 0), lambda: store.mark("product", 0),
                      lambda: store.add("event", {"customer": ["a"], "type": ["x"], "at": ["2026-01-01"]})):
            with pytest.raises(churn.StateError):
                write()
        with pytest.raises(churn.StateError, match="running in another thread"):
            store.close()
        assert store.customer_count == 2  # readers see whole batches or none
    finally:
        gate.open.set()
        first.join()
    assert store.customer_count == 3
    store.add_event("acme", "login", 0)


def test_readers_beside_a_writer(playbook, store):
    stop = threading.Event()
    seen = []

    def read():
        engine = churn.Engine(playbook, store)
        while not stop.is_set():
            seen.append(len(engine.metrics(DAY)))

    def write():
        try:
            for i in range(50):
                store.add("event", {"customer": [f"c{i}-{k}" for k in range(20)], "type": ["login"] * 20,
                                    "at": ["2026-01-15"] * 20}, strict=True)
        finally:
            stop.set()

    assert run(read, read, write) == []
    assert seen and all((count - 2) % 20 == 0 for count in seen)
    assert store.customer_count == 2 + 50 * 20


def test_a_busy_engine():
    """Calls on one engine from many threads: each answers right or says that the engine is busy."""
    playbook, store = big()
    engine = churn.Engine(playbook, store)
    wanted = engine.metrics(DAY).to_dicts()
    answers, busy = [], []

    def ask():
        for _ in range(5):
            try:
                answers.append(engine.metrics(DAY).to_dicts() == wanted)
            except churn.StateError:
                busy.append(1)

    assert run(ask, ask, ask, ask) == []
    assert answers and all(answers)


def test_engines_side_by_side(playbook, store):
    def live():
        engine = churn.Engine(playbook, store)
        engine.replay("2026-01-01", "2026-01-20")
        hashes.add(engine.hash())

    hashes = set()
    assert run(*[live] * 8) == [] and len(hashes) == 1


def test_the_lock_is_released():
    """Other Python code runs while a question is answered."""
    playbook, store = big()
    engine = churn.Engine(playbook, store)
    days = [f"2026-01-{day:02d}" for day in range(1, 32)]
    done, beats = threading.Event(), []

    def beat():
        while not done.is_set():
            beats.append(time.perf_counter())
            time.sleep(0.0005)

    other = threading.Thread(target=beat)
    other.start()
    begin = time.perf_counter()
    engine.replay("2024-01-01", "2026-01-31")
    engine.metrics(days)
    end = time.perf_counter()
    done.set()
    other.join()
    inside = [at for at in beats if begin < at < end]
    assert len(inside) > (end - begin) / 0.05


def big():
    count = 20_000
    store = churn.Store(time_zone="UTC")
    store.add("event", {"customer": [f"c{i}" for i in range(count)] * 2, "type": ["login"] * count * 2,
                        "at": ["2025-01-10"] * count + ["2026-01-10"] * count}, strict=True)
    return churn.Playbook.parse(PLAYBOOK), store


class Stopped(Exception):
    """What the handler of the tests raises."""


@pytest.fixture
def alarm():
    """Raise Stopped in the main thread after a while, as Ctrl-C raises KeyboardInterrupt."""
    def handler(number, frame):
        raise Stopped

    before = signal.signal(signal.SIGALRM, handler)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_a_signal_ends_a_replay(alarm):
    playbook, store = big()
    engine = churn.Engine(playbook, store)
    alarm(0.1)
    begin = time.perf_counter()
    with pytest.raises(Stopped):
        engine.replay("1990-01-01", "2026-01-31", actions=False)
    assert time.perf_counter() - begin < 10
    assert engine.as_of is not None  # the evaluations before it stand
    after = engine.hash()
    assert churn.Engine.from_bytes(engine.to_bytes(), playbook, store).hash() == after


def test_ctrl_c_ends_a_question():
    playbook, store = big()
    engine = churn.Engine(playbook, store)
    before = engine.hash()
    days = [86_400_000_000 * day for day in range(15_000, 20_000)]
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        engine.metrics(days)
    timer.join()
    assert engine.hash() == before
    assert len(engine.metrics(DAY)) == 20_000


def test_a_signal_ends_a_load(alarm):
    """Between the batches of a stream."""
    pa = pytest.importorskip("pyarrow")
    store = fill(churn.Store(time_zone="UTC"))
    before = store.hash()
    batch = pa.record_batch([["late"] * 1000, ["x"] * 1000, ["2026-01-01"] * 1000], ["customer", "type", "at"])
    table = pa.Table.from_batches([batch] * 10_000)
    alarm(0.05)
    begin = time.perf_counter()
    with pytest.raises(Stopped):
        store.add("event", table)
    assert time.perf_counter() - begin < 10
    assert store.hash() == before
    assert store.add("event", table.slice(0, 5)).added == 5


def test_cancel_from_another_thread():
    playbook, store = big()
    engine, flag = churn.Engine(playbook, store), churn.Cancel()
    timer = threading.Timer(0.1, flag.set)
    timer.start()
    with pytest.raises(churn.CancelledError):
        engine.replay("1990-01-01", "2026-01-31", actions=False, cancel=flag)
    timer.join()


def test_close_during_a_call():
    playbook, store = big()
    engine, flag = churn.Engine(playbook, store), churn.Cancel()
    worker = threading.Thread(target=run, args=(lambda: engine.replay("1990-01-01", DAY, cancel=flag),))
    worker.start()
    raised = []
    while worker.is_alive() and not raised:
        for use in (engine.close, flag.close, lambda: engine.as_of):
            try:
                use()
            except churn.StateError as error:
                raised.append(error)
        if engine.closed:
            break
    flag.set() if not flag.closed else None
    worker.join(60)
    assert raised or engine.closed or flag.closed

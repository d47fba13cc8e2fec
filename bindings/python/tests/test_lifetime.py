# SPDX-License-Identifier: MIT
"""Objects may go in any order, by close() and by collection."""
import gc
import itertools
import subprocess
import sys

import pytest

import churn
from conftest import PLAYBOOK, fill

DAY = "2026-02-01"


def make():
    playbook = churn.Playbook.parse(PLAYBOOK)
    store = fill(churn.Store(time_zone="UTC"))
    engine = churn.Engine(playbook, store)
    table = engine.scores(DAY)
    return {"playbook": playbook, "store": store, "engine": engine, "table": table,
            "stream": table.__arrow_c_stream__()}


@pytest.mark.parametrize("order", list(itertools.permutations(["playbook", "store", "engine", "table", "stream"])))
def test_every_order(order):
    before = churn.live_handles()
    made = make()
    del made["engine"].playbook, made["engine"].store
    for name in order:
        del made[name]
        gc.collect()
        if "table" in made:
            assert made["table"]["value"] == [100.0, 0.0]
        if "engine" in made:
            assert len(made["engine"].episodes()) == 0
    assert churn.live_handles() == before


def test_closed_parents():
    made = make()
    made["playbook"].close()
    made["store"].close()
    assert len(made["engine"].run_summary()) >= 0
    with pytest.raises(churn.StateError, match="playbook"):
        made["engine"].metrics(DAY)  # it reads the date in the playbook's zone
    assert made["engine"].metrics(1_769_904_000_000_000)["customer"] == ["acme", "blue"]


def test_cycles_are_collected():
    before = churn.live_handles()
    for _ in range(10):
        engine = make()["engine"]
        engine.itself = engine
        engine.store.engine = engine
    del engine
    gc.collect()
    assert churn.live_handles() == before


def test_memory_is_given_back():
    """A hundred lives of everything take no more handles, and no references."""
    make()
    gc.collect()
    refs = sys.getrefcount(churn.Table), sys.getrefcount(churn.Engine), sys.getrefcount(None)
    for _ in range(100):
        make()
    gc.collect()
    after = sys.getrefcount(churn.Table), sys.getrefcount(churn.Engine), sys.getrefcount(None)
    assert all(abs(new - old) < 50 for old, new in zip(refs, after))


def test_references_of_records():
    store, name, at = churn.Store(), "customer of a long name", 10**15
    before = sys.getrefcount(name), sys.getrefcount(at)
    for _ in range(1000):
        store.add_event(name, "login", at, user=name)
        store.add_customer(name, attributes={name: name})
    with pytest.raises(TypeError):
        store.add_event(name, name, at, user=3)
    assert (sys.getrefcount(name), sys.getrefcount(at)) == before


def test_exit_with_everything_alive():
    code = f"""if 1:
        import sys; sys.path.insert(0, {__file__.rpartition('/')[0]!r})
        import churn, test_lifetime
        kept = test_lifetime.make()
        churn.kept = kept
        cycle = [kept]; cycle.append(cycle)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")

# SPDX-License-Identifier: MIT
"""The library beside the twin, on random companies and random playbooks.

CHURN_TWIN_CASES says how many cases there are (the ordinary run has 24), CHURN_TWIN_SEED where they
begin. A failure names its seed: `python compare.py SEED 1` makes it again. FOUND holds seeds that once
showed a difference.
"""

import json
import os
import threading
from datetime import datetime, timezone

import churn
import compare
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "24"))
FOUND = [66, 96, 955, 985, 1001, 1151, 1456, 1494, 1837]


def at(day, hour=0):
    return datetime(2026, 1, day, hour, tzinfo=timezone.utc)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_everything(seed):
    assert compare.run(seed) == []


@pytest.mark.parametrize("seed", FOUND)
def test_once_different(seed):
    assert compare.run(seed, ["metrics", "scores", "triggers"]) == []


def test_the_twin_can_differ():
    """A comparison that cannot fail is none."""
    case = compare.Case(FIRST)
    case.company = compare.twin.Company({})
    case.metrics()
    case.figures()
    assert case.problems


def asked(metrics, fill, as_of, sources=None, score=None):
    book = {"churn": 1, "name": "small", "metrics": metrics, "sources": sources or {}}
    if score:
        book["scores"] = [score]
    store = churn.Store()
    fill(store)
    return churn.Engine(churn.Playbook.parse(json.dumps(book)), store)


def test_a_ticket_closed_and_reopened_at_one_instant_is_open():
    engine = asked([{"id": "open", "ticket": "open_count"}], lambda store: store.add_ticket(
        "t", "a", at(1), closed_at=at(3), reopened_at=at(3)), at(5))
    assert engine.metrics(at(5)).to_dicts() == [{"customer": "a", "open": 1.0}]


def test_no_change_from_a_base_below_zero():
    def fill(store):
        store.add_event("a", "x", at(2), value=-5.0)
        store.add_event("a", "x", at(9), value=5.0)
    engine = asked([{"id": "now", "agg": "sum", "event": "x", "window": "7d", "history": "clip"},
                    {"id": "then", "agg": "sum", "event": "x", "window": "7d", "offset": "7d", "history": "clip"},
                    {"id": "change", "pct_change": {"cur": "now", "base": "then"}},
                    {"id": "part", "ratio": {"num": "now", "den": "then"}}], fill, at(10))
    assert engine.metrics(at(10)).to_dicts() == [
        {"customer": "a", "now": 5.0, "then": -5.0, "change": None, "part": -1.0}]


def test_a_mark_counts_from_when_it_was_known():
    def fill(store):
        store.add_customer("a", since=at(1))
        store.mark("ticket", at(3), known_at=at(5))
    engine = asked([{"id": "open", "ticket": "open_count"}], fill, at(4))
    assert engine.metrics(at(4)).to_dicts()[0]["open"] is None
    assert engine.metrics(at(5)).to_dicts()[0]["open"] == 0.0


def test_a_state_that_begins_now_keeps_its_source_fresh():
    engine = asked([{"id": "mrr", "subscription": "mrr"}], lambda store: store.add_subscription(
        "s", "a", at(5), "active", amount=100, currency="USD", period="month"), at(5),
        {"billing": {"records": ["subscription"], "max_lag": "1d"}})
    assert engine.metrics(at(5)).to_dicts() == [{"customer": "a", "mrr": 1.0}]


def test_coverage_is_not_rounded_to_a_millionth():
    engine = asked([
        {"id": "one", "ticket": "open_count"}, {"id": "two", "survey": "last"}],
        lambda store: store.add_ticket("t", "a", at(1)), at(5), None,
        {"id": "health", "min_coverage": 0, "bands": {"low": 0}, "groups": [{"id": "g", "factors": [
            {"metric": "one", "weight": 2, "curve": [[0, 0], [1, 100]]},
            {"metric": "two", "weight": 1, "curve": [[0, 0], [1, 100]]}]}]})
    assert engine.scores(at(5)).to_dicts()[0]["coverage"] == pytest.approx(2 / 3, abs=1e-11)


def test_readers_see_whole_batches_while_a_writer_writes():
    store = churn.Store(time_zone="UTC")
    book = churn.Playbook.parse(json.dumps({"churn": 1, "name": "small", "metrics": [
        {"id": "all", "agg": "count", "event": "any", "window": "30d", "history": "clip"}]}))
    batch = {"customer": ["a"] * 50 + ["b"] * 50, "type": ["x"] * 100, "at": [at(2)] * 100}
    store.add("event", batch)
    problems, done = [], threading.Event()

    def read():
        engine = churn.Engine(book, store)
        last = 0.0
        while not done.is_set():
            a, b = (row["all"] for row in engine.metrics(at(20)).to_dicts())
            if a != b or a % 50 or a < last:
                problems.append((a, b, last))
            last = a

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        store.add("event", batch)
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert churn.Engine(book, store).metrics(at(20)).to_dicts()[0]["all"] == 61 * 50.0

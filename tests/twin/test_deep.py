# SPDX-License-Identifier: MIT
"""Every metric beside deep.py, on random companies with every kind of record.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python compare_deep.py SEED 1` makes a failure
again.
"""

import json
import os
from datetime import datetime, timezone

import churn
import compare_deep
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "24"))
FOUND = [1653]


def at(day, month=1):
    return datetime(2026, month, day, tzinfo=timezone.utc)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_every_metric(seed):
    assert compare_deep.run(seed) == []


@pytest.mark.parametrize("seed", FOUND)
def test_once_different(seed):
    assert compare_deep.run(seed) == []


def asked(metrics, fill, **parts):
    store = churn.Store()
    fill(store)
    book = {"churn": 1, "name": "small", "metrics": metrics, **parts}
    return churn.Engine(churn.Playbook.parse(json.dumps(book)), store)


def why(engine, as_of):
    return {row["metric"]: row["reason"] for row in engine.missing(as_of).to_dicts()}


def test_a_failure_counts_once_its_invoice_is_there():
    """An invoice that is issued and fails at `t` itself is not yet one."""
    engine = asked([{"id": "failure", "invoice": "days_since_failure", "offset": "1d"}], lambda store:
                   store.add_invoice("i", "a", at(5), at(9), 100, "USD", failed_at=at(5)), currency="USD")
    assert why(engine, at(6)) == {"failure": "never"}
    assert engine.metrics(at(7)).to_dicts() == [{"customer": "a", "failure": 1.0}]


def test_an_attribute_that_was_never_set_is_not_provided_however_short_the_history():
    def fill(store):
        store.add_customer("a", since=at(5))
        store.add_customer("b", since=at(5))
        store.add_attribute("a", "plan", "x", valid_from=at(5))
    engine = asked([{"id": "changed", "attribute": "plan", "take": "changed", "window": "30d"}], fill,
                   attributes={"plan": "string"})
    rows = {row["customer"]: row["reason"] for row in engine.missing(at(9)).to_dicts()}
    assert rows == {"a": "short_history", "b": "not_provided"}


def test_a_baseline_is_missing_for_the_worst_reason():
    def fill(store):
        store.add_customer("a", since=at(1))
        store.add_event("a", "x", at(3), value=1.0)
        store.add_event("a", "y", at(20))
    engine = asked([{"id": "mean", "agg": "mean", "event": "x", "window": "2d", "history": "clip"},
                    {"id": "usual", "baseline": {"metric": "mean", "back": 2, "every": "7d", "fewest": 2}}], fill,
                   sources={"product": {"events": ["x", "y"], "max_lag": "3d"}})
    assert why(engine, at(21)) == {"mean": "empty", "usual": "stale_source"}

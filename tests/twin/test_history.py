# SPDX-License-Identifier: MIT
"""Random histories of a store beside history.py.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python compare_history.py SEED 1` makes a failure
again, `python shrink_history.py SEED` as small as it gets.
"""

import os
from datetime import datetime, timezone

import churn
import compare_history
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "24"))
FOUND = [27, 35, 49]


def at(day):
    return datetime(2026, 1, day, tzinfo=timezone.utc)


@pytest.mark.parametrize("seed", [*range(FIRST, FIRST + COUNT), *FOUND])
def test_a_history(seed):
    assert compare_history.run(seed) == []


def test_a_comparison_can_fail():
    past = compare_history.Past(FIRST)
    past.store.add_ticket("t", "a", at(1))
    past.compare_records()
    assert past.problems


def test_events_are_read_after_the_last_with_a_property_was_erased():
    store = churn.Store()
    store.add_event("a", "x", at(3), props={"platform": "web"})
    store.add_event("b", "x", at(4), props={"size": 2.0})
    store.erase("a")
    assert [name for name in store.records("event").to_columns() if name.startswith("props.")] == ["props.size"]
    store.erase("b")
    assert store.records("event").to_dicts() == []
    store.add_event("c", "x", at(5), props={"platform": 1.0})
    assert store.records("event").to_dicts()[0]["props.platform"] == 1.0


def test_versions_that_differ_come_in_any_order():
    def rows(*known):
        return {"id": ["t"] * len(known), "customer": ["a"] * len(known), "opened_at": [at(1)] * len(known),
                "category": [f"told {day}" for day in known], "known_at": [at(day) for day in known]}
    hashes = set()
    for order in ((2, 5, 9), (9, 5, 2), (5, 2, 9)):
        store = churn.Store()
        for day in order:
            store.add("ticket", rows(day))
        hashes.add(store.hash())
        assert [row["category"] for day in (3, 6, 10) for row in store.records("ticket", as_of=at(day))] == [
            "told 2", "told 5", "told 9"]
    store = churn.Store()
    store.add("ticket", rows(9, 2, 5))
    assert hashes == {store.hash()}


def test_a_ticket_closed_and_reopened_at_one_instant_is_not_forgotten():
    store = churn.Store()
    store.add_ticket("t", "a", at(1), closed_at=at(2), reopened_at=at(2))
    store.add_ticket("u", "a", at(1), closed_at=at(2))
    assert store.forget(at(5)).removed == {"ticket": 1}
    assert store.records("ticket")["id"] == ["t"]

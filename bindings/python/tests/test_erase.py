# SPDX-License-Identifier: MIT
"""Erasing, forgetting, merging."""
from datetime import datetime, timezone

import pytest

import churn

AT = datetime(2026, 1, 5, tzinfo=timezone.utc)


@pytest.fixture
def store():
    store = churn.Store()
    for customer in ("acme", "blue"):
        store.add("event", {"customer": [customer] * 3, "type": ["login"] * 3, "user": ["ann", "ben", "ann"],
                            "at": ["2025-01-01T00:00Z", "2026-01-01T00:00Z", "2026-01-02T00:00Z"]})
    return store


def test_erase(store):
    report = store.erase("acme")
    assert isinstance(report, churn.EraseReport)
    assert (report.customers, report.unknown, report.records, report.removed) == (1, 0, 3, {"event": 3})
    assert len(store) == 1
    report = store.erase(name for name in ("acme", "blue", "blue"))
    assert (report.customers, report.unknown, report.records) == (1, 1, 3)
    assert len(store) == 0 and store.record_count("event") == 0
    assert store.erase([]).customers == 0


def test_erase_user(store):
    report = store.erase_user("ann")
    assert (report.changed, report.records, report.mentions, report.texts) == (4, 0, 0, 1)
    assert store.erase_user("ann").changed == 0
    assert store.record_count("event") == 6


def test_forget(store):
    report = store.forget("2026-01-01")
    assert isinstance(report, churn.ForgetReport)
    assert (report.since, report.records, report.removed) == (datetime(2026, 1, 1, tzinfo=timezone.utc), 2, {"event": 2})
    assert store.forget(AT.replace(year=2025)).since == report.since


def test_merge(store):
    report = store.merge("acme", into="blue")
    assert isinstance(report, churn.MergeReport)
    assert (report.records, report.moved, report.conflicts) == (3, {"event": 3}, 0)
    assert len(store) == 1 and store.record_count("event") == 6


@pytest.mark.parametrize("call, error", [
    (lambda s: s.erase([1]), TypeError),
    (lambda s: s.erase([None]), TypeError),
    (lambda s: s.erase_user(""), churn.ArgumentError),
    (lambda s: s.erase_user(None), TypeError),
    (lambda s: s.forget(None), churn.RangeError),
    (lambda s: s.merge("acme", into="acme"), churn.ArgumentError),
    (lambda s: s.merge("acme", into="nobody"), churn.NotFoundError),
])
def test_refused(store, call, error):
    before = store.hash()
    with pytest.raises(error):
        call(store)
    assert store.hash() == before

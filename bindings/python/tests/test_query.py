# SPDX-License-Identifier: MIT
"""Questions in the language of conditions, on the company of conftest.py."""
from datetime import datetime, timezone

import pytest

import churn

DAY = "2026-02-01"


def test_who(engine):
    made = engine.query("metric.mrr > 200", DAY)
    assert isinstance(made, churn.Table)
    assert made.to_dicts() == [{"customer": "blue", "metric.mrr": 250.5}]
    assert made.summary == {"asked": 2, "matched": 1, "not_matched": 1, "unknown": 0, "errors": 0,
                            "cell_errors": 0}
    assert made.matched == 1 and len(made.reasons) == 0 and made.warnings == []
    assert engine.query("", DAY).to_dicts() == [{"customer": "acme"}, {"customer": "blue"}]


def test_columns_order_and_limit(engine):
    made = engine.query("", DAY, select=["mrr: metric.mrr", "at: as_of", "loud: metric.logins_28d > 3.0"],
                        order="-mrr", limit=1)
    assert made.to_dicts() == [{"customer": "blue", "mrr": 250.5,
                                "at": datetime(2026, 2, 1, tzinfo=timezone.utc), "loud": False}]
    assert made.matched == 2
    assert engine.query("", DAY, select="metric.mrr").column_names == ["customer", "metric.mrr"]
    assert engine.query("metric.mrr > 1", DAY, select=[]).column_names == ["customer"]


@pytest.mark.parametrize("value", [200, 200.0])
def test_parameters(engine, value):
    assert engine.query("metric.mrr > params.least", DAY, params={"least": value})["customer"] == ["blue"]
    assert engine.query("customer.id == params.who", DAY, params={"who": "acme"})["customer"] == ["acme"]
    with pytest.raises(churn.ArgumentError):
        engine.query("", DAY, params={"x": None})
    with pytest.raises(TypeError):
        engine.query("", DAY, params={"x": object()})


def test_unknown_is_counted_with_reasons(engine, store):
    store.add_customer("new", since="2026-01-20")
    made = engine.query("metric.mrr > 0", DAY)
    assert made["customer"] == ["acme", "blue"]
    assert made.unknown == 1
    assert made.reasons.to_dicts() == [{"part": "where", "outcome": "unknown", "name": "metric.mrr",
                                        "reason": "never", "customers": 1}]


def test_some_customers(engine):
    assert engine.query("true", DAY, customers=["blue", "acme"])["customer"] == ["acme", "blue"]
    assert engine.query("true", DAY, customers=[]).asked == 0
    assert engine.query("true", DAY, customer="blue").asked == 1
    with pytest.raises(churn.NotFoundError):
        engine.query("true", DAY, customers=["nobody"])


def test_wrong_texts(engine):
    with pytest.raises(churn.QueryError) as caught:
        engine.query("metric.mr > 1", DAY, select=["a: metric.mrr +"])
    assert isinstance(caught.value, churn.ExpressionError)
    found = {(d.file, d.line, d.column, d.suggestion) for d in caught.value.diagnostics}
    assert found == {("where", 1, 1, "metric.mrr"), ("select[0]", 1, 16, None)}
    assert (caught.value.line, caught.value.column) == (1, 1)
    with pytest.raises(TypeError):
        engine.query(None, DAY)


def test_progress(engine):
    told = []
    engine.query("true", DAY, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2)


def test_why(engine):
    made = engine.why("blue", "quiet", DAY)
    whole, name = made[0], made[1]
    assert (whole["part"], whole["value"], whole["decided"]) == ("metric.quiet_days >= 10", "true", True)
    assert (name["part"], name["value"], name["depth"]) == ("metric.quiet_days", "29", 1)
    with pytest.raises(churn.NotFoundError, match="did you mean `quiet`"):
        engine.why("blue", "quit", DAY)
    with pytest.raises(churn.NotFoundError):
        engine.why("nobody", "quiet", DAY)


def test_calls_are_metrics(engine):
    made = engine.query('count("login", "28d", "clip") == 0 && days_since("login") > 20', DAY)
    # The first is a metric that the playbook declares.
    assert made.to_dicts() == [{"customer": "blue", "metric.logins_28d": 0.0, 'days_since("login")': 29.0}]
    with pytest.raises(churn.QueryError, match="no window"):
        engine.query('count("login", "28") == 0', DAY)

# SPDX-License-Identifier: MIT
"""Lives of customers and subscriptions from records: a few by hand."""
from datetime import datetime, timezone

import pytest

churn = pytest.importorskip("churn")

TODAY = datetime(2024, 7, 1, tzinfo=timezone.utc)
# begin, end, plan, region
LIVES = [("2024-01-05", "2024-03-05", "basic", "eu"), ("2024-01-20", None, "pro", "us"), ("2024-02-01", "2024-02-01", "basic", "eu"),
         ("2024-02-10", "2024-06-01", "pro", None), ("2023-06-01", "2024-01-15", "basic", "us")]


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def engine():
    store = churn.Store(time_zone="UTC")
    for i, (begin, end, plan, region) in enumerate(LIVES):
        store.add_customer(f"c{i}", since=day(begin))
        if region:
            store.add_attribute(f"c{i}", "region", region, valid_from=day(begin))
        more = {"ended_at": day(end)} if end else {}
        store.add_subscription(f"s{i}", f"c{i}", plan=plan, amount=10, currency="USD", status="active", period="month",
                               valid_from=day(begin), **more)
    return churn.Engine(churn.Playbook.parse("{churn: 1, name: x, currency: USD, loss: {any: [subscription]}}"), store)


def curve(table):
    return [(row["time"], row["n_risk"], row["n_event"], round(row["survival"], 9)) for row in table.to_dicts()]


def test_customers_and_subscriptions(engine):
    """Who came and went on one day was no customer, but was a subscription of no day."""
    assert curve(engine.survival(TODAY)) == [(60, 4, 1, .75), (112, 3, 1, .5), (163, 2, 0, .5), (228, 1, 1, 0)]
    assert curve(engine.survival(TODAY, of="subscriptions")) == \
        [(0, 5, 1, .8), (60, 4, 1, .6), (112, 3, 1, .4), (163, 2, 0, .4), (228, 1, 1, 0)]


def test_groups_are_those_of_the_beginning(engine):
    rows = engine.survival(TODAY, of="subscriptions", by=["plan", "region"], unit="months").to_dicts()
    assert [(row["plan"], row["region"], row["time"], row["n_event"]) for row in rows] == \
        [("basic", "eu", 0, 1), ("basic", "eu", 2, 1), ("basic", "us", 7, 1), ("pro", "us", 5, 0), ("pro", None, 3, 1)]
    rows = engine.survival_summary(TODAY, by="customer.region").to_dicts()
    assert [(row["customer.region"], row["n"], row["median"]) for row in rows] == [("eu", 1, 60), ("us", 2, 228), (None, 1, 112)]
    test = engine.survival_test(TODAY, "plan", of="subscriptions").to_dicts()
    assert [(row["plan"], row["n"], row["observed"]) for row in test] == [("basic", 3, 3), ("pro", 2, 1)]


def test_from_an_instant_on(engine):
    """Who was lost before is left out, who was there before is at risk from the age that they had."""
    rows = engine.survival(TODAY, start="2024-02-01", times=[20, 30, 60]).to_dicts()
    assert [(row["n_risk"], row["n_entered"]) for row in rows] == [(2, 2), (3, 1), (3, 0)]


def test_competing_kinds(engine):
    rows = engine.competing_risks(TODAY, times=[60]).to_dicts()
    assert [(row["kind"], row["incidence"]) for row in rows] == [("voluntary", .25)]


def test_what_is_wrong_is_told(engine):
    with pytest.raises(churn.NotFoundError, match="regin"):
        engine.survival(TODAY, by="customer.regin")
    with pytest.raises(churn.ArgumentError, match="how a life ends"):
        engine.survival(TODAY, by="churn.kind")
    with pytest.raises(churn.RangeError, match="before as_of"):
        engine.survival(TODAY, start="2025-01-01")
    with pytest.raises(ValueError, match="of"):
        engine.survival(TODAY, of="users")
    assert len(engine.survival("2020-01-01")) == 0
    assert engine.survival_summary("2020-01-01", by="plan").to_dicts()[0]["n"] == 0

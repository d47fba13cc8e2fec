# SPDX-License-Identifier: MIT
"""Records of a business that make little sense: each has a stated result."""
import pytest

churn = pytest.importorskip("churn")


def engine_of(fill, loss="subscription, record"):
    store = churn.Store(time_zone="UTC")
    fill(store)
    return churn.Engine(churn.Playbook.parse("{churn: 1, name: odd, currency: USD, time_zone: UTC, loss: {any: [%s]}}" % loss), store)


def subscribe(store, name, customer, begin, **more):
    store.add_subscription(name, customer, **{"plan": "p", "amount": 1000, "currency": "USD", "status": "active", "period": "month",
                                              "valid_from": f"{begin}T00:00:00Z"} | more)


def values(engine, kpis, start="2025-01-01", end="2025-04-01"):
    return {row["kpi"]: row["value"] for row in engine.kpi(kpis, start, end)}


def test_churn_before_signup():
    def fill(store):
        for customer in ("back", "never"):
            store.add_churn(customer, at="2024-06-01T00:00:00Z", kind="voluntary")
        subscribe(store, "s", "back", "2025-01-10")
        store.add_customer("never", since="2025-01-10T00:00:00Z")
    engine = engine_of(fill)
    got = values(engine, ["customers", "new_customers", "lost_customers", "mrr"], "2024-01-01")
    assert got == {"customers": 1, "new_customers": 1, "lost_customers": 0, "mrr": 10}
    assert [(r["customer"], r["by_record"], r["by_subscription"]) for r in engine.disagreements("2025-03-01").to_dicts()] == [("never", True, None)]


def test_ends_before_it_starts_overlaps_and_costs_nothing():
    def fill(store):
        subscribe(store, "s1", "backwards", "2025-02-01", ended_at="2025-01-15T00:00:00Z")
        subscribe(store, "s2", "twice", "2025-01-01")
        subscribe(store, "s3", "twice", "2025-01-05", amount=500)
        subscribe(store, "s4", "free", "2025-01-01", amount=0)
    engine = engine_of(fill, "subscription")
    got = values(engine, ["customers", "paying_customers", "new_customers", "lost_customers", "mrr", "new_mrr", "expansion_mrr"])
    assert got == {"customers": 2, "paying_customers": 1, "new_customers": 2, "lost_customers": 0, "mrr": 15, "new_mrr": 10, "expansion_mrr": 5}


def test_a_change_of_currency_without_a_rate():
    def fill(store):
        subscribe(store, "s", "a", "2025-01-01")
        subscribe(store, "s", "a", "2025-02-05", currency="EUR")
    row = engine_of(fill).kpi("mrr", "2025-02-01", "2025-03-01")[0]
    assert (row["value"], row["missing"], row["excluded"]) == (None, "no_rate", 1)
    assert row["note"] == "no_rate: EUR to USD at 2025-02-05 (1 customer)"


def test_nobody():
    """Of no customers every figure is 0 or undefined, and says why."""
    figures = list(engine_of(lambda store: None).kpi(None, "2025-01-01", "2025-04-01"))
    assert {row["value"] for row in figures} == {0, None}
    assert all(row["missing"] for row in figures if row["value"] is None)

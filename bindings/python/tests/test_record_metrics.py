# SPDX-License-Identifier: MIT
"""Metrics of records that are no events: every one through a playbook, and their types in tables and conditions."""
from datetime import datetime, timezone

import pytest

import churn
from conftest import ROOT

UTC = timezone.utc

PLAYBOOK = """
churn: 1
name: typed
time_zone: UTC
currency: USD
metrics:
  - {id: plan, subscription: plan, default: none}
  - {id: active, subscription: active}
  - {id: renews_at, subscription: renews_at}
  - {id: seats_2q_ago, subscription: seats, offset: 2cq}
  - {id: mrr, subscription: mrr}
  - {id: activated, milestone: reached, name: activated}
  - {id: champions, contact: active_count, role: champion}
  - {id: slow, ticket: first_response_hours, window: 30d, history: clip, take: median}
segments:
  - {id: pro, when: 'metric.plan == "pro" && metric.active'}
  - {id: renews, when: 'metric.renews_at > as_of'}
"""


def test_by_hand():
    path = ROOT / "tests" / "unit" / "metric" / "records.yaml"
    if not path.exists():
        pytest.skip("not in a source tree")
    report = churn.Playbook.load(path).test()
    assert report and report.passed > 180, str(report)


def test_types_in_tables_and_conditions():
    store = churn.Store(time_zone="UTC")
    store.add("customer", {"id": ["acme", "blue"], "since": ["2025-06-01", "2025-07-01"]})
    store.add("subscription", {
        "id": ["s1", "s1"], "customer": ["acme", "acme"], "valid_from": ["2025-12-20", "2026-02-01"],
        "status": ["active", "active"], "plan": ["team", "pro"], "amount": [100.0, 200.0], "currency": ["EUR", "EUR"],
        "period": ["month", "month"], "seats": [5, 8], "renews_at": ["2026-12-20", "2026-12-20"]}, money="major")
    store.add("rate", {"currency": ["EUR"], "at": ["2026-01-01"], "rate": [1.25]})
    store.add("milestone", {"customer": ["acme"], "name": ["activated"], "reached_at": ["2025-06-20"]})
    store.add("contact", {"id": ["c1"], "customer": ["acme"], "valid_from": ["2025-06-01"], "role": ["champion"]})
    store.add("ticket", {"id": ["t1"], "customer": ["acme"], "opened_at": ["2026-06-20T00:00:00"],
                         "first_response_at": ["2026-06-20T03:00:00"]})
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    acme, blue = engine.metrics("2026-07-01").to_dicts()
    assert acme == {"customer": "acme", "plan": "pro", "active": True, "renews_at": datetime(2026, 12, 20, tzinfo=UTC),
                    "seats_2q_ago": 5, "mrr": 250, "activated": True, "champions": 1, "slow": 3}
    assert blue == {"customer": "blue", "plan": "none", "active": False, "renews_at": None, "seats_2q_ago": None,
                    "mrr": None, "activated": False, "champions": 0, "slow": None}
    reasons = {(row["customer"], row["metric"]): row["reason"] for row in engine.missing("2026-07-01").to_dicts()}
    assert reasons["blue", "renews_at"] == "never" and reasons["blue", "slow"] == "empty"
    figures = engine.kpi(["mrr", "expansion_mrr"], "2026-01-01", "2026-07-01")
    assert figures["value"] == [250, 125] and figures["excluded"] == [0, 0]


@pytest.mark.parametrize("metric", [
    "{id: x, subscription: seats, window: 7d}", "{id: x, ticket: csat}", "{id: x, ticket: open_count, take: max}",
    "{id: x, milestone: reached}", "{id: x, subscription: active, default: 1}", "{id: x, survey: last, offset: mtd}",
])
def test_mistakes(metric):
    with pytest.raises(churn.PlaybookError):
        churn.Playbook.parse("churn: 1\nname: bad\nmetrics: [" + metric + "]\n")

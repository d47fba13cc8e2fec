# SPDX-License-Identifier: MIT
"""Cohorts, engagement, adoption and funnels from Python."""
from datetime import timedelta

import pytest

import churn

KPI = """
churn: 1
name: use
currency: USD
kpi:
  active_events: [login]
  activation: {event: login, count: 2, within: 10d, retention: 20d}
  value: {event: export}
  trial_within: 14d
"""


@pytest.fixture
def used():
    """acme begins with a trial, logs in on three days, exports on the fourth; blue logs in once and leaves."""
    store = churn.Store(time_zone="UTC")
    store.add("subscription", {
        "id": ["a", "a", "b"], "customer": ["acme", "acme", "blue"], "plan": ["pro", "pro", "basic"],
        "status": ["trial", "active", "active"], "valid_from": ["2026-01-01", "2026-01-10", "2026-01-05"],
        "ended_at": [None, None, "2026-02-20"], "amount": [100.0, 100.0, 40.0], "currency": ["USD"] * 3,
        "period": ["month"] * 3})
    store.add("event", {
        "customer": ["acme"] * 4 + ["blue"], "type": ["login", "login", "login", "export", "login"],
        "at": ["2026-01-11T08:00Z", "2026-01-12T08:00Z", "2026-01-13T08:00Z", "2026-01-14T08:00Z", "2026-01-06T08:00Z"],
        "user": ["ann", "ann", "bob", "ann", "eve"], "value": [1.0, 2.0, 3.0, 4.0, 5.0]})
    store.add("milestone", {"customer": ["acme"], "name": ["live"], "reached_at": ["2026-01-20"]})
    with store, churn.Playbook.parse(KPI) as playbook, churn.Engine(playbook, store) as engine:
        yield engine


def test_triangle(used):
    table = used.cohorts("net_revenue", "2026-01-01", "2026-03-15")
    assert isinstance(table, churn.Cohorts)
    cells = [(row["age"], row["value"], row["complete"]) for row in table if not row["average"]]
    assert cells == [(0, 1.0, True), (1, 100 / 140, True), (2, 100 / 140, False)]
    triangle = table.triangle()
    assert triangle.rows == [{"cohort": "2026-01", "members": 2, 0: 1.0, 1: 100 / 140, 2: 100 / 140},
                             {"cohort": None, "members": 2, 0: 1.0, 1: 100 / 140, 2: None}]
    assert repr(triangle).splitlines()[1] == "2026-01        2  100%  71%  71%*"
    html = triangle._repr_html_()
    assert "100 of 140" in html and "font-style:italic" in html and "average" in html
    assert list(triangle.to_pandas().columns) == ["members", 0, 1, 2]


def test_cohorts_by_plan_and_activity(used):
    table = used.cohorts("activity", "2026-01-01", "2026-02-01", every="week", by="plan", events="login", max_age=1)
    rows = {(row["plan"], row["age"]): row["value"] for row in table if not row["average"]}
    assert rows == {("basic", 0): 1.0, ("basic", 1): 0.0, ("pro", 0): 1.0, ("pro", 1): 1.0}
    starts = used.cohorts("activity", "2026-01-01", "2026-02-01", every="quarter", start_events=["export"])
    assert starts["cohort"] == ["2026-Q1"] and starts["members"] == [1]


def test_figures(used):
    kpis = ["dau", "dau_customers", "mau", "mau_customers", "stickiness", "active_days", "events", "events_per_customer",
            "adoption", "activation_rate", "activation_lift", "time_to_value", "trials_started", "trials_converted",
            "trial_conversion", "trial_conversion_trailing"]
    rows = {row["kpi"]: row for row in used.kpi(kpis, "2026-01-01", "2026-02-01", as_of="2026-03-01")}
    values = {name: row["value"] for name, row in rows.items()}
    assert values["dau"] == values["dau_customers"] == 4 / 31
    assert (values["mau"], values["mau_customers"]) == (3, 2)  # ann, bob and eve
    assert values["stickiness"] == 4 / 90
    assert (values["active_days"], values["events"], values["events_per_customer"]) == (2, 4, 2)
    assert values["adoption"] == 1
    assert (values["activation_rate"], values["activation_lift"]) == (0.5, 0.0)
    assert values["time_to_value"] == pytest.approx(4 + 8 / 24)
    assert (values["trials_started"], values["trials_converted"]) == (1, 1)
    assert (values["trial_conversion"], values["trial_conversion_trailing"]) == (1, 1)
    by_type = used.kpi("adoption", "2026-01-01", "2026-02-01", by="event.type")
    assert {row["event.type"]: row["value"] for row in by_type}["login"] == 1


def test_not_declared_is_undefined(engine):
    for row in engine.kpi(["activation_rate", "time_to_value"], "2026-01-01", "2026-02-01"):
        assert row["value"] is None and "not declared" in row["note"]


def test_engagement_and_adoption(used):
    table = used.engagement("2026-01-01", "2026-02-01")
    assert [(row["days"], row["customers"]) for row in table if row["customers"]] == [(1, 1), (3, 1)]
    assert used.engagement("2026-01-01", "2026-02-01", of="users")["users"][:3] == [2, 1, 0]
    rows = {row["event"]: row for row in used.adoption("2026-01-01", "2026-02-01", events=["login", "export"])}
    assert rows["export"]["share"] == 0.5 and rows["login"]["first_time"] == 2


def test_funnel(used):
    steps = ["login", {"event": "login", "where": "value >= 3.0", "name": "again"}, {"milestone": "live"}]
    table = used.funnel(steps, "2026-01-01", "2026-02-01", within=timedelta(days=9))
    assert table["name"] == ["login", "again", "live"]
    assert table["reached"] == [2, 1, 1] and table["drop_off"] == [None, 1, 0]
    assert table["median_days"] == [None, 2.0, 6 + 16 / 24]
    assert used.funnel(["login"], "2026-01-01", "2026-02-01", by="plan", by_at="end")["plan"] == ["basic", "pro"]


def test_wrong_arguments(used):
    span = ("2026-01-01", "2026-02-01")
    for call in (lambda: used.cohorts("money", *span), lambda: used.cohorts("customers", *span, every="hour"),
                 lambda: used.cohorts("customers", *span, mode="before"), lambda: used.engagement(*span, of="all"),
                 lambda: used.cohorts("customers", *span, max_age=0), lambda: used.funnel([{"evnt": "x"}], *span)):
        with pytest.raises(ValueError):
            call()
    with pytest.raises(TypeError):
        used.funnel(["login"], *span, within=3)
    with pytest.raises(churn.NotFoundError, match="login"):
        used.funnel(["logn"], *span)
    with pytest.raises(churn.ArgumentError):
        used.funnel([], *span)
    with pytest.raises(churn.ArgumentError):
        used.cohorts("gross_revenue", *span, mode="on_or_after")


def test_contradiction_in_the_playbook():
    with pytest.raises(churn.PlaybookError, match="retention"):
        churn.Playbook.parse("{churn: 1, name: x, kpi: {activation: {event: a, within: 14d, retention: 14d}}}")

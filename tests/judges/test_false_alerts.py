# SPDX-License-Identifier: MIT
"""False alerts that other engines really gave, asked of a whole engine: a playbook, a store, evaluations day by day.

tests/unit/expr/test_expr_alerts.c asks the same of expressions alone."""
from datetime import datetime, timedelta, timezone

import pytest

churn = pytest.importorskip("churn")

PLAYBOOK = """
churn: 1
name: alerts
time_zone: UTC
currency: USD
evaluate: 1d
attributes: {plan: string, temperature: number}
sources:
  product: {events: [login], max_lag: 36h}
metrics:
  - {id: quiet, agg: days_since, event: login}
  - {id: quiet_or_missing, agg: days_since, event: login, if_never: missing}
  - {id: logins_7d, agg: count, event: login, window: 7d, history: clip}
  - {id: logins_30d, agg: count, event: login, window: 30d}
  - {id: before, agg: count, event: login, window: 7d, offset: 60d, history: clip}
  - {id: nps, survey: last, kind: nps}
triggers:
  - {id: quiet, when: 'metric.quiet >= 10', clear_when: 'metric.quiet < 3', severity: high}
  - {id: quiet_known, when: 'metric.quiet_or_missing >= 10', severity: high}
  - {id: not_active, when: '!(metric.quiet < 10)', severity: high}
  - {id: silent, when: 'metric.logins_7d == 0', severity: high}
  - {id: few, when: 'metric.logins_30d < 5', severity: high}
  - {id: halved, when: 'metric.logins_7d / metric.logins_30d < 0.5', severity: high}
  - {id: jumped, when: 'metric.logins_7d / metric.before > 0.2', severity: high}
  - {id: freezing, when: 'customer.temperature < 15', severity: high}
  - {id: unhappy, when: '!(metric.nps >= 7)', severity: high}
  - {id: not_enterprise, when: "customer.plan != 'enterprise'", severity: high}
  - {id: in_range, when: 'customer.temperature in [0, 1] || customer.temperature < 10', severity: high}
"""
TODAY = datetime(2026, 3, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def days_ago(days):
    return TODAY - days * DAY


@pytest.fixture
def playbook():
    return churn.Playbook.parse(PLAYBOOK)


def company(customers, logins):
    """A store of customers, each with `since` in days ago and attributes; `logins` are days ago, by customer."""
    store = churn.Store(time_zone="UTC")
    for name, (since, attributes) in customers.items():
        store.add_customer(name, since=days_ago(since), attributes=attributes)
    for name, days in logins.items():
        for day in days:
            store.add_event(name, "login", days_ago(day) - timedelta(hours=12))
    return store


def fired(engine):
    """The customers for whom each trigger fires now."""
    found = {}
    for episode in engine.episodes():
        if episode["resolved_at"] is None:
            found.setdefault(episode["trigger"], set()).add(episode["customer"])
    return found


def evaluated(playbook, customers, logins, at=TODAY):
    engine = churn.Engine(playbook, company(customers, logins))
    run = engine.advance(at)
    return fired(engine), run


BUSY = list(range(60))


def test_nothing_is_known_of_a_value():
    """JSONLogic 44 (a thermostat without a reading freezes), json-rules-engine 135 (an absent fact is notEqual to anything),
    FEEL 679 (null in a range is true), HubSpot's "is not" (matches who has no value)."""
    playbook = churn.Playbook.parse(PLAYBOOK)
    known = {"plan": "team", "temperature": 5.0}
    found, run = evaluated(playbook, {"nobody": (300, {}), "somebody": (300, known)}, {"nobody": BUSY, "somebody": BUSY})
    for trigger in ("freezing", "not_enterprise", "in_range"):
        assert found[trigger] == {"somebody"}, trigger
    assert "unhappy" not in found
    assert run.unknown == 3 + 2  # three attributes of one, the survey of both


def test_a_feed_that_is_out_for_three_days(playbook):
    """Prometheus 17482, and every outage: nothing arrives for three days, for anyone."""
    customers = {f"c{i}": (300, {"plan": "enterprise"}) for i in range(30)}
    logins = {name: range(3, 60) for name in customers}
    found, run = evaluated(playbook, customers, logins)
    assert found == {}
    assert run.true == 0 and run.degraded
    # what stands on logins, and the two attributes and the survey that nobody gave
    assert run.unknown == 30 * (7 + 3)


def test_silence_that_is_known_to_be_silence(playbook):
    """The same three days, but the host says that all had arrived: now they are silent."""
    customers = {f"c{i}": (300, {}) for i in range(5)}
    store = company(customers, {name: range(11, 60) for name in customers})
    store.mark("product", through=TODAY)
    engine = churn.Engine(playbook, store)
    engine.advance(TODAY)
    assert fired(engine)["quiet"] == fired(engine)["not_active"] == fired(engine)["silent"] == set(customers)


def test_an_outage_resolves_nothing(playbook):
    """Missing data is no recovery: who was quiet before the outage still is during it, and no second alert comes after."""
    store = company({"gone": (300, {}), "busy": (300, {})}, {"gone": range(15, 60), "busy": range(4, 60)})
    engine = churn.Engine(playbook, store)
    engine.advance(days_ago(4))
    assert fired(engine)["quiet"] == {"gone"}
    for day in (3, 2, 1, 0):
        run = engine.advance(days_ago(day))
        assert run.resolved == 0 and run.fired == 0, day
    assert fired(engine)["quiet"] == {"gone"}
    store.mark("product", through=days_ago(-1))
    assert engine.advance(days_ago(-1)).resolved == 0
    assert [row["customer"] for row in engine.episodes() if row["trigger"] == "quiet"] == ["gone"]


def test_counts_divided(playbook):
    """C, Go and CEL divide ints: 3 / 5 is 0, and everybody's use has halved. And IEEE 754: 3 / 0 is above every limit."""
    logins = {"steady": [1, 3, 5, 20, 25], "halved": [1, 20, 21, 22, 23]}
    found, run = evaluated(playbook, {name: (300, {"plan": "enterprise"}) for name in logins}, logins)
    assert found.get("halved") == {"halved"}
    assert "jumped" not in found and run.error == 2


def test_a_new_customer(playbook):
    """Four days old, with a login a day: no 30 days to have logged in little in, and 10 days of silence are not possible."""
    found, run = evaluated(playbook, {"new": (4, {"plan": "enterprise"})}, {"new": [0, 1, 2, 3]})
    assert found == {}
    assert run.unknown == 2 + 3  # `few` and `halved`; two attributes and the survey


@pytest.mark.parametrize("age, quiet", [(45, True), (10, True), (9, False), (4, False)])
def test_who_never_logged_in(playbook, age, quiet):
    """A real churner that other engines miss: never there, so never missed. Silence counts from the beginning, unless the
    playbook says that it is not known."""
    found, _ = evaluated(playbook, {"never": (age, {"plan": "enterprise"}), "busy": (300, {"plan": "enterprise"})}, {"busy": BUSY})
    assert found.get("quiet", set()) == ({"never"} if quiet else set())
    assert "quiet_known" not in found

# SPDX-License-Identifier: MIT
"""Questions about what is not so, on the company of conftest.py: blue logged in once, for 10 points."""
import random
from datetime import datetime, timedelta, timezone

import pytest

import churn

from conftest import PLAYBOOK

DAY = "2026-01-20"


def row(table, sort, name):
    return next(r for r in table.to_dicts() if r["sort"] == sort and r["id"] == name)


def test_what_if(engine):
    table = engine.what_if("blue", DAY, {"logins_28d": 7, "quiet_days": 1})
    score = row(table, "score", "health")
    assert (score["value_before"], score["value_after"], score["change"]) == (10, 70, 60)
    assert (score["band_before"], score["band_after"]) == ("red", "green")
    quiet = row(table, "trigger", "quiet")
    assert (quiet["holds_before"], quiet["holds_after"]) == (True, False)
    assert row(table, "metric", "logins_28d")["value_after"] == 7
    gone = row(engine.what_if("blue", DAY, {"metric.logins_28d": None}), "score", "health")
    assert gone["value_after"] is None and gone["band_after"] == "unknown"


def test_what_if_errors(engine):
    with pytest.raises(churn.NotFoundError, match="did you mean `logins_28d`"):
        engine.what_if("blue", DAY, {"logins_28": 1})
    with pytest.raises(churn.ValueTypeError):
        engine.what_if("blue", DAY, {"logins_28d": "many"})
    with pytest.raises(churn.NotFoundError):
        engine.what_if("nobody", DAY, {})


def test_impact(engine):
    changed = churn.Playbook.parse(PLAYBOOK.replace("yellow: 40", "yellow: 5").replace(">= 10'", ">= 0'"))
    made = engine.impact(changed, DAY)
    assert (made.customers, made.changed_band, made.better, made.worse) == (2, 1, 1, 0)
    assert made.mrr_better == 250.5
    assert made.moved.to_dicts()[0]["customer"] == "blue"
    assert (made.alerts_before, made.alerts_after, made.alerts_gained, made.alerts_lost) == (1, 2, 1, 0)
    assert made.summary["alerts_gained"] == 1
    assert [(r["sort"], r["id"], r["side"]) for r in made.alerts.to_dicts()] == [
        ("score", "health", "both"), ("trigger", "quiet", "both")]
    assert str(made).splitlines()[0] == ("1 of 2 customers change band: 0 worse (MRR 0.00), "
                                         "1 better (MRR 250.50)")
    assert str(made).splitlines()[2] == "alerts: 1 before, 2 after (1 gained, 0 lost)"
    same = engine.impact(engine.playbook, ["2026-01-10", DAY], customers=["acme"])
    assert (same.customers, same.changed_band, len(same.moved)) == (2, 0, 0)
    with pytest.raises(TypeError):
        engine.impact("playbook", DAY)
    with pytest.raises(churn.NotFoundError):
        engine.impact(changed, DAY, score="helth")


def test_targets(engine):
    rows = engine.targets("blue", DAY).to_dicts()
    assert len(rows) == 1 and rows[0]["feasible"] is True
    assert (rows[0]["factor"], rows[0]["value"], rows[0]["value_needed"], rows[0]["reaches"]) == ("logins_28d", 1, 4, 40)
    assert engine.targets("blue", DAY, "green")["value_needed"] == [7]
    assert engine.targets("blue", DAY, 55)["value_needed"] == [6]
    assert len(engine.targets("acme", DAY)) == 0
    applied = engine.what_if("blue", DAY, {"logins_28d": 6})
    assert row(applied, "score", "health")["value_after"] == 60
    with pytest.raises(ValueError):
        engine.targets("blue", DAY, 0)
    with pytest.raises(churn.NotFoundError):
        engine.targets("blue", DAY, "blue")


def test_lint(engine):
    rows = engine.lint(DAY).to_dicts()
    assert [(r["code"], r["what"]) for r in rows] == [("CH1838", "health.yellow")]
    assert rows[0]["severity"] == "warning" and rows[0]["customers"] == 0
    nobody = engine.lint("2020-01-01").to_dicts()
    assert [r["code"] for r in nobody] == ["CH1847"]


RICH = """
churn: 1
name: rich
currency: USD
attributes: {seats: number, plan: string}
metrics:
  - {id: logins, agg: count, event: login, window: 28d, history: clip}
  - {id: users, agg: distinct, event: login, of: user, window: 28d, history: clip}
  - {id: seat_use, ratio: {num: users, den: customer.seats}}
  - {id: plan, attribute: plan}
  - {id: nps, survey: last, kind: nps, max_age: 180d}
segments:
  - {id: big, when: 'customer.seats >= 8'}
scores:
  - id: usage
    groups:
      - id: u
        weight: 1
        factors:
          - {metric: logins, weight: 1, curve: [[0, 0], [40, 100]]}
          - {metric: logins, id: rank, weight: 2, percentile: {among: book}}
    bands: {good: 60, bad: 0}
  - id: health
    groups:
      - id: a
        weight: 2
        factors:
          - {score: usage, weight: 1}
          - {metric: logins, id: odd, weight: 1, robust_z: {among: self, periods: 6, every: 7d, fewest: 3}}
          - {metric: logins, id: way, weight: 1, trend: {periods: 5, every: 7d, fewest: 3}}
      - id: b
        weight: 1
        factors:
          - {metric: plan, weight: 1, points: {free: 20, pro: 80, gold: 100}, otherwise: 50}
          - {metric: nps, weight: 2, curve: [[0, 0], [10, 100]], missing: worst}
          - {metric: seat_use, id: srank, weight: 1, percentile: {among: segment.big}}
          - {id: ex, expression: 'math.least(100.0, metric.users * 30.0)'}
    caps:
      - {id: quiet, when: 'metric.logins < 6', at_most: 45}
    bands: {great: 80, good: 55, fair: 30, bad: 0}
    segments:
      big: {groups: {b: {weight: 3}}}
"""


def test_targets_of_every_kind_of_factor_hold():
    """Whatever is called feasible is, when the values are put in."""
    chance = random.Random(5)
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    ids = [f"c{i:02d}" for i in range(15)]
    store = churn.Store(time_zone="UTC")
    store.add("customer", {"id": ids, "since": [now - timedelta(300)] * 15,
                           "seats": [float(chance.randint(1, 15)) for _ in ids],
                           "plan": [chance.choice(["free", "pro", "team"]) for _ in ids]})
    events = [(c, now - timedelta(days=chance.random() * 120), chance.choice("abcdef"))
              for c in ids for _ in range(chance.randint(0, 80))]
    store.add("event", {"customer": [e[0] for e in events], "type": ["login"] * len(events),
                        "at": [e[1] for e in events], "user": [e[2] for e in events]})
    engine = churn.Engine(churn.Playbook.parse(RICH), store)
    feasible = 0
    for customer in ids:
        for target in (None, 40.0, 70.0):
            for r in engine.targets(customer, now, target, score="health", pairs=2).to_dicts():
                if not r["feasible"]:
                    assert r["reason"]
                    continue
                feasible += 1
                changes = {r["metric"]: r["word_needed"] or r["value_needed"]}
                if r["kind"] == "pair":
                    changes[r["metric_2"]] = r["word_needed_2"] or r["value_needed_2"]
                after = row(engine.what_if(customer, now, changes), "score", "health")["value_after"]
                assert after == r["reaches"] >= r["target"], r
    assert feasible > 30

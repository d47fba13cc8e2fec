# SPDX-License-Identifier: MIT
"""Questions about what is not so, on the company of conftest.py: blue logged in once, for 10 points."""
import pytest

import churn

from conftest import PLAYBOOK

DAY = "2026-01-20"


def row(table, sort, name):
    return next(r for r in table.to_dicts() if r["sort"] == sort and r["id"] == name)


def test_what_if(engine):
    table = engine.what_if("blue", DAY, {"logins_28d": 7, "quiet_days": 1})
    score = row(table, "score", "health")
    assert (score["before"], score["after"], score["change"]) == (10, 70, 60)
    assert (score["band_before"], score["band_after"]) == ("red", "green")
    quiet = row(table, "trigger", "quiet")
    assert (quiet["holds_before"], quiet["holds_after"]) == (True, False)
    assert row(table, "metric", "logins_28d")["after"] == 7
    gone = row(engine.what_if("blue", DAY, {"metric.logins_28d": None}), "score", "health")
    assert gone["after"] is None and gone["band_after"] == "unknown"


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
    assert [(r["sort"], r["id"], r["in"]) for r in made.alerts.to_dicts()] == [
        ("score", "health", "both"), ("trigger", "quiet", "both")]
    same = engine.impact(engine.playbook, ["2026-01-10", DAY], customers=["acme"])
    assert (same.customers, same.changed_band, len(same.moved)) == (2, 0, 0)
    with pytest.raises(TypeError):
        engine.impact("playbook", DAY)
    with pytest.raises(churn.NotFoundError):
        engine.impact(changed, DAY, score="helth")


def test_targets(engine):
    rows = engine.targets("blue", DAY).to_dicts()
    assert len(rows) == 1 and rows[0]["feasible"] is True
    assert (rows[0]["factor"], rows[0]["value"], rows[0]["needed"], rows[0]["reaches"]) == ("logins_28d", 1, 4, 40)
    assert engine.targets("blue", DAY, "green")["needed"] == [7]
    assert engine.targets("blue", DAY, 55)["needed"] == [6]
    assert len(engine.targets("acme", DAY)) == 0
    applied = engine.what_if("blue", DAY, {"logins_28d": 6})
    assert row(applied, "score", "health")["after"] == 60
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

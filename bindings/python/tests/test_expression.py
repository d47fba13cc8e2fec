# SPDX-License-Identifier: MIT
"""Expressions over declared variables."""
import copy
import pickle
from collections import UserDict
from datetime import date, datetime, timezone

import pytest

import churn

UTC = timezone.utc


@pytest.fixture
def rule():
    return churn.Expression("score < 70.0 && plan in ['free']", {"score": "double", "plan": "string"})


def test_evaluate(rule):
    assert rule.evaluate({"score": 61.5, "plan": "free"}) is True
    assert rule.evaluate({"score": 61, "plan": "free"}) is True
    assert rule.evaluate({"score": 80.0, "plan": "free"}) is False
    assert rule.evaluate({"score": 80.0}) is False  # by Kleene: nothing makes it true
    assert rule.evaluate({"plan": "free"}) is None
    assert rule.evaluate({"score": None, "plan": "free", "more": object()}) is None
    assert rule.evaluate(UserDict(score=61.5, plan="free")) is True


def test_facts(rule):
    assert rule.type == "bool" and rule.can_be_unknown
    assert rule.text == "score < 70.0 && plan in ['free']"
    assert rule.uses("plan")
    assert not churn.Expression("1 < 2", {"x": int}).uses("x")
    with pytest.raises(KeyError):
        rule.uses("plain")
    assert rule.variables == {"score": "double", "plan": "string"}
    assert "plan in" in repr(rule)


@pytest.mark.parametrize("text, variables, values, wanted", [
    ("x + 1", {"x": int}, {"x": 41}, 42),
    ("x * 2.0", {"x": float}, {"x": 1.5}, 3.0),
    ("x * 2.0", {"x": float}, {"x": 3}, 6.0),
    ("!x", {"x": bool}, {"x": False}, True),
    ("x", {"x": str}, {"x": "é"}, "é"),
    ("x + '!'", {"x": str}, {"x": "é"}, "é!"),
    ("x + y", {"x": str, "y": str}, {"x": "a"}, None),
    ("x", {"x": datetime}, {"x": datetime(2026, 2, 1, 3, tzinfo=UTC)}, datetime(2026, 2, 1, 3, tzinfo=UTC)),
    ("x", {"x": datetime}, {"x": "2026-02-01T03:00Z"}, datetime(2026, 2, 1, 3, tzinfo=UTC)),
    ("x", {"x": datetime}, {"x": date(2026, 2, 1)}, datetime(2026, 2, 1, tzinfo=UTC)),
    ("x", {"x": datetime}, {"x": 0}, datetime(1970, 1, 1, tzinfo=UTC)),
    ("has(x)", {"x": int}, {}, False),
    ("metric.logins > 3", {"metric.logins": "int"}, {"metric.logins": 4}, True),
])
def test_values(text, variables, values, wanted):
    made = churn.Expression(text, variables).evaluate(values)
    assert made == wanted and type(made) is type(wanted)


def test_many_variables():
    names = {f"v{i}": "int" for i in range(40)}
    rule = churn.Expression(" + ".join(names), names)
    assert rule.evaluate({name: i for i, name in enumerate(names)}) == sum(range(40))


@pytest.mark.parametrize("text, column", [("score <", 8), ("scor < 1.0", 1), ("score < 'a'", None)])
def test_texts_that_do_not_compile(text, column):
    with pytest.raises(churn.ExpressionError) as caught:
        churn.Expression(text, {"score": "double"})
    assert caught.value.line == 1
    assert column is None or caught.value.column == column
    if "scor " in text:
        assert "score" in str(caught.value)  # the suggestion


def test_arguments_that_are_none(rule):
    with pytest.raises(ValueError, match="x: give"):
        churn.Expression("x", {"x": "decimal"})
    with pytest.raises(TypeError):
        churn.Expression(3, {})
    with pytest.raises(TypeError, match="score"):
        rule.evaluate({"score": [1]})
    with pytest.raises(churn.ExpressionError, match="score"):
        rule.evaluate({"score": "high", "plan": "free"})
    with pytest.raises(TypeError):
        rule.evaluate(None)
    with pytest.raises(OverflowError):
        churn.Expression("x", {"x": int}).evaluate({"x": 2**63})
    with pytest.raises(ValueError, match="timezone.utc"):
        churn.Expression("x", {"x": datetime}).evaluate({"x": datetime(2026, 1, 1)})


def test_rows_that_are_errors():
    rule = churn.Expression("10 / x > 1", {"x": "int"})
    with pytest.raises(churn.ExpressionError) as caught:
        rule.evaluate({"x": 0})
    assert caught.value.line == 1
    table = rule.evaluate_table({"x": [0, 2, None]})
    assert table["value"] == [None, True, None]
    assert table["outcome"] == ["error", "value", "unknown"]
    assert table["error"][0] and table["error"][1:] == [None, None]


def test_tables(rule):
    table = rule.evaluate_table({"plan": ["free", "paid", None], "score": [1.0, None, 1.0], "other": [1, 2, 3]})
    assert table["value"] == [True, False, None]
    with pytest.raises(churn.NotFoundError, match="plan"):
        rule.evaluate_table({"score": [1.0]})
    for name in ("polars", "pyarrow", "pandas"):
        made = getattr(table, {"polars": "to_polars", "pyarrow": "to_arrow", "pandas": "to_pandas"}[name])
        pytest.importorskip(name)
        assert len(churn.Expression("value", {"value": bool}).evaluate_table(made())) == 3


def test_tables_agree_with_rows(rule):
    rows = [{"score": score, "plan": plan} for score in (0.0, 69.9, 70.0, None) for plan in ("free", "x", None)]
    table = rule.evaluate_table({name: [row[name] for row in rows] for name in ("score", "plan")})
    assert table["value"] == [rule.evaluate(row) for row in rows]


def test_strict_cel():
    assert churn.Expression("x < 3", {"x": float}).evaluate({"x": 2.0}) is True
    with pytest.raises(churn.ExpressionError):
        churn.Expression("x < 3", {"x": float}, strict_cel=True)


def test_limits():
    with pytest.raises(churn.ExpressionError, match="expression_bytes"):
        churn.Expression("1 + 1 == 2", {}, limits={"expression_bytes": 4})


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_expressions_travel(rule, again):
    there = again(rule)
    assert there.text == rule.text and there.evaluate({"score": 1.0, "plan": "free"}) is True


def test_close(rule):
    rule.close()
    with pytest.raises(churn.StateError):
        rule.evaluate({"score": 1.0, "plan": "free"})
    with pytest.raises(churn.StateError):
        rule.evaluate_table({"score": [1.0], "plan": ["free"]})
    assert "closed" in repr(rule)

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


def numpy_scalars():
    numpy = pytest.importorskip("numpy")
    return [(numpy.int64(3), "int"), (numpy.int8(3), "double"), (numpy.float32(3.0), "double"), (numpy.float64(3.0), "double")]


def test_values_of_numpy_and_pandas():
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    for value, kind in numpy_scalars():
        assert churn.Expression("x > 2", {"x": kind}).evaluate({"x": value}) is True
    assert churn.Expression("!x", {"x": bool}).evaluate({"x": numpy.bool_(True)}) is False
    assert churn.Expression("x == 'a'", {"x": str}).evaluate({"x": numpy.str_("a")}) is True
    assert churn.Expression("x > 2", {"x": int}).evaluate({"x": pandas.NA}) is None
    assert churn.Expression("x > timestamp(0)", {"x": datetime}).evaluate({"x": pandas.NaT}) is None
    assert churn.Expression("x > timestamp(0)", {"x": datetime}).evaluate({"x": pandas.Timestamp("2026-01-01", tz="UTC")})
    row = pandas.DataFrame({"x": [3], "y": ["a"]}).iloc[0]
    assert churn.Expression("x > 2 && y == 'a'", {"x": int, "y": str}).evaluate(row) is True
    for value in (numpy.array([3]), [3], object()):
        with pytest.raises(TypeError):
            churn.Expression("x > 2", {"x": int}).evaluate({"x": value})


@pytest.mark.parametrize("record, wanted", [
    ({"metric": {"logins": 4}}, True),
    ({"metric": UserDict(logins=4)}, True),
    (UserDict(metric={"logins": 4}), True),
    ({"metric.logins": 1, "metric": {"logins": 4}}, False),  # the name itself comes first
    ({"metric": {"logins": None}}, None),
    ({"metric": {}}, None),
    ({"metric": None}, None),
    ({"metric": "logins"}, None),
    ({"metric": [4]}, None),
])
def test_names_with_dots(record, wanted):
    assert churn.Expression("metric.logins > 3", {"metric.logins": "int"}).evaluate(record) is wanted


def test_names_with_many_dots():
    rule = churn.Expression("a.b.c > 3", {"a.b.c": "int"})
    for record in ({"a": {"b": {"c": 4}}}, {"a": {"b.c": 4}}, {"a.b.c": 4}):
        assert rule.evaluate(record) is True
    assert rule.evaluate_table([{"a": {"b": {"c": 4}}}, {}, {"a": {"b": None}}])["value"] == [True, None, None]
    assert rule.evaluate_table({"a": {"b": {"c": [4, 3]}}})["value"] == [True, False]
    assert rule.evaluate_table({"a": [{"b": {"c": 4}}, {"b": {}}]})["value"] == [True, None]


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


def test_records(rule):
    table = rule.evaluate_table([{"score": 1.0, "plan": "free"}, {"plan": "free"}, {"score": 80.0, "more": []}])
    assert table["value"] == [True, None, False]
    assert rule.evaluate_table([])["value"] == []
    assert rule.evaluate_table([{}, {}])["value"] == [None, None]
    with pytest.raises(TypeError, match="row 1 is a int"):
        rule.evaluate_table([{}, 3])


FRAME = {"score": [1.0, None, 80.0], "plan": ["free", "free", None]}
ANSWER = [True, None, False]


def test_frames_of_every_library(rule):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    table = pyarrow.table(FRAME)
    for data in (table, table.to_batches()[0], table.to_reader(), pandas.DataFrame(FRAME), polars.DataFrame(FRAME),
                 polars.LazyFrame(FRAME), churn.Table.from_arrow(FRAME),
                 pandas.DataFrame({"score": pandas.array([1, None, 80], dtype="Float64"), "plan": pandas.Categorical(FRAME["plan"])}),
                 pandas.DataFrame({"score": pandas.array([1, None, 80], dtype="Int64"), "plan": pandas.array(FRAME["plan"], dtype="string")}),
                 pandas.DataFrame(FRAME).convert_dtypes(dtype_backend="pyarrow"),
                 polars.DataFrame(FRAME, schema={"score": polars.Float32, "plan": polars.Categorical}),
                 table.set_column(1, "plan", table["plan"].dictionary_encode()),
                 pyarrow.table({"score": pyarrow.chunked_array([[1.0], [None, 80.0]]), "plan": FRAME["plan"]})):
        assert rule.evaluate_table(data)["value"] == ANSWER, type(data)


def test_what_nothing_is(rule):
    """NaN is nothing where it means that, in pandas and in lists, and a number everywhere else."""
    numpy, pandas, polars = (pytest.importorskip(name) for name in ("numpy", "pandas", "polars"))
    nan, plans = float("nan"), ["free"] * 2
    masked = numpy.ma.array([1.0, 2.0], mask=[True, False])
    for nothing in (pandas.DataFrame({"score": [nan, 2.0], "plan": plans}), {"score": [nan, 2.0], "plan": plans},
                    {"score": masked, "plan": plans}, {"score": pandas.Series([nan, 2.0]), "plan": plans}):
        assert rule.evaluate_table(nothing)["outcome"] == ["unknown", "value"]
    for number in ({"score": numpy.array([nan, 2.0]), "plan": plans}, polars.DataFrame({"score": [nan, 2.0], "plan": plans})):
        assert rule.evaluate_table(number)["outcome"] == ["error", "value"]
    with pytest.raises(churn.ExpressionError, match="not finite"):
        rule.evaluate({"score": nan, "plan": "free"})
    since = churn.Expression("t < timestamp('2026-01-01T00:00:00Z')", {"t": datetime})
    times = pandas.DataFrame({"t": pandas.to_datetime(["2025-01-01", None], utc=True)})
    assert since.evaluate_table(times)["value"] == [True, None]


def test_struct_columns():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    rows = [{"x": 3.0, "in": {"y": 1}}, {"x": None, "in": None}, None]
    rule = churn.Expression("metric.x > 2.0 || metric.in2.y > 5", {"metric.x": float, "metric.in2.y": int})
    rows = [row and {"x": row["x"], "in2": row["in"]} for row in rows]
    for data in (pyarrow.table({"metric": rows}), pyarrow.table({"metric": rows}).to_reader(), polars.DataFrame({"metric": rows}),
                 polars.LazyFrame({"metric": rows}), {"metric": rows}, [{"metric": row} for row in rows]):
        assert rule.evaluate_table(data)["value"] == [True, None, None], type(data)


def test_columns_come_back_in_kind(rule):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    assert rule.evaluate_column(FRAME) == ANSWER
    assert rule.evaluate_column(polars.DataFrame(FRAME)).to_list() == ANSWER
    assert rule.evaluate_column(pyarrow.table(FRAME)).to_pylist() == ANSWER
    frame = pandas.DataFrame(FRAME, index=["a", "b", "c"])
    column = rule.evaluate_column(frame)
    assert column["a"] and column.isna().tolist() == [False, True, False] and str(column.dtype) == "boolean"
    assert frame[column.fillna(False)].index.tolist() == ["a"]
    for text, dtype in (("score * 2.0", "float64"), ("size(plan)", "Int64"), ("plan", "string")):
        column = churn.Expression(text, rule.variables).evaluate_column(frame)
        assert str(column.dtype) == dtype and column.index.tolist() == ["a", "b", "c"]
    since = churn.Expression("t", {"t": datetime}).evaluate_column(
        pandas.DataFrame({"t": pandas.to_datetime(["2026-01-01", None], utc=True)}))
    assert since[0] == pandas.Timestamp("2026-01-01", tz="UTC") and since.isna()[1]


def test_over_what_a_table_has():
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    columns = {"n": [1, 2], "x": [1.5, None], "s": ["a", None], "b": [True, None], "t": [at, None]}
    wanted = {"n": "int", "x": "double", "s": "string", "b": "bool", "t": "timestamp"}
    text = "n > 1 || x < 2.0 || s == 'b' || !b || t > timestamp(0)"
    for data in (columns, pandas.DataFrame(columns), polars.DataFrame(columns), polars.LazyFrame(columns), pyarrow.table(columns),
                 pyarrow.table(columns).to_reader(), [dict(zip(columns, row)) for row in zip(*columns.values())]):
        rule = churn.Expression.over(data, text)
        assert rule.variables == wanted, type(data)
        assert rule.evaluate_table(data)["value"] == [True, True], type(data)
    odd = polars.DataFrame({"tags": [["a"], []], "metric": [{"x": 1}, None], "n": [1, 2]})
    assert churn.Expression.over(odd, "metric.x == n").evaluate_table(odd)["value"] == [True, None]
    with pytest.raises(churn.ExpressionError, match="tags"):
        churn.Expression.over(odd, "size(tags) > 1")


def test_shown(rule):
    assert rule._repr_html_() == ("<code>score &lt; 70.0 &amp;&amp; plan in [&#x27;free&#x27;]</code> "
                                  "<small>bool over score: double, plan: string</small>")
    assert "over nothing" in churn.Expression("1 < 2", {})._repr_html_()


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


def test_explain_says_what_each_part_came_to():
    rule = churn.Expression("score < 70.0 && plan in ['free']", {"score": float, "plan": str})
    table = rule.explain({"score": 61.5})
    assert [(row["part"], row["depth"], row["outcome"], row["value"], row["because"], row["decided"])
            for row in table] == [
        ("score < 70.0 && plan in ['free']", 0, "unknown", None, "plan", True),
        ("score < 70.0", 1, "value", "true", None, False),
        ("score", 2, "value", "61.5", None, False),
        ("plan in ['free']", 1, "unknown", None, "plan", True),
        ("plan", 2, "unknown", None, "plan", True),
    ]
    with pytest.raises(churn.Error):
        rule.explain({"score": "high"})


def test_text_that_evaluation_makes_may_be_long():
    twice = churn.Expression("x + x", {"x": str})
    assert twice.evaluate({"x": "ab" * 5000}) == "ab" * 10000


def test_format():
    assert churn.format_expression("(a)&&((b||c)) // why") == "a && (b || c)"
    with pytest.raises(churn.ExpressionError) as caught:
        churn.format_expression("a &&")
    assert (caught.value.line, caught.value.column) == (1, 5)
    with pytest.raises(churn.ExpressionError, match="more than 4 parts"):
        churn.format_expression("a && b && c", limits={"expression_nodes": 4})


def test_check():
    variables = {"x": float, "plan": "string"}
    assert churn.check_expression("x > 1.0", variables) == []
    [finding] = churn.check_expression("x == 0.5", variables)
    assert (finding.severity, finding.code, finding.line, finding.column) == ("warning", "CH1701", 1, 3)
    assert churn.check_expression("x == 0.5 // churn: allow CH1701", variables) == []
    [finding] = churn.check_expression("x > 1.0 &&\n plam == 'a'", variables)
    assert (finding.severity, finding.code, finding.suggestion) == ("error", "CH1201", "plan")
    assert str(finding).startswith("expression:2:2: error CH1201: unknown name `plam`")
    with pytest.raises(churn.ExpressionError) as caught:
        churn.Expression("plam == 'a'", variables)
    assert [d.code for d in caught.value.diagnostics] == ["CH1201"]
    with pytest.raises(ValueError):
        churn.check_expression("x", {"x": "money"})


def test_functions():
    rows = churn.functions().to_dicts()
    names = {row["name"] for row in rows}
    assert {"has", "size", "contains", "timestamp", "math.abs"} <= names
    assert {"size(x)", "x.size()"} <= {row["call"] for row in rows}
    assert {row["standard"] for row in rows} <= {"CEL", "CEL extension", "libchurn"}
    for row in rows:
        assert row["description"].endswith(".") and row["result"] and row["arguments"], row
        assert churn.format_expression(row["example"]), row


@pytest.mark.parametrize("kind", ["string?", str | None])
def test_null_is_a_value_where_declared(kind):
    rule = churn.Expression('plan == null || plan == "free"', {"plan": kind})
    assert [rule.evaluate({"plan": plan}) for plan in (None, "free", "pro")] == [True, True, False]


def test_null_is_no_value_elsewhere():
    with pytest.raises(churn.Error, match="has"):
        churn.Expression("plan == null", {"plan": "string"})


def test_many_over_the_same_rows():
    kinds = {"score": "double", "plan": "string"}
    rules = {"low": churn.Expression("score < 70", kinds),
             "free": churn.Expression("score < 70 && plan == 'free'", kinds)}
    want = {"low": [True, False, None], "free": [False, False, None]}
    columns = {"score": [61.5, 80.0, None], "plan": ["pro", "free", "free"], "other": [1, 2, 3]}
    assert churn.evaluate_many(rules, columns).to_columns() == want
    rows = [{"score": 61.5, "plan": "pro"}, {"score": 80.0, "plan": "free"}, {"plan": "free"}]
    assert churn.evaluate_many(rules, rows).to_columns() == want


def test_many_say_what_is_wrong():
    low = churn.Expression("score < 70", {"score": "double"})
    with pytest.raises(ValueError, match="at least one"):
        churn.evaluate_many({}, {"score": [1.0]})
    with pytest.raises(TypeError, match="rules: low: give a churn.Expression"):
        churn.evaluate_many({"low": "score < 70"}, {"score": [1.0]})
    with pytest.raises(churn.Error, match="variables"):
        churn.evaluate_many({"a": low, "b": churn.Expression("n > 1", {"n": int})}, {"score": [1.0], "n": [1]})
    closed = churn.Expression("score < 80", {"score": "double"})
    closed.close()
    with pytest.raises(churn.StateError):
        churn.evaluate_many({"a": low, "b": closed}, {"score": [1.0]})
    assert churn.evaluate_many({"a": low}, {"score": [1.0]})["a"] == [True]

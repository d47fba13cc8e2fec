# SPDX-License-Identifier: MIT
"""Expressions over arrays without a copy, and many over the same rows."""
import random
from array import array
from datetime import datetime, timedelta, timezone

import pytest

import churn
from churn import Codes, Expression

UTC = timezone.utc
NAMES = {"score": "double", "plan": "string", "n": int, "on": bool, "at": "timestamp", "span": "duration"}


def columns_of(numpy, rows=3000, seed=1):
    """Arrays with gaps, and the same as lists with None."""
    draw = random.Random(seed)
    there = numpy.array([draw.random() < 0.9 for _ in range(rows)])
    score = numpy.array([draw.randrange(100) / 2 for _ in range(rows)])
    codes = numpy.array([draw.randrange(-1, 3) for _ in range(rows)], dtype="int8")
    words = ["free", "pro", "né"]
    n = numpy.array([draw.randrange(-5, 5) for _ in range(rows)])
    at = numpy.array([draw.randrange(10**15) for _ in range(rows)], dtype="datetime64[us]")
    at[::7] = numpy.datetime64("NaT")
    arrays = {"score": numpy.ma.masked_array(score, mask=~there), "plan": Codes(codes, words), "n": n,
              "on": (n > 0, there), "at": at, "span": (n * 10**9).astype("timedelta64[ns]")}
    lists = {"score": [s if t else None for s, t in zip(score.tolist(), there)],
             "plan": [words[c] if c >= 0 else None for c in codes], "n": n.tolist(),
             "on": [bool(v > 0) if t else None for v, t in zip(n, there)],
             "at": [None if a is None else a.replace(tzinfo=UTC) for a in at.tolist()],
             "span": [timedelta(seconds=int(v)) for v in n]}
    return arrays, lists


@pytest.mark.parametrize("text", [
    "score < 20 && plan == 'free'", "on || plan in ['pro', 'né']", "10 / n", "score * 2", "at",
    "at < timestamp('2000-01-01T00:00:00Z')", "span", "span > duration('1s') ? 1 : 2", "true",
])
def test_fill_agrees_with_tables(text):
    numpy = pytest.importorskip("numpy")
    arrays, lists = columns_of(numpy)
    rule = Expression(text, NAMES)
    table = rule.evaluate_table(lists)
    dtype = {"bool": "bool", "int": "int64", "double": "float64", "timestamp": "datetime64[us]",
             "duration": "timedelta64[ns]"}[rule.type]
    out, valid = numpy.empty(3000, dtype), numpy.empty(3000, bool)
    counts = rule.fill(arrays, out, valid)
    assert valid.tolist() == [value is not None for value in table["value"]]
    for got, ok, want in zip(out, valid, table["value"]):
        if not ok:
            assert got == numpy.zeros(1, dtype)[0]
        elif rule.type == "timestamp":
            assert got == numpy.datetime64(want.replace(tzinfo=None), "us")
        elif rule.type == "duration":
            assert got == numpy.timedelta64(want)
        else:
            assert got == want
    outcomes = table["outcome"]
    assert counts == (outcomes.count("value"), table["value"].count(True) if rule.type == "bool" else 0,
                      table["value"].count(False) if rule.type == "bool" else 0,
                      outcomes.count("unknown"), outcomes.count("error"))


def test_fill_takes_frames():
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    rule = Expression("score < 70 && plan == 'free' && n > 0 && on", NAMES)
    frame = pandas.DataFrame({"score": [61.5, None, 30.0, 50.0], "plan": ["free", "free", "pro", None],
                              "n": pandas.array([1, 2, 3, None], dtype="Int64"),
                              "on": pandas.array([True, True, None, True], dtype="boolean")}, index=[4, 5, 6, 7])
    want = rule.evaluate_table(frame)["value"]
    assert want == [True, None, False, None]
    for data in (frame, frame.astype({"plan": "category"}), polars.from_pandas(frame)):
        out, valid = numpy.empty(4, bool), numpy.empty(4, bool)
        assert rule.fill(data, out, valid) == (2, 1, 1, 2, 0)
        assert [bool(o) if v else None for o, v in zip(out, valid)] == want
    times = pandas.DataFrame({"at": pandas.to_datetime(["2026-02-01T12:00+02:00", None], utc=True)
                              .tz_convert("Europe/Budapest")})
    at = numpy.empty(2, "datetime64[us]")
    assert Expression("at", NAMES).fill(times, at).unknown == 1
    assert at[0] == numpy.datetime64("2026-02-01T10:00")


def test_fill_borrows_plain_buffers():
    rule = Expression("n > 1", {"n": int})
    out = bytearray(4)
    assert rule.fill({"n": array("q", [0, 1, 2, 3])}, out) == (4, 2, 2, 0, 0)
    assert list(out) == [0, 0, 1, 1]
    assert rule.fill({"n": (array("q", [0, 1, 2, 3]), bytes([1, 1, 1, 0]))}, valid=out).unknown == 1
    assert list(out) == [1, 1, 1, 0]
    assert rule.fill({"n": array("q")}) == (0, 0, 0, 0, 0)
    texts = Expression("p == 'x'", {"p": "string"})
    assert texts.fill({"p": ["x", None, "y"]}) == (2, 1, 1, 1, 0)
    for kind in "bBhHiIq":
        assert texts.fill({"p": Codes(array(kind, [0, 1, 1]), ["y", "x"])}).true == 2
    out.append(0)  # nothing holds on to it


def test_fill_refuses():
    numpy = pytest.importorskip("numpy")
    rule, n = Expression("n > 1", {"n": int}), numpy.arange(3)
    for columns, out, error, part in [
        ({"n": [1, 2]}, None, TypeError, "n: give an array"),
        ({"n": array("d", [1])}, None, TypeError, "format 'd'"),
        ({"n": n.astype("float64")}, None, TypeError, "n: an array of float64"),
        ({"n": n.reshape(1, 3)}, None, ValueError, "one dimension"),
        ({"n": n}, numpy.empty(2, bool), ValueError, "values: give an array of one dimension and 3 rows"),
        ({"n": n}, numpy.empty(3, "int64"), TypeError, "does not hold what comes out"),
        ({"n": n}, bytes(3), (TypeError, BufferError), "values|writable"),
        ({}, None, KeyError, "n"),
        ({"n": (n, n)}, None, TypeError, "array of bool"),
    ]:
        with pytest.raises(error, match=part):
            rule.fill(columns, out)
    with pytest.raises(churn.UnsupportedError, match="string"):
        Expression("p", {"p": "string"}).fill({"p": ["x"]})
    with pytest.raises(churn.ArgumentError):
        Expression("p == 'x'", {"p": "string"}).fill({"p": Codes(array("i", [0, 7]), ["x"])})
    with pytest.raises(TypeError, match="str"):
        Expression("p == 'x'", {"p": "string"}).fill({"p": ["x", 1]})
    cancel = churn.Cancel()
    cancel.set()
    with pytest.raises(churn.CancelledError):
        rule.fill({"n": n}, cancel=cancel)
    rule.close()
    with pytest.raises(churn.StateError):
        rule.fill({"n": n})


def test_fill_many():
    numpy = pytest.importorskip("numpy")
    arrays, _ = columns_of(numpy)
    rules = [Expression(text, NAMES) for text in ("score < 20", "score < 20 && plan == 'free'", "10 / n")]
    outs = [numpy.empty(3000, bool), None, numpy.empty(3000, "int64")]
    valid = [None, numpy.empty(3000, bool), numpy.empty(3000, bool)]
    counts = churn.fill_many(rules, arrays, outs, valid)
    for rule, of, out, marks in zip(rules, counts, outs, valid):
        one, there = numpy.empty(3000, "int64" if rule.type == "int" else "bool"), numpy.empty(3000, bool)
        assert rule.fill(arrays, one, there) == of
        assert out is None or (one == out).all()
        assert marks is None or (there == marks).all()
    with pytest.raises(ValueError):
        churn.fill_many(rules, arrays, outs[:2])
    with pytest.raises(ValueError):
        churn.fill_many([], arrays)
    with pytest.raises(churn.ArgumentError, match="other variables"):
        churn.fill_many([rules[0], Expression("n > 1", {"n": int, "score": "double"})], arrays)


def test_evaluate_many():
    data = {"score": [61.5, None, 80.0], "plan": ["free", "pro", None]}
    names = {"score": "double", "plan": "string"}
    rules = [Expression("plan == 'free'", names), Expression("score * 2", names)]
    want = {"0": [True, False, None], "1": [123.0, None, 160.0]}
    assert churn.evaluate_many(rules, data).to_columns() == want
    for library in ("pandas", "polars"):
        frame = pytest.importorskip(library).DataFrame(data)
        assert churn.evaluate_many(iter(rules), frame).to_columns() == want


def test_durations_in_tables():
    spans = [timedelta(days=2, microseconds=5), None, -timedelta(seconds=1)]
    table = Expression("span + duration('1s')", {"span": "duration"}).evaluate_table({"span": spans})
    assert table.column_types[0] == "duration"
    assert table["value"] == [timedelta(days=2, seconds=1, microseconds=5), None, timedelta(0)]
    assert churn.Table.from_arrow(table)["value"] == table["value"]
    rule = Expression.over({"span": spans}, "span > duration('0s')")
    assert rule.variables == {"span": "duration"}
    odd = Expression("span - duration('1ns')", {"span": "duration"}).evaluate_table({"span": [timedelta(0)]})
    assert odd["value"] == [timedelta(microseconds=-1)]  # nanoseconds are cut down
    with pytest.raises(churn.ValueTypeError, match="durations"):
        churn.Store().add("event", {"customer": ["a"], "type": ["x"], "at": spans[:1]}, strict=True)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_from_frames(unit):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow, numpy = pytest.importorskip("pyarrow"), pytest.importorskip("numpy")
    rule = Expression("span", {"span": "duration"})
    want = [timedelta(seconds=90), None]
    frames = [pyarrow.table({"span": pyarrow.array([90, None], pyarrow.int64()).cast(pyarrow.duration("s"))
                             .cast(pyarrow.duration(unit))}),
              pandas.DataFrame({"span": pandas.Series(want, dtype=f"timedelta64[{unit}]")}),
              {"span": numpy.array([numpy.timedelta64(90, "s"), "NaT"], dtype=f"timedelta64[{unit}]")}]
    if unit != "s":
        frames.append(polars.DataFrame({"span": polars.Series(want, dtype=polars.Duration(unit))}))
    for frame in frames:
        assert rule.evaluate_table(frame)["value"] == want
    frame = frames[1].set_index(pandas.Index([7, 9]))
    column = rule.evaluate_column(frame)
    assert column.index.tolist() == [7, 9] and str(column.dtype) == "timedelta64[ns]"
    assert column[7] == pandas.Timedelta(seconds=90) and column.isna()[9]
    assert rule.evaluate_table(frame).to_polars()["value"].to_list() == want

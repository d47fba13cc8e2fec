# SPDX-License-Identifier: MIT
"""Dicts of columns: every sort of value and buffer, and what does not go together."""
import math
import random
import sys
from array import array
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import churn

UTC = timezone.utc
NAN = float("nan")


def column(values):
    return churn.Table.from_arrow({"x": values})["x"]


@pytest.mark.parametrize("values, wanted", [
    ([], []),
    ([None, None], [None, None]),
    (["a", "", None, "é" * 70], None),
    ((True, False, None), [True, False, None]),
    ([1, None, 2**63 - 1, -(2**63)], None),
    ([1, 2.5, None], [1.0, 2.5, None]),
    ([1.5, NAN], [1.5, None]),
    (["a", NAN, None], ["a", None, None]),
    ([NAN, 3], [None, 3]),
    ([Decimal("12.50"), None, 3], ["12.50", None, "3"]),
    ([date(2026, 2, 1), None], [datetime(2026, 2, 1, tzinfo=UTC), None]),
    ([date(1, 1, 1)], [datetime(1, 1, 1, tzinfo=UTC)]),
    ([datetime(2026, 2, 1, 5), None], [datetime(2026, 2, 1, 5, tzinfo=UTC), None]),
    ([datetime(2026, 2, 1, 5, tzinfo=timezone(timedelta(hours=5))), None],
     [datetime(2026, 2, 1, tzinfo=UTC), None]),
    (range(3), [0, 1, 2]),
    (array("q", [1, -2]), [1, -2]),
    (array("i", [1, -2]), [1, -2]),
    (array("B", [1, 255]), [1, 255]),
    (array("d", [1.5, NAN]), [1.5, None]),
    (array("f", [1.5]), [1.5]),
    (memoryview(array("h", [1, 2, 3, 4]))[::2], [1, 3]),
    (memoryview(bytes([1, 0, 1])).cast("?"), [True, False, True]),
])
def test_columns(values, wanted):
    assert column(values) == (list(values) if wanted is None else wanted)


@pytest.mark.parametrize("values, error, message", [
    ("abc", TypeError, "constants"),
    (b"abc", TypeError, "constants"),
    (7, TypeError, "iter"),
    ([1, "a"], TypeError, "'x': row 1"),
    ([True, 1], TypeError, "'x': row 1"),
    ([date(2026, 1, 1), datetime(2026, 1, 1)], TypeError, "'x': row 1"),
    ([datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)], TypeError, "'x': row 1"),
    ([1.5, Decimal(1)], TypeError, "'x': row 1"),
    ([[1]], TypeError, "'x': row 0"),
    ([1, 2**63], OverflowError, "'x'"),
    (["\ud800"], UnicodeEncodeError, "surrogate"),
    (memoryview(b"abcd").cast("c"), TypeError, "format 'c'"),
    (memoryview(array("i", [1, 2, 3, 4])).cast("B").cast("i", [2, 2]), TypeError, "2 dimensions"),
])
def test_columns_that_are_none(values, error, message):
    with pytest.raises(error, match=message):
        column(values)


def test_columns_of_different_length():
    with pytest.raises(ValueError, match="'b': it has 1 rows, those before have 2"):
        churn.Table.from_arrow({"a": [1, 2], "b": [1]})


@pytest.mark.parametrize("name, error", [(None, TypeError), (1, TypeError), ("a\0b", ValueError)])
def test_names_that_are_none(name, error):
    with pytest.raises(error, match="name"):
        churn.Table.from_arrow({name: [1]})


def test_random_columns_come_back():
    chance = random.Random(7)
    makers = [lambda: chance.randint(-(2**63), 2**63 - 1), chance.random,
              lambda: "".join(chance.choices("aé€😀", k=chance.randint(0, 9))),
              lambda: chance.random() < 0.5,
              lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randint(0, 10**15))]
    for rows in (1, 7, 8, 9, 64, 65, 1000):
        wanted = {str(i): [make() if chance.random() < 0.8 else None for _ in range(rows)]
                  for i, make in enumerate(makers)}
        wanted = {name: values for name, values in wanted.items() if any(v is not None for v in values)}
        assert churn.Table.from_arrow(wanted).to_columns() == wanted


def test_a_failed_column_leaves_nothing():
    for _ in range(100):
        with pytest.raises(TypeError):
            churn.Table.from_arrow({"a": ["x"] * 100, "b": array("d", [0.0]) * 100, "c": [object()] * 100})


def test_numpy():
    numpy = pytest.importorskip("numpy")
    for made, wanted in [
        (numpy.array([1, 2, 3]), [1, 2, 3]),
        (numpy.array([1, 2, 3])[::-1], [3, 2, 1]),
        (numpy.array([1, 2], dtype="uint8"), [1, 2]),
        (numpy.array([1.5, math.nan]), [1.5, None]),
        (numpy.array([True, False] * 9), [True, False] * 9),
        (numpy.array(["a", "bc"]), ["a", "bc"]),
        (numpy.array(["a", None], dtype=object), ["a", None]),
        (numpy.array(["2026-02-01T00:00:00.000000001", "NaT"], dtype="datetime64[ns]"),
         [datetime(2026, 2, 1, tzinfo=UTC), None]),
        ([numpy.int64(3), numpy.float64(0.5)], [3.0, 0.5]),
    ]:
        assert column(made) == wanted
    with pytest.raises(TypeError, match="'x'"):
        column(numpy.array([1 + 2j]))


def test_series_of_others():
    for module in ("polars", "pandas"):
        frames = pytest.importorskip(module)
        assert column(frames.Series(["a", None, "b"])) == ["a", None, "b"]
        assert column(frames.Series([1.5, None])) == [1.5, None]
    pyarrow = pytest.importorskip("pyarrow")
    assert column(pyarrow.array([1, None])) == [1, None]


def test_pandas_without_pyarrow(monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({
        "text": ["a", None, "c"], "at": pandas.to_datetime(["2026-02-01", None, "2026-02-02"], utc=True),
        "n": pandas.array([1, None, 3], dtype="Int64"), "x": [1.0, NAN, 3.0], "flag": [True, False, True]})
    wanted = churn.Table.from_arrow(frame).to_dicts()
    monkeypatch.setattr(type(frame), "__arrow_c_stream__", _refuse)
    assert churn.Table.from_arrow(frame).to_dicts() == wanted
    assert churn.Table.from_arrow(frame[frame.n != 1]).column_names == list(frame.columns)


def _refuse(self, requested_schema=None):
    raise ImportError("pyarrow is needed")


def test_the_index_of_pandas():
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"id": ["a", "b", "c"]})
    assert churn.Table.from_arrow(frame[frame.id != "a"]).to_columns() == {"id": ["b", "c"]}
    assert churn.Table.from_arrow(frame.set_index("id").assign(n=1)).to_columns() \
        == {"id": ["a", "b", "c"], "n": [1, 1, 1]}
    assert sys.getrefcount(frame) < 10

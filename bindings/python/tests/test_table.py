# SPDX-License-Identifier: MIT
"""Tables: cells, rows, columns, conversions, and how they look."""
import copy
import gc
import pickle
import sys
from datetime import datetime, timezone

import pytest

import churn

UTC = timezone.utc
COLUMNS = {
    "flag": [True, None, False],
    "count": [1, None, -(2**63)],
    "share": [0.5, None, float(2**60)],
    "text": ["a", None, "žluťoučký <b>\n"],
    "at": [datetime(2026, 2, 1, tzinfo=UTC), None, datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)],
}


@pytest.fixture
def table():
    return churn.Table.from_arrow(COLUMNS)


def test_cells(table):
    assert len(table) == 3
    assert table.column_names == list(COLUMNS)
    assert table.column_types == ["bool", "int", "double", "string", "time"]
    assert table.to_columns() == COLUMNS
    assert table.to_dicts() == [dict(zip(COLUMNS, row)) for row in zip(*COLUMNS.values())]
    assert table["count"] == COLUMNS["count"] and table[-1] == table.to_dicts()[2]
    assert table[0:2] == table.to_dicts()[:2] and list(table) == table.to_dicts()
    assert table.column("count", 1, 2) == [None] and table.column("count", 2) == [-(2**63)]
    assert table.column("count", 2, 1) == [] and table.column("count", 0, 99) == COLUMNS["count"]
    assert table.null_count("text") == 1
    assert "text" in table and "txt" not in table
    assert table.memory > 0


def test_cells_that_are_not_there(table):
    with pytest.raises(KeyError, match="txt"):
        table["txt"]
    for index in (3, -4):
        with pytest.raises(IndexError):
            table[index]
    with pytest.raises(TypeError):
        table[None]
    with pytest.raises(TypeError):
        table.column(None)


def test_empty():
    table = churn.Table.from_arrow({"a": [], "b": []})
    assert len(table) == 0 and table.to_dicts() == [] and table.to_columns() == {"a": [], "b": []}
    assert "0 rows" in repr(table) and "0 rows" in table._repr_html_()
    assert len(churn.Table.from_arrow({})) == 0


def test_repr(table):
    lines = repr(table).splitlines()
    assert lines[0] == "churn.Table: 3 rows, 5 columns"
    assert lines[1].split() == list(COLUMNS)
    assert "2026-02-01T00:00:00Z" in lines[2]
    long = churn.Table.from_arrow({"n": list(range(100))})
    shown = repr(long).splitlines()
    assert shown[2:12] == [str(i) for i in range(10)] and shown[12] == "…"
    assert shown[13:] == [str(i) for i in range(95, 100)]


def test_repr_html(table):
    html = table._repr_html_()
    assert "&lt;b&gt;" in html and "<b>" not in html
    assert "int, 1 null" in html and "3 rows" in html
    assert churn.Table.from_arrow({"n": list(range(100))})._repr_html_().count("<tr>") == 17


def test_close(table):
    stream = table.__arrow_c_stream__()
    with table:
        pass
    assert table.closed and "closed" in repr(table)
    for use in (lambda: len(table), lambda: table["count"], lambda: table.column_names,
                table.__arrow_c_stream__, table.__enter__):
        with pytest.raises(churn.StateError, match="closed"):
            use()
    table.close()
    assert len(churn.Table.from_arrow(_Holder(stream))) == 3  # it outlives its table


class _Holder:
    def __init__(self, capsule):
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsule


def test_streams_are_read_once(table):
    holder = _Holder(table.__arrow_c_stream__())
    assert len(churn.Table.from_arrow(holder)) == 3
    with pytest.raises(ValueError, match="read already"):
        churn.Table.from_arrow(holder)


def test_streams_that_nobody_reads(table):
    before = churn.live_handles()
    streams = [table.__arrow_c_stream__(), table.__arrow_c_stream__(requested_schema=None)]
    assert churn.live_handles() > before
    del streams
    gc.collect()
    assert churn.live_handles() == before


@pytest.mark.parametrize("data", [7, object(), [1], "text", _Holder("no capsule"), None])
def test_what_is_no_table(data):
    with pytest.raises((TypeError, ValueError)):
        churn.Table.from_arrow(data)


def test_tables_do_not_travel(table):
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="to_arrow"):
            travel(table)


def test_to_arrow(table):
    pyarrow = pytest.importorskip("pyarrow")
    made = table.to_arrow()
    made.validate(full=True)
    assert made.to_pydict() == COLUMNS
    assert made.schema.field("at").type == pyarrow.timestamp("us", "UTC")


def test_to_polars(table):
    pytest.importorskip("polars")
    assert table.to_polars().to_dict(as_series=False) == COLUMNS


def test_to_pandas(table, monkeypatch):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    with_arrow = table.to_pandas()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    without = table.to_pandas()
    for frame in (with_arrow, without):
        assert list(frame.columns) == list(COLUMNS) and len(frame) == 3
        assert frame["count"][0] == 1 and pandas.isna(frame["count"][1])
        assert frame["at"][0] == pandas.Timestamp("2026-02-01", tz="UTC")
        assert str(frame["at"].dtype).startswith("datetime64") and "UTC" in str(frame["at"].dtype)


def test_duckdb(table):
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql('select text, "at" is null from "table" where "count" is not null').fetchall() \
        == [("a", False), (COLUMNS["text"][2], False)]

# SPDX-License-Identifier: MIT
"""Frames of all four libraries in, through the Arrow capsules."""
from datetime import datetime, timezone
from decimal import Decimal

import pytest

import churn

UTC = timezone.utc
AT = [datetime(2026, 1, day, 9, tzinfo=UTC) for day in (1, 2, 3)]


def texts_of(store):
    """What the store holds, so that ways of loading can be compared."""
    return store.customer_count, store.record_count("event"), store.hash()


def by_columns(customers, types, at, **more):
    store = churn.Store()
    store.add("event", {"customer": customers, "type": types, "at": at, **more}, strict=True)
    return texts_of(store)


WANTED = ["a" * 20, "b", "a" * 20], ["login", "export", "login"], AT


def load(data, kind="event", **options):
    store = churn.Store()
    report = store.add(kind, data, strict=True, **options)
    assert report.added == report.seen and not len(report.rejections)
    return texts_of(store)


def test_pyarrow():
    pa = pytest.importorskip("pyarrow")
    wanted = by_columns(*WANTED)
    types = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()),
             pa.dictionary(pa.uint8(), pa.large_string())]
    for kind in types:
        for unit in ("s", "ms", "us", "ns"):
            table = pa.table({"customer": pa.array(WANTED[0], pa.string()).cast(kind),
                              "type": pa.array(WANTED[1], pa.string()).cast(kind),
                              "at": pa.array(AT, pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"))})
            assert load(table) == wanted
            assert load(table.to_batches()[0]) == wanted  # __arrow_c_array__
            assert load(pa.RecordBatchReader.from_batches(table.schema, table.to_batches(1))) == wanted
            assert load(pa.concat_tables([table, table]).slice(2, 3)) == wanted


def test_pyarrow_zones():
    pa = pytest.importorskip("pyarrow")
    for zone in ("UTC", "Asia/Tokyo", "-03:00"):
        assert load(pa.table({"customer": WANTED[0], "type": WANTED[1],
                              "at": pa.array(AT, pa.timestamp("ms", zone))})) == by_columns(*WANTED)
    naive = pa.table({"customer": ["a"], "type": ["x"], "at": pa.array([datetime(2026, 7, 1)], pa.timestamp("us"))})
    there = by_columns(["a"], ["x"], [datetime(2026, 6, 30, 15, tzinfo=UTC)])
    assert load(naive, time_zone="Asia/Tokyo") == there
    dates = naive.set_column(2, "at", naive["at"].cast(pa.date32()))
    assert load(dates, time_zone="Asia/Tokyo") == there


def test_pyarrow_empty_and_null():
    pa = pytest.importorskip("pyarrow")
    empty = pa.table({"customer": pa.array([], pa.string()), "type": pa.array([], pa.string()),
                      "at": pa.array([], pa.timestamp("us", "UTC")), "user": pa.array([], pa.null())})
    assert load(empty)[:2] == (0, 0)
    nulls = pa.table({"customer": ["a"], "type": ["x"], "at": AT[:1], "user": pa.nulls(1)})
    assert load(nulls) == by_columns(["a"], ["x"], AT[:1])


def test_money():
    pa = pytest.importorskip("pyarrow")
    base = {"id": ["s1"], "customer": ["a"], "valid_from": AT[:1]}
    more = {"constants": {"status": "active", "currency": "USD", "period": "month"}}
    wanted = load({**base, "amount": [1250]}, "subscription", money="minor", **more)
    assert load({**base, "amount": [12.5]}, "subscription", **more) == wanted
    assert load({**base, "amount": [Decimal("12.50")]}, "subscription", **more) == wanted
    assert load({**base, "amount": ["12.5"]}, "subscription", **more) == wanted
    decimal = pa.array([Decimal("12.50")], pa.decimal128(9, 2))
    assert load(pa.table({**base, "amount": decimal}), "subscription", **more) == wanted
    with pytest.raises(churn.Error, match="amount"):
        load({**base, "amount": [12]}, "subscription", **more)
    with pytest.raises(churn.LoadError, match="amount"):
        load({**base, "amount": [12.505]}, "subscription", **more)


def test_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"customer": WANTED[0], "type": WANTED[1], "at": AT})
    wanted = by_columns(*WANTED)
    assert load(frame) == wanted  # texts as views
    assert load(frame.with_columns(pl.col("type").cast(pl.Categorical))) == wanted
    assert load(frame.with_columns(pl.col("type").cast(pl.Enum(["login", "export"])))) == wanted
    assert load(frame.with_columns(pl.col("at").dt.convert_time_zone("America/Lima"))) == wanted
    assert load(pl.concat([frame, frame], rechunk=False).slice(3, 3)) == wanted
    assert load(frame.with_columns(value=pl.Series([1, None, 3], dtype=pl.Int8))) \
        == by_columns(*WANTED, value=[1.0, None, 3.0])
    assert load(frame.clear())[:2] == (0, 0)


def test_pandas():
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"customer": WANTED[0], "type": WANTED[1], "at": AT})
    wanted = by_columns(*WANTED)
    assert load(frame) == wanted
    assert load(frame.astype({"type": "category"})) == wanted
    assert load(frame.astype({"type": object})) == wanted
    assert load(pd.concat([frame, frame]).iloc[3:]) == wanted
    assert load(frame.assign(value=[1.0, float("nan"), 3.0])) == by_columns(*WANTED, value=[1.0, None, 3.0])


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    made = duckdb.sql("""select * from (values
        ('aaaaaaaaaaaaaaaaaaaa', 'login', timestamptz '2026-01-01 09:00+00'),
        ('b', 'export', timestamptz '2026-01-02 09:00+00'),
        ('aaaaaaaaaaaaaaaaaaaa', 'login', timestamptz '2026-01-03 09:00+00')) as t(customer, type, "at")""")
    assert load(made) == by_columns(*WANTED)


def test_types_that_do_not_fit():
    pa = pytest.importorskip("pyarrow")
    good = {"customer": ["a"], "type": ["x"], "at": AT[:1]}
    for name, bad in [("customer", pa.array([[1]])), ("at", pa.array([1.5])), ("value", pa.array([{"a": 1}])),
                      ("user", pa.array([b"x"]))]:
        store = churn.Store()
        with pytest.raises(churn.ValueTypeError, match=f"`{name}`"):
            store.add("event", pa.table({**good, name: bad}))
        assert store.customer_count == 0 and store.version == 0


def test_a_producer_that_fails():
    pa = pytest.importorskip("pyarrow")
    schema = pa.schema([("customer", pa.string()), ("type", pa.string()), ("at", pa.timestamp("us", "UTC"))])

    def batches():
        yield pa.record_batch([["a"], ["x"], pa.array(AT[:1], pa.timestamp("us", "UTC"))], schema=schema)
        raise RuntimeError("the warehouse went away")

    store = churn.Store()
    with pytest.raises(churn.StorageError, match="went away"):
        store.add("event", pa.RecordBatchReader.from_batches(schema, batches()))
    assert store.customer_count == 0  # nothing of the first batch either


def test_arrays_of_no_table():
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(churn.Error):
        churn.Table.from_arrow(pa.array([1, 2]))

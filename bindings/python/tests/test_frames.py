# SPDX-License-Identifier: MIT
"""Every kind of record out to pandas, polars, pyarrow and DuckDB, and from there into another store."""
import pathlib
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

import churn

UTC = timezone.utc
KINDS = ["customer", "attribute", "event", "subscription", "invoice", "ticket", "survey", "churn", "contact", "alias",
         "milestone", "touchpoint", "spend", "rate", "announcement", "override",
         "measure"]


def at(day, micros=0):
    return datetime(2026, 1, 1, 9, tzinfo=UTC) + timedelta(days=day, microseconds=micros)


def full():
    """A record of each kind with every field, one with the needed ones alone, and a version of one."""
    s = churn.Store(time_zone="Europe/Budapest")
    s.add_customer("acme", since=at(0), attributes={"plan": "pro", "seats": 5, "vip": True, "signed": at(1)})
    s.add_customer("bolt")
    s.add_attribute("bolt", "plan", "basic", valid_from=at(3), known_at=at(4))
    s.add_event("acme", "export", at(2, 123456), user="ann", value=2.5, id="e1", known_at=at(3),
                props={"format": "csv", "rows": 1200, "ok": True, "began": at(2)})
    s.add_event("bolt", "login", at(2))
    s.add_subscription("s1", "acme", at(0), "active", plan="pro", amount=125050, currency="USD", period="month",
                       seats=5, discount=100, discount_until=at(90), renews_at=at(365), ends_at=at(400),
                       ended_at=at(401), cancel_requested_at=at(200), trial_ends_at=at(14), auto_renew=True,
                       usage_based=False, product="suite", known_at=at(1))
    s.add_subscription("s1", "acme", at(0), "paused", known_at=at(20))
    s.add_subscription("s2", "bolt", at(0), "trial")
    s.add_invoice("i1", "acme", at(1), at(15), 125050, "USD", paid_at=at(16), failed_at=at(15), failure="no funds",
                  refunded=5000, refunded_at=at(20), known_at=at(2))
    s.add_invoice("i2", "bolt", at(1), at(15), 9900, "EUR")
    s.add_ticket("t1", "acme", at(2), user="ann", first_response_at=at(3), closed_at=at(4), reopened_at=at(5),
                 priority="high", category="bug", csat=4.5, text="it is – slow", known_at=at(2))
    s.add_ticket("t2", "bolt", at(2))
    s.add_survey("acme", "nps", at(3), 9, user="ann", text="good", category="product", moment="renewal", id="n1",
                 known_at=at(4))
    s.add_survey("bolt", "csat", at(3), 2)
    s.add_churn("acme", "voluntary", at(30), reason="price", competitor="other", amount=125050, currency="USD",
                known_at=at(31))
    s.add_churn("bolt", "involuntary", at(31))
    s.add_contact("ann", "acme", at(0), role="champion", name="Ann", active=False, known_at=at(1))
    s.add_contact("bea", "bolt", at(0))
    s.add_alias("crm", "001", "acme", known_at=at(1))
    s.add_alias("crm", "002", "bolt")
    s.add_milestone("acme", "first_value", at(4), known_at=at(5))
    s.add_milestone("bolt", "first_value", at(5))
    s.add_touchpoint("p1", "acme", at(5), "email", user="ann", play="call", action="a1", offer="10 %",
                     opened_at=at(6), clicked_at=at(7), replied_at=at(8), outcome="saved", outcome_at=at(9),
                     known_at=at(5))
    s.add_touchpoint("p2", "bolt", at(5), "phone")
    s.add_spend(at(1), 70000, "USD", channel="ads", id="w1", known_at=at(2))
    s.add_spend(at(2), 80000, "USD")
    s.add_rate("EUR", at(1), 1.0825, known_at=at(2))
    s.add_rate("GBP", at(1), 1.25)
    s.add_announcement("new prices", at(6), kind="price", known_at=at(7))
    s.add_announcement("outage", at(7))
    s.add_measure("visits", at(6), 1250.5, unit="visits", known_at=at(7))
    s.add_measure("visits", at(7), 0)
    s.add_override("acme", "health", at(8), 20.5, reason="the buyer left", author="eve", expires_at=at(90), known_at=at(9))
    s.add_override("bolt", "health", at(8), None)
    return s


def duck(table):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.execute("set timezone = 'America/Lima'")
    connection.register("given", table.to_arrow())
    return connection.sql("select * from given")


def made_by(library):
    """What makes a frame of a library from a table."""
    if library == "itself":
        return lambda table: table
    if library == "columns":
        return lambda table: table.to_columns()
    pytest.importorskip(library)
    if library == "duckdb":
        pytest.importorskip("pyarrow")
    return {"pyarrow": churn.Table.to_arrow, "polars": churn.Table.to_polars, "pandas": churn.Table.to_pandas,
            "duckdb": duck}[library]


def attributes_of(table):
    """Attributes by type: rows of one load have values of one type."""
    cells = {"string": "value", "bool": "truth", "double": "number", "timestamp": "time"}
    for type_, cell in cells.items():
        rows = [row for row in table if row["type"] == type_]
        fields = [name for name in table.column_names if name not in (*cells.values(), "type", "known_until")]
        yield {**{name: [row[name] for row in rows] for name in fields}, "value": [row[cell] for row in rows]}


def carry(source, copy, frame_of):
    """All records of a store through frames into another one."""
    for kind in KINDS:
        table = source.records(kind, all_versions=True)
        assert len(table) >= 2, kind
        for part in attributes_of(table) if kind == "attribute" else [table.to_columns()]:
            part.pop("known_until", None)
            report = copy.add(kind, frame_of(churn.Table.from_arrow(part)), money="minor")
            assert report.rejected == 0, (kind, report)


@pytest.mark.parametrize("library", ["itself", "columns", "pyarrow", "polars", "pandas", "duckdb"])
def test_every_kind_comes_back_the_same(library):
    frame_of = made_by(library)
    with full() as store, churn.Store(time_zone="Europe/Budapest") as copy:
        carry(store, copy, frame_of)
        assert copy.hash() == store.hash()
        for kind in KINDS:
            assert copy.records(kind, all_versions=True).to_dicts() == store.records(kind, all_versions=True).to_dicts()


def test_every_kind_through_pandas_without_pyarrow():
    pytest.importorskip("pandas")
    code = ("import sys; sys.modules['pyarrow'] = None\nimport churn, test_frames\n"
            "store, copy = test_frames.full(), churn.Store(time_zone='Europe/Budapest')\n"
            "test_frames.carry(store, copy, churn.Table.to_pandas)\nassert copy.hash() == store.hash()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=pathlib.Path(__file__).resolve().parent)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas", "duckdb"])
def test_the_same_frame_replaces_and_retracts(library):
    frame_of = made_by(library)
    with full() as store:
        tickets, tasks = store.records("ticket"), store.records("event", types="login")
        assert store.replace("ticket", frame_of(tickets), start=at(0), end=at(9)).unchanged == 2
        report = store.replace("event", frame_of(tasks), types="login")
        assert (report.seen, report.unchanged, report.retracted) == (1, 1, 0)
        report = store.retract("ticket", frame_of(churn.Table.from_arrow({"id": ["t1"], "customer": ["acme"],
                                                                          "opened_at": [at(2)]})))
        assert (report.retracted, store.records("ticket")["id"]) == (1, ["t2"])


# ---- what frames do to columns ----

EVENTS = ["a", "b", "a"], ["login", "export", "login"], [at(0), at(1), at(2)]


def said(data, kind="event", **options):
    """What a store holds after a load."""
    store = churn.Store(time_zone="Europe/Budapest")
    report = store.add(kind, data, strict=True, **options)
    assert report.added == report.seen
    return store.hash()


def events(**more):
    return {"customer": EVENTS[0], "type": EVENTS[1], "at": EVENTS[2], **more}


def naive(days, hour=0):
    """Times of a wall clock in Budapest."""
    return [datetime(2026, 1, 1, hour) + timedelta(days=day) for day in days]


def test_naive_times_are_of_the_stores_zone():
    wanted = said(events(at=["2026-01-01T08:00Z", "2026-07-01T07:00Z", "2026-01-03T08:00Z"]))
    clock = [datetime(2026, 1, 1, 9), datetime(2026, 7, 1, 9), datetime(2026, 1, 3, 9)]
    assert said(events(at=clock)) == wanted
    pd = pytest.importorskip("pandas")
    for unit in ("s", "ms", "us", "ns"):
        assert said(pd.DataFrame(events(at=pd.Series(clock).astype(f"datetime64[{unit}]")))) == wanted
    pl = pytest.importorskip("polars")
    for unit in ("ms", "us", "ns"):
        assert said(pl.DataFrame(events(at=pl.Series(clock, dtype=pl.Datetime(unit))))) == wanted
    duckdb = pytest.importorskip("duckdb")
    assert said(duckdb.sql("""select * from (values ('a', 'login', timestamp '2026-01-01 09:00'),
        ('b', 'export', timestamp '2026-07-01 09:00'), ('a', 'login', timestamp '2026-01-03 09:00'))
        as t(customer, type, "at")""")) == wanted


def test_dates_begin_in_the_stores_zone():
    days = [date(2026, 1, 1), date(2026, 7, 1), date(2026, 1, 3)]
    wanted = said(events(at=["2025-12-31T23:00Z", "2026-06-30T22:00Z", "2026-01-02T23:00Z"]))
    assert said(events(at=days)) == wanted
    assert said(events(at=[str(day) for day in days])) == wanted
    pl = pytest.importorskip("polars")
    assert said(pl.DataFrame(events(at=days))) == wanted
    pd = pytest.importorskip("pandas")
    assert said(pd.DataFrame(events(at=days))) == wanted
    duckdb = pytest.importorskip("duckdb")
    assert said(duckdb.sql("""select * from (values ('a', 'login', date '2026-01-01'), ('b', 'export', date '2026-07-01'),
        ('a', 'login', date '2026-01-03')) as t(customer, type, "at")""")) == wanted


def test_pandas_columns_of_all_kinds():
    pd = pytest.importorskip("pandas")
    wanted = said(events(value=[1.0, None, 3.0], user=["ann", None, "bo"]))
    frame = pd.DataFrame(events(value=[1.0, None, 3.0], user=["ann", None, "bo"]))
    for values in ("float64", "float32", "Float64", "Int64", "Int8", "UInt16"):
        assert said(frame.astype({"value": values})) == wanted, values
    for texts in ("object", "string", "category"):
        assert said(frame.astype({"user": texts, "customer": texts, "type": texts})) == wanted, texts
    ints = pd.DataFrame(events(value=pd.array([1, None, 3], dtype="object"), user=["ann", None, "bo"]))
    assert said(ints) == wanted
    pytest.importorskip("pyarrow")
    arrow = frame.convert_dtypes(dtype_backend="pyarrow")
    assert said(arrow) == wanted


def test_pandas_frames_that_were_cut():
    pd = pytest.importorskip("pandas")
    more = pd.DataFrame({"customer": ["x", *EVENTS[0], "y"], "type": ["no", *EVENTS[1], "no"],
                         "at": [at(9), *EVENTS[2], at(9)], "rest": range(5)})
    wanted = said(events())
    assert said(more[more["type"] != "no"]) == wanted
    assert said(more.iloc[1:4]) == wanted
    assert said(more.iloc[1:4].iloc[::-1]) == wanted
    assert said(more.iloc[1:4].set_index("customer")) == wanted  # a named index is a column
    assert said(more.iloc[1:4].set_index(["customer", "at"])) == wanted
    assert said(more.iloc[1:4][["at", "type", "customer"]]) == wanted
    both = pd.concat([more.iloc[1:2], more.iloc[2:4]])
    assert said(both) == wanted


def test_polars_frames_that_were_cut():
    pl = pytest.importorskip("polars")
    more = pl.DataFrame({"customer": ["x", *EVENTS[0], "y"], "type": ["no", *EVENTS[1], "no"],
                         "at": [at(9), *EVENTS[2], at(9)]})
    wanted = said(events())
    assert said(more.filter(pl.col("type") != "no")) == wanted
    assert said(more.slice(1, 3)) == wanted
    assert said(more.slice(1, 3).reverse()) == wanted
    assert said(pl.concat([more.slice(1, 1), more.slice(2, 2)], rechunk=False)) == wanted
    assert said(more.lazy().filter(pl.col("type") != "no").collect()) == wanted


@pytest.mark.parametrize("library", ["pyarrow", "polars", "pandas"])
def test_nothing_in_a_frame(library):
    module = pytest.importorskip(library)
    make = module.table if library == "pyarrow" else module.DataFrame
    empty = {"customer": [], "type": [], "at": []}
    store = churn.Store(time_zone="UTC")
    assert store.add("event", make(empty)).seen == 0
    assert store.add("event", make(events(user=[None] * 3, value=[None] * 3, id=[None] * 3))).added == 3
    assert store.hash() == said(events())
    typed = store.records("event", types="never")
    assert len(typed) == 0 and store.add("event", typed).seen == 0
    assert store.add("event", made_by(library)(typed)).seen == 0


def test_decimals_are_money():
    amounts = [Decimal("99.90"), None, Decimal("0.05")]
    rows = {"id": ["s1", "s2", "s3"], "customer": ["a", "b", "c"], "valid_from": ["2026-01-01"] * 3}
    how = {"constants": {"status": "active", "currency": "USD", "period": "month"}, "kind": "subscription"}
    wanted = said({**rows, "amount": [9990, None, 5]}, money="minor", **how)
    assert said({**rows, "amount": amounts}, **how) == wanted
    pd = pytest.importorskip("pandas")
    assert said(pd.DataFrame({**rows, "amount": amounts}), **how) == wanted
    pl = pytest.importorskip("polars")
    assert said(pl.DataFrame({**rows, "amount": amounts}), **how) == wanted
    pa = pytest.importorskip("pyarrow")
    assert said(pa.table({**rows, "amount": pa.array(amounts, pa.decimal128(12, 4))}), **how) == wanted
    with pytest.raises(churn.ValueTypeError, match="cast it to decimal128"):
        said(pa.table({**rows, "amount": pa.array(amounts, pa.decimal256(40, 2))}), **how)
    duckdb = pytest.importorskip("duckdb")
    assert said(duckdb.sql("""select *, date '2026-01-01' as valid_from from (values ('s1', 'a', 99.90::decimal(18, 2)),
        ('s2', 'b', null), ('s3', 'c', 0.05)) as t(id, customer, amount)"""), **how) == wanted


def test_chunks_and_views():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"customer": ["x" * 30, *EVENTS[0]], "type": ["no", *EVENTS[1]], "at": [at(9), *EVENTS[2]]})
    wanted = said(events())
    view = table.set_column(0, "customer", table["customer"].cast(pa.string_view()))
    for whole in (table, view):
        cut = whole.slice(1)
        assert said(cut) == wanted
        assert said(pa.concat_tables([cut.slice(0, 1), cut.slice(1, 0), cut.slice(1, 2)])) == wanted
        assert said(cut.to_batches()[0]) == wanted
        assert said(cut.to_reader(max_chunksize=1)) == wanted
    coded = pa.chunked_array([pa.array(["a"]).dictionary_encode(), pa.array(["b", "a"]).dictionary_encode()])
    assert said(pa.table(events(customer=coded))) == wanted


def test_duckdb_reads_what_comes_out():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    with full() as store:
        invoices = store.records("invoice")
        assert duckdb.sql("select customer, sum(amount)::bigint from invoices group by all order by 1").fetchall() \
            == [("acme", 125050), ("bolt", 9900)]
        assert len(invoices) == 2


@pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")
def test_what_has_still_to_be_asked():
    wanted = said(events())
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(events())
    assert said(frame.lazy().filter(pl.col("customer") != "nobody")) == wanted
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("given", frame.to_arrow())
    assert said(connection.execute("select * from given where customer <> ?", ["nobody"])) == wanted
    assert said(connection.sql("select * from given")) == wanted
    for bad in (object(), 5, "text", [1, 2]):
        with pytest.raises(TypeError, match="give a table"):
            churn.Store().add("event", bad)


def test_what_comes_out_has_plain_types():
    with full() as store:
        pa = pytest.importorskip("pyarrow")
        table = store.records("subscription").to_arrow()
        assert table.schema.field("amount").type == pa.int64()
        assert table.schema.field("renews_at").type == pa.timestamp("us", "UTC")
        assert table.schema.field("auto_renew").type == pa.bool_()
        pl = pytest.importorskip("polars")
        frame = store.records("subscription").to_polars()
        assert frame.schema["amount"] == pl.Int64 and frame.schema["renews_at"] == pl.Datetime("us", "UTC")
        pytest.importorskip("pandas")
        frame = store.records("invoice").to_pandas()
        assert str(frame["due_at"].dtype) == "datetime64[us, UTC]"
        assert str(frame["amount"].dtype) == "int64" and frame["amount"].sum() == 134950

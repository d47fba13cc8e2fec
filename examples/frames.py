#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Data frames in and out: pandas, polars, pyarrow and DuckDB, those of them that are installed.

    frames.py

A frame goes into a store as it is, with its own names, and every answer comes out as a frame. The same
payments go in four ways and make the same store; the metrics go on in the language of each library.
"""
import importlib

import churn

PLAYBOOK = """
churn: 1
name: frames
currency: USD
metrics:
  - {id: paid_28d, agg: sum, of: value, event: payment, window: 28d}
  - {id: quiet_days, agg: days_since, event: payment, if_never: missing}
"""

PAYMENTS = {"account": ["acme", "acme", "bolt", "coop"], "usd": [250.5, 99.0, 12.0, 7.25],
            "day": ["2026-01-10", "2026-01-24", "2026-01-03", "2025-12-01"]}
NAMES = {"customer": "account", "value": "usd", "at": "day"}


def with_pandas(pandas):
    frame = pandas.DataFrame(PAYMENTS)
    frame["day"] = pandas.to_datetime(frame["day"])
    metrics = (yield frame).to_pandas().set_index("customer")
    print("  paid most:", metrics["paid_28d"].idxmax(), metrics["paid_28d"].max())


def with_polars(polars):
    frame = polars.DataFrame(PAYMENTS).with_columns(polars.col("day").str.to_date())
    metrics = (yield frame).to_polars()
    print("  quiet for a month:", metrics.filter(polars.col("quiet_days") > 28)["customer"].to_list())


def with_pyarrow(pyarrow):
    table = pyarrow.table(PAYMENTS)
    metrics = (yield table.slice(0, 4)).to_arrow()
    print("  columns:", ", ".join(f"{field.name} {field.type}" for field in metrics.schema))


def with_duckdb(duckdb):
    base = duckdb.connect()
    base.execute("create table payments (account text, usd double, day date)")
    base.executemany("insert into payments values (?, ?, ?)", list(zip(*PAYMENTS.values())))
    metrics = yield base.sql("select * from payments order by day")
    base.register("metrics", metrics.to_arrow())
    print("  paid in all:", base.sql("select sum(paid_28d) from metrics").fetchall()[0][0])


def try_library(name, use, playbook):
    """Load what the library made, answer, and hand the answer back to it."""
    try:
        steps = use(importlib.import_module(name))
        importlib.import_module("pyarrow")  # what pandas and DuckDB speak Arrow with
    except ImportError as missing:
        print(f"{name}: skipped, {missing.name} is not installed")
        return
    store = churn.Store(time_zone="UTC")
    report = store.add("event", next(steps), columns=NAMES, constants={"type": "payment"})
    print(f"{name}: {report.added} rows, store {store.hash():016x}")
    try:
        steps.send(churn.Engine(playbook, store).metrics("2026-02-01"))
    except StopIteration:
        pass


def main():
    playbook = churn.Playbook.parse(PLAYBOOK)
    for name, use in [("pandas", with_pandas), ("polars", with_polars), ("pyarrow", with_pyarrow),
                      ("duckdb", with_duckdb)]:
        try_library(name, use, playbook)


if __name__ == "__main__":
    main()

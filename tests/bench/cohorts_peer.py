# SPDX-License-Identifier: MIT
"""The cohort triangle of N random events, in libchurn and in DuckDB as an analyst writes it, in one run.

cohorts_peer.py [EVENTS] [CUSTOMERS]

Customers begin with their first `signup`; a cell counts who did anything in the month. Both read what they have loaded
before; DuckDB from a table of its own, on one thread and on two. Prints JSON lines: name, seconds; cells must be the same.
"""

import json
import sys
import time

SQL = """
with first as (select customer, date_trunc('month', min("at")) as cohort from events where type = 'signup' group by 1),
     active as (select distinct customer, date_trunc('month', "at") as "month" from events)
select cohort, datediff('month', cohort, "month") as age, count(*) as n
from active join first using (customer) where "month" >= cohort group by 1, 2 order by 1, 2
"""
MAKE = """
create table events as
select 'c' || case when i < {customers} then i else (hash(i * 7) % {customers})::bigint end customer,
       case when i < {customers} then 'signup' else ['login', 'export', 'import', 'invite'][(hash(i * 11) % 4 + 1)::bigint] end as type,
       timestamp '2022-01-01' + to_seconds(((hash(i * 13) % 31536000)::bigint *
           case when i < {customers} then 1.0 else 3.0 end)::bigint) as "at"
from range({events}) t(i)
"""


def best(times, work):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - start)
    return min(took), result


def main(events=10_000_000, customers=100_000):
    import churn
    import duckdb
    db = duckdb.connect()
    db.execute(MAKE.format(events=events, customers=customers))
    rows = {}
    for threads in (1, 2):
        db.execute(f"set threads to {threads}")
        took, result = best(3, lambda: db.execute(SQL).fetchall())
        rows["duckdb"] = [(cohort.strftime("%Y-%m"), age, n) for cohort, age, n in result]
        print(json.dumps({"name": f"duckdb, {threads} thread{'s' if threads > 1 else ''}", "seconds": took}))
    store = churn.Store(time_zone="UTC")
    store.add("event", db.sql("select * from events"))
    with store, churn.Playbook.parse("{churn: 1, name: bench}") as playbook, churn.Engine(playbook, store) as engine:
        took, table = best(3, lambda: engine.cohorts("activity", "2022-01-01", "2025-01-01", start_events="signup"))
        mine = [(row["cohort"], row["age"], int(row["numerator"])) for row in table
                if not row["average"] and row["numerator"] > 0]
    print(json.dumps({"name": "libchurn, 1 thread", "seconds": took, "cells": len(mine),
                      "same": sorted(mine) == sorted(rows["duckdb"])}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

# SPDX-License-Identifier: MIT
"""The monthly figures by plan of many customers, beside the same in DuckDB as an analyst writes it.

kpi_peer.py [CUSTOMERS] [MONTHS] prints both times and whether the figures are the same.

Everything changes on the first of a month, so that monthly pictures of who pays what, which is how such reports are made
in SQL, say the same as a ledger of movements: without that they lose what happens within a month.
"""

import datetime
import json
import sys
import time

import numpy as np
import pyarrow as pa

PLANS = ["basic", "pro", "team", "enterprise"]
PRICE = [1900, 4900, 9900, 49900]
FIRST = 2020
PLAYBOOK = """
churn: 1
name: bench
time_zone: UTC
currency: USD
"""
FIGURES = ["mrr", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivation_mrr",
           "segment_in_mrr", "segment_out_mrr", "customers", "new_customers", "lost_customers", "logo_churn", "grr",
           "nrr", "gross_mrr_churn", "net_mrr_churn", "arpa", "quick_ratio"]


def month_start(months):
    """Microseconds of the firsts of months that are counted from January of the first year."""
    years, rest = np.divmod(np.asarray(months), 12)
    return ((years + FIRST - 1970).astype("datetime64[Y]").astype("datetime64[M]") + rest).astype("datetime64[us]")


def states(customers, months, seed=7):
    """Rows of subscriptions: a customer starts, changes plan or seats now and then, leaves, and sometimes comes back."""
    rng = np.random.default_rng(seed)
    customer, month, plan, seats, status = [], [], [], [], []
    start = rng.integers(0, months, customers)
    now, mine, count = start.copy(), rng.integers(0, len(PLANS), customers), rng.integers(1, 20, customers)
    alive = np.ones(customers, dtype=bool)
    while True:
        who = np.flatnonzero(now < months)
        if not len(who):
            break
        customer.append(who)
        month.append(now[who].copy())
        plan.append(mine[who].copy())
        seats.append(count[who].copy())
        status.append(alive[who].copy())
        # what comes next: mostly a change of seats or of plan, sometimes the end, and after an end sometimes a return
        chance = rng.random(customers)
        step = rng.geometric(1 / 14, customers)
        leaves, returns = alive & (chance < 0.25), ~alive & (chance < 0.3)
        moves = alive & (chance >= 0.25) & (chance < 0.55)
        mine = np.where(moves, rng.integers(0, len(PLANS), customers), mine)
        count = np.where(alive & (chance >= 0.45), rng.integers(1, 20, customers), count)
        gone = ~alive & ~returns
        alive = (alive & ~leaves) | returns
        now = np.where(gone, months, now + step)
    customer, month, plan, seats, status = map(np.concatenate, (customer, month, plan, seats, status))
    order = np.lexsort((month, customer))
    return {"customer": customer[order], "month": month[order], "plan": plan[order], "seats": seats[order],
            "alive": status[order]}


def subscriptions(rows):
    """The rows as the library takes them."""
    names = pa.array([f"c{i:07d}" for i in range(rows["customer"].max() + 1)])
    customer = pa.DictionaryArray.from_arrays(pa.array(rows["customer"].astype(np.int32)), names)
    return pa.table({
        "id": customer, "customer": customer,
        "valid_from": pa.array(month_start(rows["month"])).cast(pa.timestamp("us", tz="UTC")),
        "status": pa.DictionaryArray.from_arrays(pa.array((~rows["alive"]).astype(np.int32)), ["active", "cancelled"]),
        "plan": pa.DictionaryArray.from_arrays(pa.array(rows["plan"].astype(np.int32)), PLANS),
        "amount": pa.array((np.array(PRICE)[rows["plan"]] * rows["seats"]).astype(np.int64)),
        "currency": pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows["plan"]), np.int32)), ["USD"]),
        "period": pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows["plan"]), np.int32)), ["month"]),
    })


def ours(table, months):
    import churn
    store = churn.Store(time_zone="UTC")
    report = store.add("subscription", table, money="minor")
    assert report.added == table.num_rows, report
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    best = None
    for _ in range(5):
        begin = time.perf_counter()
        made = engine.kpi(FIGURES, f"{FIRST}-01-01", f"{FIRST + months // 12}-01-01", every="month", by=["plan"])
        took = time.perf_counter() - begin
        best = took if best is None else min(best, took)
    cells = {}
    for row in made.to_dicts():
        month = row["period_start"].year * 12 + row["period_start"].month - 1 - FIRST * 12
        if row["value"] is not None:
            cells[row["kpi"], month, row["plan"]] = row["value"]
    return best, cells


SQL = """
CREATE OR REPLACE TEMP TABLE months AS SELECT unnest(range({months})) AS month;
CREATE OR REPLACE TEMP TABLE spans AS
    SELECT customer, plan, amount, month AS since,
           coalesce(lead(month) OVER (PARTITION BY customer ORDER BY month), {months}) AS until, alive
    FROM states;
CREATE OR REPLACE TEMP TABLE monthly AS
    SELECT m.month, s.customer, s.plan, s.amount AS mrr
    FROM months m JOIN spans s ON s.since <= m.month AND m.month < s.until AND s.alive;
CREATE OR REPLACE TEMP TABLE changes AS
    SELECT coalesce(n.month, p.month + 1) AS month, coalesce(n.customer, p.customer) AS customer,
           p.plan AS plan_before, n.plan AS plan_after, coalesce(p.mrr, 0) AS mrr_before, coalesce(n.mrr, 0) AS mrr_after
    FROM monthly n FULL JOIN monthly p ON n.customer = p.customer AND n.month = p.month + 1
    WHERE coalesce(n.month, p.month + 1) < {months};
CREATE OR REPLACE TEMP TABLE firsts AS SELECT customer, min(since) AS first FROM spans WHERE alive GROUP BY customer;
CREATE OR REPLACE TEMP TABLE ledger AS
    SELECT c.*, mrr_after - mrr_before AS change,
           CASE WHEN mrr_before = 0 AND f.first = c.month THEN 'new' WHEN mrr_before = 0 THEN 'reactivation'
                WHEN mrr_after = 0 THEN 'churn' WHEN mrr_after > mrr_before THEN 'expansion'
                WHEN mrr_after < mrr_before THEN 'contraction' ELSE 'none' END AS kind,
           mrr_before > 0 AND mrr_after > 0 AND plan_before <> plan_after AS moved
    FROM changes c JOIN firsts f USING (customer);
CREATE OR REPLACE TEMP TABLE by_plan_end AS
    SELECT month, plan_after AS plan, sum(mrr_after) AS mrr, count(*) AS payers FROM ledger WHERE mrr_after > 0 GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE by_plan_start AS
    SELECT month, plan_before AS plan, sum(mrr_before) AS started, count(*) AS customers_started,
           count(*) FILTER (mrr_after = 0) AS lost, sum(least(mrr_before, mrr_after)) AS kept, sum(mrr_after) AS ended
    FROM ledger WHERE mrr_before > 0 GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE flows AS
    SELECT month, CASE WHEN kind IN ('churn', 'contraction') THEN plan_before ELSE plan_after END AS plan,
           sum(change) FILTER (kind = 'new') AS new_mrr, sum(change) FILTER (kind = 'expansion') AS expansion_mrr,
           -sum(change) FILTER (kind = 'contraction') AS contraction_mrr, -sum(change) FILTER (kind = 'churn') AS churned_mrr,
           sum(change) FILTER (kind = 'reactivation') AS reactivation_mrr, count(*) FILTER (kind = 'new') AS new_customers
    FROM ledger GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE moved_in AS
    SELECT month, plan_after AS plan, sum(least(mrr_before, mrr_after)) AS segment_in FROM ledger WHERE moved GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE moved_out AS
    SELECT month, plan_before AS plan, sum(least(mrr_before, mrr_after)) AS segment_out FROM ledger WHERE moved GROUP BY ALL;
SELECT month, plan, coalesce(mrr, 0) / 100 AS mrr, coalesce(new_mrr, 0) / 100 AS new_mrr,
       coalesce(expansion_mrr, 0) / 100 AS expansion_mrr, coalesce(contraction_mrr, 0) / 100 AS contraction_mrr,
       coalesce(churned_mrr, 0) / 100 AS churned_mrr, coalesce(reactivation_mrr, 0) / 100 AS reactivation_mrr,
       coalesce(segment_in, 0) / 100 AS segment_in_mrr, coalesce(segment_out, 0) / 100 AS segment_out_mrr,
       lost / customers_started AS logo_churn, kept / started AS grr, ended / started AS nrr,
       (coalesce(churned_mrr, 0) + coalesce(contraction_mrr, 0)) / started AS gross_mrr_churn,
       (coalesce(churned_mrr, 0) + coalesce(contraction_mrr, 0) - coalesce(expansion_mrr, 0)
        - coalesce(reactivation_mrr, 0)) / started AS net_mrr_churn,
       mrr / 100 / payers AS arpa,
       (coalesce(new_mrr, 0) + coalesce(expansion_mrr, 0) + coalesce(reactivation_mrr, 0))
       / nullif(coalesce(contraction_mrr, 0) + coalesce(churned_mrr, 0), 0) AS quick_ratio
FROM (SELECT unnest(range({months})) AS month, p.plan FROM (SELECT DISTINCT plan FROM spans) p)
LEFT JOIN by_plan_end USING (month, plan) LEFT JOIN by_plan_start USING (month, plan) LEFT JOIN flows USING (month, plan)
LEFT JOIN moved_in USING (month, plan) LEFT JOIN moved_out USING (month, plan)
ORDER BY month, plan
"""


def theirs(rows, months, threads):
    import duckdb
    db = duckdb.connect()
    db.execute(f"SET threads = {threads}")
    frame = pa.table({"customer": rows["customer"], "month": rows["month"],
                      "plan": pa.array([PLANS[p] for p in rows["plan"]]),
                      "amount": (np.array(PRICE)[rows["plan"]] * rows["seats"]).astype(np.int64), "alive": rows["alive"]})
    db.register("frame", frame)
    db.execute("CREATE TABLE states AS SELECT * FROM frame")
    best = None
    for _ in range(3):
        begin = time.perf_counter()
        for statement in SQL.format(months=months).split(";\n"):
            result = db.execute(statement)
        made = result.fetchall()
        took = time.perf_counter() - begin
        best = took if best is None else min(best, took)
    names = [column[0] for column in result.description]
    cells = {}
    for row in made:
        cell = dict(zip(names, row))
        for name in names[2:]:
            if cell[name] is not None:
                cells[name, cell["month"], cell["plan"]] = float(cell[name])
    return best, cells


def differences(mine, other):
    """Cells of the other program that differ; what has no denominator there is null in both."""
    wrong = []
    for key, value in other.items():
        got = mine.get(key)
        if got is None and value == 0:
            continue
        if got is None or abs(got - value) > 1e-9 * max(1, abs(value)):
            wrong.append((*key, got, value))
    return wrong


def main():
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    months = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    rows = states(customers, months)
    took, mine = ours(subscriptions(rows), months)
    made = {"customers": customers, "months": months, "rows": len(rows["month"]), "libchurn": took,
            "differences": 0}
    for threads in (1, 2):
        seconds, cells = theirs(rows, months, threads)
        wrong = differences(mine, cells)
        made[f"duckdb_{threads}"] = seconds
        made["cells"] = len(cells)
        made["differences"] += len(wrong)
        if wrong:
            print(wrong[:10], file=sys.stderr)
    print(json.dumps(made))


if __name__ == "__main__":
    main()

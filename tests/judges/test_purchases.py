# SPDX-License-Identifier: MIT
"""Logs of purchases that statisticians publish (CDNOW, the example log of lifetimes): totals from their sources, and
frequency, recency and age of each customer as metrics beside the published summaries."""
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone

import pytest
from shared_data import SHARED, columns, rows

churn = pytest.importorskip("churn")
CDNOW, LOG = SHARED / "data" / "cdnow", SHARED / "data" / "btyd_misc"
needs_cdnow = pytest.mark.skipif(not (CDNOW / "CDNOW_sample.txt").exists(), reason=f"CDNOW is not in {CDNOW}")
needs_log = pytest.mark.skipif(not (LOG / "example_transactions.csv").exists(), reason=f"no log in {LOG}")

PLAYBOOK = """
churn: 1
name: purchases
time_zone: UTC
currency: USD
metrics:
  - {id: purchases, agg: count, event: purchase, window: 2000d}
  - {id: days, agg: active_days, event: purchase, window: 2000d}
  - {id: amount, agg: sum, event: purchase, window: 2000d}
  - {id: last, agg: days_since, event: purchase}
  - {id: first, agg: days_since_first, event: purchase}
  - {id: discs, agg: sum, event: discs, window: 2000d}
"""


def at(day):
    return datetime.combine(day, datetime.min.time(), timezone.utc)


def engine_of(events):
    """events: (customer, date, amount, discs or None)."""
    store = churn.Store(time_zone="UTC")
    for kind, values in (("purchase", [e[2] for e in events]), ("discs", [e[3] for e in events])):
        report = store.add("event", {"customer": [e[0] for e in events], "at": [at(e[1]) for e in events],
                                     "value": values}, constants={"type": kind}, strict=True)
        assert report.added == len(events)
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def day_of(text):
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@needs_cdnow
def test_cdnow_totals():
    events = []
    for line in (CDNOW / "CDNOW_master.txt").read_text().splitlines()[1:]:
        customer, day, discs, amount = line.split()
        events.append((customer, day_of(day), float(amount), float(discs)))
    assert len(events) == 69_659
    table = columns(engine_of(events).metrics("1998-07-01"))
    assert len(table["customer"]) == 23_570
    assert sum(table["purchases"]) == 69_659
    assert sum(table["discs"]) == 167_881
    assert round(sum(table["amount"]), 2) == 2_500_315.63
    assert sum(n == 1 for n in table["purchases"]) == 11_908


@needs_cdnow
def test_cdnow_frequency_recency_and_age_of_the_calibration():
    """39 weeks of the sample, in weeks, beside the published summaries: x, t_x, T, and the mean amount of a day."""
    events = []
    for line in (CDNOW / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, discs, amount = line.split()
        events.append((str(int(customer)), day_of(day), float(amount), float(discs)))
    assert len(events) == 6_919 and round(sum(e[2] for e in events), 2) == 244_091.94
    table = columns(engine_of(events).metrics("1997-10-01"))
    mine = {c: (days - 1, round((first - last) / 7, 2), round((first - 1) / 7, 2)) for c, days, first, last in
            zip(table["customer"], table["days"], table["first"], table["last"])}
    theirs = {row["ID"]: (float(row["frequency"]), float(row["recency"]), float(row["T"]))
              for row in rows(CDNOW / "cdnow_customers_summary.csv")}
    assert len(mine) == len(theirs) == 2_357
    assert [(c, mine[c], theirs[c]) for c in theirs if any(abs(a - b) > 0.0101 for a, b in zip(mine[c], theirs[c]))] == []


@needs_log
def test_a_log_of_transactions_beside_a_plain_count():
    events = [(row["id"], datetime.fromisoformat(row["date"]).date(), 1.0, 1.0)
              for row in rows(LOG / "example_transactions.csv")]
    assert len(events) == 15_273
    days = defaultdict(set)
    for customer, day, _, _ in events:
        days[customer].add(day)
    assert len(days) == 5_000
    end = date(2014, 12, 31)
    table = columns(engine_of(events).metrics("2014-12-31"))
    seen = {c: {d for d in all_days if d < end} for c, all_days in days.items()}
    truth = {c: (len(d), (end - min(d)).days, (end - max(d)).days) for c, d in seen.items() if d}
    mine = {c: (n, first, last) for c, n, first, last in
            zip(table["customer"], table["days"], table["first"], table["last"])}
    assert mine == truth
    assert end - timedelta(days=364) == date(2014, 1, 1)

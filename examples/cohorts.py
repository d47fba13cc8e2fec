#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who stays? Customers by the month in which they began, and what became of their money."""
from datetime import datetime, timedelta, timezone

import churn

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
PLAYBOOK = "{churn: 1, name: cohorts, currency: USD, loss: {any: [subscription]}}"


def open_engine():
    """Forty customers of four months; every third one leaves, every fifth pays twice as much after 40 days."""
    store = churn.Store(time_zone="UTC")
    for i in range(40):
        begin = START + timedelta(days=3 * i)
        end = begin + timedelta(days=20 + i) if i % 3 == 0 else None
        rows = [(begin, 100.0)] + ([(begin + timedelta(days=40), 200.0)] if i % 5 == 0 and end is None else [])
        for at, amount in rows:
            store.add("subscription", {"id": [f"s{i}"], "customer": [f"c{i:02}"], "status": ["active"], "valid_from": [at],
                                       "ended_at": [end], "amount": [amount], "currency": ["USD"], "period": ["month"]})
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def main():
    with open_engine() as engine:
        for what in ("customers", "net_revenue"):
            print(what)
            print(engine.cohorts(what, "2026-01-01", "2026-05-15").triangle(), end="\n\n")
        print("* not over yet: not part of the average")


if __name__ == "__main__":
    main()

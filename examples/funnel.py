#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where do new customers stop? From the first login to going live, within 30 days."""
from datetime import datetime, timedelta, timezone

import churn

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
STEPS = ["login", {"event": "import", "where": "value >= 100.0", "name": "real import"}, "invite"]


def open_engine():
    store = churn.Store(time_zone="UTC")
    for i in range(60):
        begin = START + timedelta(days=i)
        store.add_event(f"c{i:02}", "login", begin)
        if i % 3:
            store.add_event(f"c{i:02}", "import", begin + timedelta(days=i % 7, hours=5), value=50.0 + 25 * (i % 5))
        if i % 4:
            store.add_event(f"c{i:02}", "invite", begin + timedelta(days=5 + i % 40))
    return churn.Engine(churn.Playbook.parse("{churn: 1, name: funnel}"), store)


def main():
    with open_engine() as engine:
        for row in engine.funnel(STEPS, "2026-01-01", "2026-03-02", within=timedelta(days=30)):
            times = "" if row["median_days"] is None else f", half of them within {row['median_days']:.1f} days"
            print(f"{row['step']}. {row['name']}: {row['reached']} ({row['share']:.0%}, "
                  f"{row['low']:.0%} to {row['high']:.0%}){times}; {row['open']} still have time")


if __name__ == "__main__":
    main()

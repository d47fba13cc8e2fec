#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What was unusual? Sign-ups by day, with a rate of false alarms that is stated."""
from datetime import datetime, timedelta, timezone

import churn

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
PLAYBOOK = "{churn: 1, name: anomalies, kpi: {measures: [{name: signups, take: sum, unit: sign-ups}]}}"


def open_engine():
    """A quiet series with weekends; an outage in April, and twice as many from June on."""
    store, noise = churn.Store(time_zone="UTC"), 12345
    for day in range(200):
        at = START + timedelta(days=day)
        noise = (noise * 1103515245 + 12345) % 2**31
        usual = (40 if at.weekday() < 5 else 15) + noise % 11
        store.add_measure("signups", at, 4 if day == 105 else usual + (40 if day >= 155 else 0))
    store.add_announcement("outage", START + timedelta(days=105))
    store.add_announcement("free plan", START + timedelta(days=155))
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def main():
    with open_engine() as engine:
        print("of 1,000 days of plain noise, about 2 would be here:")
        for row in engine.anomalies("signups", "2026-03-01", "2026-07-15", every="day", false_alarms=0.002):
            print(f"{row['period_start']:%Y-%m-%d}  {row['kind']:9} {row['value']:4.0f} instead of {row['expected']:4.0f}"
                  f"  {row['marks'] or ''}".rstrip())


if __name__ == "__main__":
    main()

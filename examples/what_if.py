#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What would it take, and what would become of it? acme has logged in twice and gave a 6: what brings
it to green, what if it logged in ten times, and who changes band if green began at 60.
"""
from datetime import datetime, timedelta, timezone

import churn

TODAY = datetime(2026, 2, 1, tzinfo=timezone.utc)
PLAYBOOK = """
churn: 1
name: what_if
currency: USD
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d}
  - {id: nps, survey: last, kind: nps}
scores:
  - id: health
    groups:
      - id: use
        weight: 60
        factors: [{metric: logins_28d, curve: [[0, 0], [10, 100]]}]
      - id: voice
        weight: 40
        factors: [{metric: nps, curve: [[0, 0], [10, 100]]}]
    bands: {green: 70, yellow: 30, red: 0}
triggers:
  - {id: low, when: 'health.score < 40'}
"""


def open_engine():
    store = churn.Store(time_zone="UTC")
    for customer, logins, nps in [("acme", 2, 6), ("blue", 6, 7)]:
        store.add_customer(customer, since=TODAY - timedelta(days=90))
        store.add("survey", {"customer": [customer], "kind": ["nps"], "score": [float(nps)],
                             "at": [TODAY - timedelta(days=5)]})
        for day in range(logins):
            store.add_event(customer, "login", TODAY - timedelta(days=day + 1))
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def main():
    engine = open_engine()
    for row in engine.targets("acme", TODAY, "green").to_dicts():
        moves = f"{row['metric']} from {row['value']:g} to {row['value_needed']:g}"
        if row["metric_2"] is not None:
            moves += f", {row['metric_2']} from {row['value_2']:g} to {row['value_needed_2']:g}"
        reason = f", but {row['reason']}" if row["reason"] else ""
        print(f"{row['kind']}: {moves}{reason}: {row['reaches']:g}")
    for row in engine.what_if("acme", TODAY, {"logins_28d": 10}).to_dicts():
        if row["sort"] == "score":
            print(f"10 logins: {row['id']} {row['value_before']:g} to {row['value_after']:g}, "
                  f"{row['band_before']} to {row['band_after']}")
    changed = churn.Playbook.parse(PLAYBOOK.replace("green: 70", "green: 60"))
    impact = engine.impact(changed, TODAY)
    print(f"green from 60: {impact.changed_band} of {impact.customers} change band, "
          f"{impact.alerts_after - impact.alerts_before} alerts more")
    for row in impact.moved.to_dicts():
        print(f"{row['customer']}: {row['band_before']} to {row['band_after']}")


if __name__ == "__main__":
    main()

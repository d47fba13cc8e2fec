#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Will the quarter be met? Goals of a playbook with pace and forecast, and a figure of one's own."""
from datetime import datetime, timedelta, timezone

import churn

START = datetime(2025, 1, 1, tzinfo=timezone.utc)
PLAYBOOK = """
churn: 1
name: goals
kpi:
  define: [{id: yearly, num: 'metric.mrr >= 150', title: Customers on the large plan}]
  goals:
    - {id: churn, kpi: logo_churn, per: month, at_most: 0.03, every: quarter}
    - {id: growth, kpi: new_customers, at_least: 9, every: month}
    - {id: money, kpi: mrr, at_least: 14000, every: quarter}
    - {id: large, kpi: yearly, at_least: 0.25, every: quarter}
metrics: [{id: mrr, subscription: mrr}]
"""


def open_engine():
    """Eight customers a month; every ninth leaves after 150 days, every fourth pays twice as much."""
    store = churn.Store(time_zone="UTC")
    for i in range(130):
        begin, name, amount = START + timedelta(days=4 * i), f"c{i:03}", 20000 if i % 4 == 0 else 10000
        store.add_customer(name, since=begin)
        store.add_subscription("s" + name, name, begin, "active", amount=amount, currency="USD", period="month")
        if i % 9 == 0:
            end = begin + timedelta(days=150)
            store.add_subscription("s" + name, name, end, "cancelled", ended_at=end)
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def main():
    with open_engine() as engine:
        for goal in engine.goals("2026-05-20"):
            bound = f"at most {goal['at_most']:g}" if goal["at_most"] is not None else f"at least {goal['at_least']:g}"
            print(f"{goal['goal']:7} {bound:15} now {goal['value']:9.3f}  forecast {goal['forecast']:9.3f} "
                  f"({goal['forecast_low']:.3f} to {goal['forecast_high']:.3f})  "
                  f"{'on track' if goal['on_track'] else 'off track'}")


if __name__ == "__main__":
    main()

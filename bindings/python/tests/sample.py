# SPDX-License-Identifier: MIT
"""The company of the samples in docstrings: four customers from November 2025 to March 2026."""
from datetime import datetime, timedelta, timezone

import churn

PLAYBOOK = """
churn: 1
name: sample
time_zone: UTC
currency: USD
loss: {any: [subscription]}
kpi:
  measures: [{name: visits, take: sum, unit: visits}]
  goals:
    - {id: growth, kpi: new_customers, at_least: 3, every: quarter}
    - {id: money, kpi: mrr, at_least: 200, every: quarter}
  benchmarks: [{kpi: logo_churn, high: 0.04, source: a survey of 2024, year: 2024}]
"""

#: id, customer, plan, from, amount, end
STATES = [("s1", "acme", "team", "2025-11-01", 100.0, None), ("s1", "acme", "team", "2026-02-10", 150.0, None),
          ("s2", "blue", "team", "2025-12-05", 60.0, "2026-03-15"), ("s3", "coda", "solo", "2026-01-20", 40.0, None),
          ("s4", "dune", "solo", "2026-02-03", 40.0, None)]
LOGINS = {"acme": ["2026-01-05", "2026-02-02", "2026-03-02", "2026-03-09", "2026-03-16"], "blue": ["2026-01-12"],
          "coda": ["2026-01-21", "2026-03-03"], "dune": ["2026-02-04"]}


def sample_store():
    """Their records."""
    store = churn.Store(time_zone="UTC")
    names = ["id", "customer", "plan", "valid_from", "amount", "ended_at"]
    store.add("subscription", dict(zip(names, map(list, zip(*STATES)))), money="major", strict=True,
              constants={"status": "active", "currency": "USD", "period": "month"})
    for customer, days in LOGINS.items():
        for day in days:
            store.add_event(customer, "login", day + "T09:00Z", user=f"ann@{customer}")
    store.add_event("acme", "export", "2026-01-07T09:00Z")
    for month, score in ((2, 10), (3, 3)):
        for i in range(40):
            customer = ("acme", "blue", "coda", "dune")[i % 4]
            store.add_survey(customer, "nps", f"2026-{month:02}-{5 + i % 10:02}", score if i % 8 else 8)
            store.add_ticket(f"t{month}-{i}", customer, f"2026-{month:02}-{5 + i % 10:02}",
                             text="How do I log in" if month == 2 or i % 2 else "Wrong invoice again")
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    for day in range(90):
        store.add_measure("visits", start + timedelta(days=day), 20 if day == 74 else 100 + day * 7 % 11)
    store.add_announcement("outage", start + timedelta(days=74))
    return store


def sample_engine():
    """An engine over them."""
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), sample_store())

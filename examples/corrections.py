#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records that turn out wrong: what is corrected, and what an earlier date still sees.

    corrections.py

With `known_at` a change is a new version: an evaluation at an earlier `as_of` answers as it did then,
with what was known then. Without it the record never was otherwise, past answers change, and the report
counts it as `rewrote_history`.
"""
import churn

PLAYBOOK = """
churn: 1
name: corrections
currency: USD
metrics:
  - {id: mrr, subscription: mrr}
  - {id: logins_28d, agg: count, event: login, window: 28d}
"""
DATES = ["2026-01-15", "2026-02-01", "2026-03-01"]


def show(engine, what):
    print(what)
    for row in engine.metrics(DATES, customer="acme"):
        print(f"  {row['as_of']:%Y-%m-%d} mrr {row['mrr']:g} logins {row['logins_28d']:g}")


def subscribe(store, amount, known_at):
    return store.add("subscription", {"id": ["s1"], "customer": ["acme"], "valid_from": ["2026-01-01"],
                                      "amount": [amount]}, money="major", known_at=known_at,
                     constants={"status": "active", "currency": "USD", "period": "month"}, strict=True)


def logins(*days):
    return {"id": [f"login-{day}" for day in days], "customer": ["acme"] * len(days),
            "type": ["login"] * len(days), "at": [f"2026-01-{day:02d}T09:00Z" for day in days]}


def main():
    store = churn.Store(time_zone="UTC")
    subscribe(store, 500.0, "2026-01-01")
    store.add("event", logins(5, 6, 7, 8), strict=True)
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    show(engine, "as it was recorded")

    subscribe(store, 450.0, "2026-01-20")
    show(engine, "on 20 January the price turns out to be 450: the 15th still knows 500")

    report = store.replace("event", logins(5, 6, 8), start="2026-01-01", end="2026-02-01",
                           types="login", known_at="2026-01-25")
    show(engine, f"on the 25th one login is found to be none ({report.unchanged} unchanged, "
                 f"{report.retracted} retracted)")

    report = store.retract("event", {"id": "login-8"})
    show(engine, f"another one never was: all dates change ({report.rewrote_history} rewrote history)")

    versions = store.records("subscription", all_versions=True)
    print("the subscription's versions:",
          ", ".join(f"{row['amount'] / 100:g} known from {row['known_at']:%Y-%m-%d}" for row in versions))


if __name__ == "__main__":
    main()

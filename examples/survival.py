#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long do customers stay, and does the plan matter?"""
from datetime import datetime, timedelta, timezone

import churn

START = datetime(2025, 1, 1, tzinfo=timezone.utc)
TODAY = START + timedelta(days=365)
PLAYBOOK = "{churn: 1, name: survival, currency: USD, loss: {any: [subscription]}}"


def open_engine():
    """Sixty customers on two plans; those on `basic` leave sooner."""
    store = churn.Store(time_zone="UTC")
    for i in range(60):
        plan = "basic" if i % 2 else "pro"
        begin = START + timedelta(days=3 * i)
        stay = 20 + (i * 37) % (180 if plan == "basic" else 600)
        end = begin + timedelta(days=stay)
        store.add("subscription", {"id": [f"s{i}"], "customer": [f"c{i:02}"], "status": ["active"], "valid_from": [begin],
                                   "ended_at": [end if end < TODAY else None], "plan": [plan], "amount": [50.0],
                                   "currency": ["USD"], "period": ["month"]})
    return churn.Engine(churn.Playbook.parse(PLAYBOOK), store)


def main():
    with open_engine() as engine:
        for row in engine.survival(TODAY, by="plan", times=[30, 90, 180]).to_dicts():
            print(f"{row['plan']}: after {row['time']:.0f} days {row['survival']:.0%} are left ({row['low']:.0%} to {row['high']:.0%})")
        for row in engine.survival_summary(TODAY, by="plan").to_dicts():
            half = f"{row['median']:.0f} days" if row["median"] else "not yet known"
            print(f"{row['plan']}: half are gone after {half}")
        test = engine.survival_test(TODAY, "plan").row(0)
        print(f"chance alone would make a difference like this in {test['p']:.3%} of cases")


if __name__ == "__main__":
    main()

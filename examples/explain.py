#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Why is this score what it is, and why is it not what it was?

    explain.py [--svg FILE]

Lines that add up to the score, what changed in a month, what another playbook would make of the same
records, and the records behind it all. In a notebook the same objects show themselves as pictures;
with --svg the change is written as one.
"""
import argparse
import pathlib

import churn

PLAYBOOK = """
churn: 1
name: explained
time_zone: UTC
currency: USD
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}
  - {id: open_tickets, ticket: open_count}
  - {id: nps, survey: last, kind: nps, max_age: 180d}
scores:
  - id: health
    groups:
      - id: adoption
        weight: 50
        factors: [{metric: logins_28d, curve: [[0, 0], [10, 100]], unit: logins}]
      - id: support
        weight: 25
        factors: [{metric: open_tickets, steps: [[0, 100], [1, 60], [3, 0]]}]
      - id: opinion
        weight: 25
        factors: [{metric: nps, curve: [[0, 0], [10, 100]]}]
    bands: {green: 70, yellow: 40, red: 0}
"""
#: Ten logins in December, four in January.
LOGINS = ["2025-12-%02d" % day for day in (5, 8, 10, 12, 15, 18, 19, 22, 23, 29)] + [
    "2026-01-%02d" % day for day in (7, 14, 21, 28)]


def fill(store):
    store.add("customer", {"id": ["acme"], "since": ["2025-01-01"]})
    store.add("event", {"id": [f"login-{i}" for i in range(len(LOGINS))],
                        "customer": ["acme"] * len(LOGINS), "type": ["login"] * len(LOGINS),
                        "at": [f"{day}T12:00:00Z" for day in LOGINS]})
    store.add("ticket", {"id": ["t-17"], "customer": ["acme"], "opened_at": ["2026-01-20T00:00:00Z"]})
    store.add("survey", {"customer": ["acme"], "kind": ["nps"], "at": ["2025-07-20T00:00:00Z"],
                         "score": [9]})


def main(given=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--svg", type=pathlib.Path)
    options = parser.parse_args(given)
    playbook, store = churn.Playbook.parse(PLAYBOOK), churn.Store()
    fill(store)
    engine = churn.Engine(playbook, store)

    print("Why the health of acme is what it is on 2026-02-01:\n")
    print(engine.explain("acme", "2026-02-01"))

    print("\nWhy it is not what it was on 2026-01-01:\n")
    change = engine.explain_change("acme", "2026-01-01", "2026-02-01")
    print(change)
    print("\nThe records that moved it:")
    for line in change:
        if line["records"]:
            print(f"  {line['name']}: {line['records']}")

    print("\nWhat the playbook before made of the same records:\n")
    before = churn.Playbook.parse(PLAYBOOK.replace("[10, 100]], unit", "[20, 100]], unit"))
    print(engine.explain_change("acme", "2026-02-01", "2026-02-01", playbook=before))

    if options.svg:
        options.svg.write_text(change.svg(), encoding="utf-8")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Customers and people who are to be forgotten, and customers who turn out to be one.

    privacy.py

`erase` takes a customer out of the store and of every engine, `erase_user` a person out of the records
of customers who stay, `forget` all that is over before a date; `merge` makes one customer of two. Each
tells what it did. What was written out before (saved states, tables, logs) is the host's to delete.
"""
import churn

PLAYBOOK = """
churn: 1
name: privacy
evaluate: 1d
metrics:
  - {id: logins_28d, agg: count, event: login, window: 28d, history: clip}
triggers:
  - {id: quiet, when: 'metric.logins_28d == 0', play: call}
plays:
  - {id: call, steps: [{task: {title: 'Call {{customer.name}}', owner: csm, due: 2d}}]}
roles: {csm: {people: [eva]}}
"""


def fill(store):
    store.add("customer", {"id": ["acme", "acme-eu", "bolt", "coop"], "since": ["2024-01-01"] * 4,
                           "name": ["Acme", "Acme EU", "Bolt", "Coop"]}, strict=True)
    store.add("event", {"customer": ["acme", "acme", "acme-eu", "bolt", "bolt"],
                        "user": ["ann", "bea", "ann", "cid", "cid"],
                        "at": ["2025-12-20", "2026-01-10", "2026-01-12", "2024-06-01", "2025-12-01"]},
              constants={"type": "login"}, strict=True)
    store.add_ticket("t1", "acme", "2026-01-11", user="ann", text="call me: +36 1 555 0100")


def outbox(engine):
    return [row["title"] for row in engine.actions()]


def main():
    store = churn.Store(time_zone="UTC")
    fill(store)
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)
    engine.advance("2026-02-01")
    print("outbox:", outbox(engine))

    gone = store.erase("bolt")
    print(f"bolt is erased: {gone.removed}, {gone.waiting} action that will not come out")
    print("outbox:", outbox(engine))

    person = store.erase_user("ann")
    ticket = store.records("ticket")[0]
    print(f"ann is erased: {person.changed} records stay without her; the ticket by "
          f"{ticket['user']} says {ticket['text']}")

    merged = store.merge("acme-eu", into="acme")
    print(f"acme-eu is acme: {merged.moved} moved, {merged.conflicts} gave way")

    old = store.forget("2026-01-01")
    print(f"nothing is known from before {old.since:%Y-%m-%d}: {old.removed}")
    print("left:", {kind: store.record_count(kind) for kind in ("customer", "event", "ticket")})


if __name__ == "__main__":
    main()

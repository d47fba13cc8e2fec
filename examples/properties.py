#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Events with properties, and metrics that look at them.

    properties.py

What an event says beyond who, what and when goes into `props`: a mapping a row, columns named
`props.<name>`, or a struct column of a frame. The playbook declares them with their types, and the
conditions `where` of its metrics read them. An event without a property that is asked for is unknown to
the condition, and does not count.
"""
import churn

PLAYBOOK = """
churn: 1
name: properties
properties: {platform: string, rows: number, scheduled: bool}
metrics:
  - {id: exports_28d, agg: count, event: export, window: 28d}
  - {id: by_hand_28d, agg: count, event: export, window: 28d, where: '!props.scheduled'}
  - {id: large_28d, agg: count, event: export, window: 28d, where: 'props.rows >= 1000'}
  - {id: mobile_users_28d, agg: distinct, of: user, event: export, window: 28d,
     where: 'props.platform in ["ios", "android"]'}
"""

EXPORTS = [
    ("acme", "ann", "2026-01-12", {"platform": "web", "rows": 1200, "scheduled": True}),
    ("acme", "ann", "2026-01-19", {"platform": "web", "rows": 1250, "scheduled": True}),
    ("acme", "bea", "2026-01-20", {"platform": "ios", "rows": 14, "scheduled": False}),
    ("bolt", "cid", "2026-01-21", {"platform": "android", "rows": 3000}),  # scheduled or not: not known
    ("bolt", "cid", "2026-01-22", {"platform": "android", "rows": 10, "scheduled": False}),
]


def main():
    playbook = churn.Playbook.parse(PLAYBOOK)
    store = churn.Store(time_zone="UTC")
    customer, user, at, props = zip(*EXPORTS)
    store.add("event", {"customer": customer, "user": user, "at": at, "props": props},
              constants={"type": "export"}, strict=True)
    store.add_event("bolt", "export", "2026-01-23", user="dan", props={"platform": "web", "rows": 2000})
    for row in churn.Engine(playbook, store).metrics("2026-02-01"):
        print(row["customer"], *(f"{name}={value:g}" for name, value in row.items() if name != "customer"))

    # A property has one type in the whole store: a column of texts where numbers are is refused.
    try:
        store.add("event", {"customer": ["acme"], "type": ["export"], "at": ["2026-01-30"],
                            "props.rows": ["many"]})
    except churn.ValueTypeError as why:
        print("refused:", why)


if __name__ == "__main__":
    main()

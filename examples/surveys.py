#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is the change of NPS more than noise, and do promoters stay?

    surveys.py

Answers of two quarters, by the size of the customer. The interval is the adjusted Wald one; the change is
tested, and what is said takes into account that two changes were tested at once. Whether NPS leads retention is
the share of promoters and detractors who were still customers 60 days after their answer.
"""
import churn

PLAYBOOK = """
churn: 1
name: surveys
attributes: {size: string}
loss: {any: [record]}
"""
# Size, quarter, then how many gave 10, 8 and 3.
ANSWERS = [("large", "2025-07-15", 40, 30, 30), ("large", "2025-10-15", 62, 26, 12),
           ("small", "2025-07-15", 20, 10, 20), ("small", "2025-10-15", 22, 10, 18)]


def main():
    store = churn.Store(time_zone="UTC")
    for size, at, *counts in ANSWERS:
        scores = [score for score, count in zip((10, 8, 3), counts) for _ in range(count)]
        names = [f"{size}-{i}" for i in range(len(scores))]
        store.add("customer", {"id": names, "size": [size] * len(names)}, constants={"since": "2025-01-01"})
        store.add("survey", {"customer": names, "score": scores}, constants={"kind": "nps", "at": at}, strict=True)
        leavers = names[::12] + names[-counts[2]::4] if at < "2025-10" else []
        store.add("churn", {"customer": sorted(set(leavers))}, constants={"kind": "voluntary", "at": "2025-08-20"})
    engine = churn.Engine(churn.Playbook.parse(PLAYBOOK), store)

    for row in engine.surveys("nps", "2025-10-01", "2026-01-01", every="quarter", by="size"):
        print(f"{row['size']}: NPS {row['value']:+.0f} ({row['low']:+.0f} to {row['high']:+.0f}, {row['n']} answers), "
              f"{row['change']:+.0f} since the quarter before: {row['signal']} (p {row['p_adjusted']:.3f})")
    for row in engine.nps_retention("2025-07-01", "2025-10-01", days=60, as_of="2026-01-01"):
        answers = f" of {row['n']}" if row["n"] is not None else ""
        print(f"{row['answered']}: {row['value']:.0%}{answers} ({row['low']:.0%} to {row['high']:.0%})")


if __name__ == "__main__":
    main()

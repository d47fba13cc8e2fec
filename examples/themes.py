#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What do customers write about more than last month?

    themes.py

Tickets of two months. Phrases are counted once a ticket, and those that are used more or less than in the month
before come with the newest tickets to read. Tags are themes of your own; how good words are only your lexicon says.
"""
import churn

OFTEN = ["The invoice is wrong", "Please change the invoice address", "How do I add a user?", "Cannot log in",
         "Login fails on my phone", "Where is the API documentation?", "The export is slow", "Thank you, it works"]
NEW = ["Since the update the export is too slow to use", "Export too slow again", "The export is too slow, we lose hours"]
TAGS = {"performance": ["slow", "timeout"], "billing": ["invoice", "credit card"]}
LEXICON = {"slow": -1, "wrong": -1, "fails": -1, "cannot": -1, "it works": 1, "thank you": 1}


def main():
    store = churn.Store(time_zone="UTC")
    for i in range(240):
        november = i < 120
        text = OFTEN[i % 8] if november or i % 3 else NEW[i // 3 % 3]
        day = f"2025-{11 if november else 12}-{1 + i % 120 // 5:02}"
        store.add_ticket(f"T{i:03}", f"c{i % 40:02}", opened_at=day, text=text)
    engine = churn.Engine(churn.Playbook.parse("churn: 1\nname: themes\n"), store)

    for row in engine.themes("2025-12-01", "2026-01-01", every="month", tags=TAGS, lexicon=LEXICON, top=3):
        mood = "" if row["sentiment"] is None else f", mood {row['sentiment']:+.1f}"
        print(f"{row['kind']} {row['phrase']!r}: {row['change']}, {row['documents']} of {row['total']} tickets "
              f"({row['share']:.0%}, before {row['previous_share']:.0%}) of {row['customers']} customers{mood}; "
              f"read {row['example_1']}")


if __name__ == "__main__":
    main()

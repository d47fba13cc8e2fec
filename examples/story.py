#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One customer's whole story at a date: who they are, how they stand, and everything that happened.

    story.py --customer ID [--data FOLDER] [--playbook FILE] [--as-of DATE] [--lines N]

The folder is one of CSV files as for review.py; the sample company by default. What the customer did,
said and paid, and what the playbook's triggers and plays did about it, comes in the order of time:
the last N lines of it (default 40). Logins and other events that come by the dozen are summed up by
month.
"""
import argparse
import pathlib
import sys
from collections import Counter

import churn
from review import load_folder, open_engine

EXAMPLES = pathlib.Path(__file__).resolve().parent
MANY = 20  # events of a type that are told one by one


def profile(engine, customer, as_of):
    """What is known of the customer now, in a line a fact."""
    row = engine.store.records("customer", customer=customer, as_of=as_of)[0]
    for name, value in row.items():
        if value is not None and name not in ("id", "known_at"):
            yield name, f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value)
    for score in engine.scores(as_of, customer=customer):
        value = "unknown" if score["value"] is None else f"{score['value']:.0f}"
        yield score["score"], f"{value}, {score['band']}"


def many(story):
    """The types of events of which there are too many to tell each."""
    counts = Counter(line["what"] for line in story if line["kind"] == "event")
    return {what for what, count in counts.items() if count > MANY}


def month_lines(story, types):
    """Frequent events by month, at the end of the month's days that had them."""
    months = {}
    for line in story:
        if line["kind"] == "event" and line["what"] in types:
            key = (line["at"].strftime("%Y-%m"), line["what"])
            first_count = months.setdefault(key, [line["at"], 0])
            first_count[0] = line["at"]
            first_count[1] += 1
    return [{"at": at, "kind": "event", "what": f"{what}, {count} times in {month}"}
            for (month, what), (at, count) in months.items()]


def money(line):
    amount = line.get("amount")
    return f"{amount / 100:,.2f} {line['currency']}" if amount is not None else ""


def told(line):
    """A line as text: what, its money, its words, what else it says, who."""
    value = line.get("value")
    parts = [line["what"], money(line), f"{value:g}" if value is not None else "",
             f"“{line['text']}”" if line.get("text") else "", line.get("details") or ""]
    user = f" ({line['user']})" if line.get("user") else ""
    return ", ".join(part for part in parts if part) + user


def print_story(engine, customer, as_of, limit):
    lines = engine.story(customer, as_of).to_dicts()
    types = many(lines)
    one_by_one = [line for line in lines if not (line["kind"] == "event" and line["what"] in types)]
    undated = [line for line in one_by_one if line["at"] is None]
    dated = [line for line in one_by_one if line["at"] is not None] + month_lines(lines, types)
    dated.sort(key=lambda line: line["at"])
    print(f"\n{len(lines)} facts; the last {min(limit, len(dated))} lines of {len(dated)}:\n")
    for line in undated if len(dated) <= limit else []:
        print(f"{'from the start':<17}{line['kind']:<14}{told(line)}")
    for line in dated[-limit:]:
        print(f"{line['at']:%Y-%m-%d %H:%M} {line['kind']:<14}{told(line)}")


def main(given=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--customer", required=True)
    parser.add_argument("--data", default=EXAMPLES / "data")
    parser.add_argument("--playbook", default=EXAMPLES / "playbooks" / "saas.yaml")
    parser.add_argument("--as-of", default="2026-02-01")
    parser.add_argument("--lines", type=int, default=40)
    options = parser.parse_args(given)
    playbook = churn.Playbook.load(options.playbook)
    as_of = playbook.time(options.as_of)
    with churn.Store(time_zone=playbook.time_zone) as store:
        load_folder(store, playbook, options.data)
        engine = open_engine(playbook, store, as_of)
        try:
            facts = list(profile(engine, options.customer, as_of))
        except churn.NotFoundError:
            print(f"there is no customer {options.customer!r}", file=sys.stderr)
            return 1
        print(options.customer)
        for name, value in facts:
            print(f"  {name}: {value}")
        print_story(engine, options.customer, as_of, options.lines)
        engine.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""From three colours to a score that can be trusted, on the sample company: what docs/health-scores.md shows.

    health_scores.py [SECTION ...]

Without sections it prints all of them.
"""
import pathlib
import sys
from collections import Counter

import churn
from review import load_folder

EXAMPLES = pathlib.Path(__file__).resolve().parent
AS_OF = "2026-02-01"
PLAYBOOKS = ["starter", "saas", "plg", "enterprise", "consumer"]


def playbook(name):
    return churn.Playbook.load(EXAMPLES / "playbooks" / f"{name}.yaml", strict=True)


def open_engine(name):
    loaded = playbook(name)
    store = churn.Store(time_zone=loaded.time_zone)
    load_folder(store, loaded, EXAMPLES / "data")
    return churn.Engine(loaded, store)


def scores(engine):
    """The score called `health` of everybody who is still a customer."""
    return [row for row in engine.scores(AS_OF, score="health") if not row["churned"]]


def colours():
    """How many are in each colour, by each playbook."""
    for name in PLAYBOOKS:
        engine = open_engine(name)
        bands = [row["id"] for row in engine.playbook.contents()
                 if row["sort"] == "band" and row["parent"] == "health"]
        found = Counter(row["band"] for row in scores(engine))
        print(f"{name:11}" + "".join(f" {band} {found[band]:3}" for band in [*bands, "unknown"]))


def lowest(engine):
    return min((row for row in scores(engine) if row["value"] is not None), key=lambda row: row["value"])


def explanation():
    """Why the lowest score is what it is: lines that add up."""
    engine = open_engine("saas")
    row = lowest(engine)
    print(f"{row['customer']}: {row['value']:.6f}, {row['band']}")
    total = 0
    for line in engine.explain(row["customer"], AS_OF, score="health"):
        if line["contribution"] is None:
            print(f"{'':11}  {line['text']}")
            continue
        total += round(line["contribution"] * 1_000_000)
        print(f"{line['contribution']:+11.6f}  {line['text']}")
    print(f"{total / 1_000_000:11.6f}  together")


def quiet_one(engine):
    """The customer whose use is lowest among those that no cap holds."""
    found = [row for row in scores(engine) if row["value"] is not None and row["value"] > 35]
    return min(found, key=lambda row: row["adoption"])["customer"]


def change():
    """Why a score is not what it was three months ago: what they did, and what is only missing."""
    engine = open_engine("saas")
    customer = quiet_one(engine)
    print(customer)
    for line in engine.explain_change(customer, "2025-11-01", AS_OF, score="health"):
        print(f"{line['contribution']:+11.6f}  {line['kind']:11}  {line['text']}")


def targets():
    """What would bring them to green: one thing, or two together."""
    engine = open_engine("saas")
    customer = quiet_one(engine)
    print(customer)
    for row in engine.targets(customer, AS_OF, "green", score="health"):
        if not row["feasible"]:
            print(f"not by {row['factor']}: {row['reason']}")
        elif row["factor_2"] is None:
            print(f"{row['factor']} from {row['value']:g} to {row['value_needed']:g}: {row['reaches']:.1f}")
        else:
            print(f"{row['factor']} from {row['value']:g} to {row['value_needed']:g} and "
                  f"{row['factor_2']} from {row['value_2']:g} to {row['value_needed_2']:g}: {row['reaches']:.1f}")


def certainty():
    """Who is surely in a band, and who could be in another if all were known."""
    rows = scores(open_engine("saas"))
    known = [row for row in rows if row["value"] is not None]
    sure = [row for row in known if row["certain"]]
    print(f"{len(rows)} customers, {len(known)} with a score, {len(sure)} surely in their band")
    for row in sorted(known, key=lambda row: (row["coverage"], row["customer"]))[:3]:
        print(f"{row['customer']}: {row['value']:.1f} {row['band']}, {row['coverage']:.0%} known, "
              f"between {row['low']:.1f} and {row['high']:.1f}")


def tests():
    """What the playbooks say of themselves."""
    for name in [*PLAYBOOKS, "indicators"]:
        report = playbook(name).test().check()
        print(f"{name:11} {report.passed} expectations met")


def changes():
    """What a change of a weight and a band is, as a reviewer reads it."""
    text = (EXAMPLES / "playbooks/saas.yaml").read_text(encoding="utf-8")
    after = churn.Playbook.parse(text.replace("seat_use,    weight: 2", "seat_use,    weight: 3")
                                 .replace("green: 70", "green: 75").replace("at_most: 35", "at_most: 30"))
    print(playbook("saas").diff(after).text(), end="")


SECTIONS = {part.__name__: part for part in (colours, explanation, certainty, change, targets, tests,
                                              changes)}


def main():
    wanted = sys.argv[1:] or list(SECTIONS)
    for place, name in enumerate(wanted):
        if len(wanted) > 1:
            print(f"{'' if place == 0 else chr(10)}{name}:")
        SECTIONS[name]()


if __name__ == "__main__":
    main()

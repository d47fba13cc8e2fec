# SPDX-License-Identifier: MIT
"""Scores and their explanations beside score_twin.py.

    python compare_scores.py FIRST COUNT

prints every difference, with the seed that makes it again.
"""

import sys
from fractions import Fraction

import churn
import random_scores
from score_twin import MICRO, Twin, is_close_call


def as_float(value):
    return None if value is None else float(value)


def units(value):
    return None if value is None else round(Fraction(value) * MICRO)


class Case:
    def __init__(self, seed):
        self.seed, self.problems = seed, []
        maker = random_scores.Maker(seed)
        self.company = maker.company()
        self.book = maker.playbook()
        self.dates = [random_scores.micros(day) for day in maker.dates]
        self.twin = Twin(self.book, self.company)
        self.text = random_scores.text(self.book)
        self.playbook = churn.Playbook.parse(self.text)
        self.store = churn.Store()
        random_scores.load(self.store, self.company)
        self.engine = churn.Engine(self.playbook, self.store)

    def differ(self, *what):
        self.problems.append(f"seed {self.seed}: " + " ".join(map(str, what)))

    def same(self, theirs, ours, *what):
        if theirs != ours:
            self.differ(*what, "library", repr(theirs), "twin", repr(ours))

    def run(self):
        moments = [random_scores.moment(at) for at in self.dates]
        for score in self.book["scores"]:
            rows = self.engine.scores(moments, score=score["id"]).to_dicts()
            wanted = sorted(((c, at) for at in self.dates for c in self.company.there(at)),
                            key=lambda row: (row[0].encode(), row[1]))
            found = [(row["customer"], self.micros(row["as_of"])) for row in rows]
            if found != wanted:
                self.differ("customers", found, wanted)
                continue
            for row, (customer, at) in zip(rows, wanted):
                self.one(score, row, customer, at)
        return self.problems

    @staticmethod
    def micros(at):
        return int(at.timestamp() * MICRO)

    def one(self, score, row, customer, at):
        ours = self.twin.result(score["id"], customer, at)
        place = (score["id"], customer, (at - random_scores.micros(0)) // random_scores.DAY)
        if any(map(is_close_call, ours.exact)):
            return
        for name in ("value", "coverage", "low", "high"):
            self.same(row[name], as_float(getattr(ours, name)), place, name)
        for name in ("band", "certain", "overridden"):
            self.same(row[name], getattr(ours, name), place, name)
        self.same(row["card"], ours.card or "default", place, "card")
        for group, value in ours.groups.items():
            self.same(units(row[group]), round(value * MICRO), place, group)
        if ours.raw is not None:
            self.explained(score, customer, at, ours, place)

    def explained(self, score, customer, at, ours, place):
        rows = self.engine.explain(customer, random_scores.moment(at), score=score["id"]).to_dicts()
        theirs = [(r["kind"], r["name"], units(r["contribution"])) for r in rows if r["kind"] != "missing"]
        self.same(theirs, ours.lines(), place, "lines")
        missing = {f.id for f in ours.factors if f.points is None}
        self.same({r["name"] for r in rows if r["kind"] == "missing"}, missing, place, "missing")


def run(seed):
    return Case(seed).run()


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    bad = 0
    for seed in range(first, first + count):
        problems = run(seed)
        bad += bool(problems)
        for problem in problems[:6]:
            print(problem[:1500])
        sys.stdout.flush()
    print(f"{count} cases, {bad} with differences")


if __name__ == "__main__":
    main()

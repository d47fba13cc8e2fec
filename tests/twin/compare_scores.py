# SPDX-License-Identifier: MIT
"""Scores and their explanations beside score_twin.py.

    python compare_scores.py FIRST COUNT

prints every difference, with the seed that makes it again.
"""

from fractions import Fraction

import churn
import compare
import random_scores
from score_twin import MICRO, Result, Twin, change_lines, is_close_call


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
        self.other = maker.changed(self.book)
        self.dates = [random_scores.micros(day) for day in maker.dates]
        self.twin, self.old_twin = Twin(self.book, self.company), Twin(self.other, self.company)
        self.text = random_scores.text(self.book)
        self.playbook = churn.Playbook.parse(self.text)
        self.other_playbook = churn.Playbook.parse(random_scores.text(self.other))
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
            self.changes(score)
        return self.problems

    def changes(self, score):
        """Between all dates, by one playbook and from the other one to it."""
        spans = [(a, b) for i, a in enumerate(self.dates) for b in self.dates[i:]]
        for before, at in spans:
            for customer in self.company.there(before):
                self.change(score, customer, before, at, None)
                self.change(score, customer, before, at, self.other_playbook)

    def change(self, score, customer, before, at, other):
        name = score["id"]
        if other is None and before == at:
            return
        was = (self.twin if other is None else self.old_twin).result(name, customer, before)
        configured = self.twin.result(name, customer, before)
        now = self.twin.result(name, customer, at)
        if was.value is None or now.value is None or was.raw is None or now.raw is None or configured.raw is None:
            return
        carded = configured if configured.card == now.card else \
            Result(self.twin, score, customer, before, card=now.card)
        if carded.raw is None or any(is_close_call(v) for r in (was, configured, carded, now) for v in r.exact):
            return
        ours = [("before", name, units(was.value)), *change_lines(was, configured, carded, now),
                ("after", name, units(now.value))]
        rows = self.engine.explain_change(customer, random_scores.moment(before), random_scores.moment(at),
                                          score=name, playbook=other).to_dicts()
        theirs = [(r["kind"], r["name"], units(r["contribution"])) for r in rows]
        ends = [theirs[0][0], theirs[-1][0]]
        self.same(ends, ["before", "after"], name, customer, "ends")
        self.same([theirs[0][2], theirs[-1][2]], [ours[0][2], ours[-1][2]], name, customer, "ends")
        theirs = theirs[1:-1]
        caps = [row for row in theirs if row[0] in ("cap", "floor", "override")]
        self.same([row for row in theirs if row not in caps] + sorted(caps), ours[1:-1], name, customer, before, at,
                  other is not None, "change")

    @staticmethod
    def micros(at):
        return int(at.timestamp() * MICRO)

    def one(self, score, row, customer, at):
        ours = self.twin.result(score["id"], customer, at)
        place = (score["id"], customer, (at - random_scores.micros(0)) // random_scores.DAY)
        if any(map(is_close_call, ours.exact)):
            return
        if not ours.coverage_is_close:
            self.same(row["coverage"], as_float(ours.coverage), place, "coverage")
        elif abs(row["coverage"] - ours.coverage) > 1.1e-12:
            self.differ(place, "coverage", row["coverage"], float(ours.coverage))
        for name in ("value", "low", "high"):
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


if __name__ == "__main__":
    compare.tell(run)

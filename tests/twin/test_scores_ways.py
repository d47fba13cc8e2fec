# SPDX-License-Identifier: MIT
"""The same scores asked for in every way there is, to the last bit.

All customers at many dates in one call (so many that a few customers fill a batch), with one thread and with several,
beside each date alone, some customers alone, one after the other in any order, and stores that end at the date.
CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python test_scores_ways.py SEED 1` makes a failure again.
"""

import os
import random
import sys

import churn
import pytest
import random_scores
from score_twin import Company

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "16"))
SHOWN = ["value", "band", "coverage", "low", "high", "certain", "overridden", "card"]


def factors_of(groups):
    for group in groups:
        yield from group.get("factors", [])
        yield from factors_of(group.get("groups", []))


def spice(book, chance):
    """What random books have little of: trends, and values that are carried from several sorts of inputs."""
    for score in book["scores"]:
        for factor in factors_of(score.get("groups", [])):
            own = "metric" in factor and "points" not in factor
            if own and "curve" in factor and len(factor) < 5 and chance.random() < 0.2:
                del factor["curve"]
                factor["trend"] = {"periods": chance.randrange(3, 7), "every": "10d"}
            form = factor.get("percentile") or factor.get("robust_z") or {"among": "self"}
            if own and form["among"] in ("self", "frozen") and chance.random() < 0.6:
                factor["missing"] = {"carry": {"max_age": "60d", "every": chance.choice(["5d", "20d"])}}
                factor.pop("value", None)


def until(company, at):
    """What is known at an instant."""
    since = {name: day for name, day in company.since.items() if day <= at}
    attributes = {(name, key): [change for change in line if change[0] <= at]
                  for (name, key), line in company.attributes.items() if name in since}
    overrides = [row for row in company.overrides if row[2] <= at and row[0] in since]
    return Company(since, attributes, overrides, company.mrr)


class Ways:
    def __init__(self, seed):
        self.seed, self.problems, self.random = seed, [], random.Random(seed)
        maker = random_scores.Maker(seed)
        self.company, book = maker.company(), maker.playbook()
        spice(book, self.random)
        self.playbook = churn.Playbook.parse(random_scores.text(book))
        self.store = self.store_of(self.company)
        self.dates = [random_scores.moment(random_scores.micros(day)) for day in range(85, 215)]
        self.few = self.random.sample(self.dates, 4)
        self.names = sorted(self.company.since)

    @staticmethod
    def store_of(company):
        store = churn.Store()
        random_scores.load(store, company)
        return store

    def scores(self, store, dates, threads=1, **whom):
        """By customer, date and score; a call at one date does not say it again."""
        engine = churn.Engine(self.playbook, store, threads=threads)
        rows = engine.scores(dates if len(dates) > 1 else dates[0], **whom).to_dicts()
        return {(row["customer"], row.get("as_of", dates[0]), row["score"]): [row[name] for name in SHOWN]
                for row in rows}

    def same(self, found, wanted, *what):
        for key in sorted({*found, *wanted}, key=str):
            if found.get(key) != wanted.get(key):
                self.problems.append(f"seed {self.seed}: {what} {key}: {found.get(key)} not {wanted.get(key)}")
                return

    @staticmethod
    def only(rows, keep):
        return {key: row for key, row in rows.items() if keep(key)}

    def one_by_one(self, everything):
        engine = churn.Engine(self.playbook, self.store)
        turns = [(name, date) for name in self.names for date in self.few]
        self.random.shuffle(turns)
        for name, date in turns:
            answer = engine.customer(name, date)
            found = {(name, date, score): [row[key] for key in SHOWN] for score, row in answer["scores"].items()}
            self.same(found, self.only(everything, lambda key: key[:2] == (name, date)), "one by one")

    def run(self):
        everything = self.scores(self.store, self.dates)
        self.same(self.scores(self.store, self.dates, threads=4), everything, "threads")
        some = self.random.sample(self.names, (len(self.names) + 1) // 2)
        self.same(self.scores(self.store, self.dates, customers=some),
                  self.only(everything, lambda key: key[0] in some), "some customers")
        for date in self.few:
            then = self.only(everything, lambda key: key[1] == date)
            self.same(self.scores(self.store, [date]), then, "a date alone")
            at = round(date.timestamp() * 1_000_000)
            self.same(self.scores(self.store_of(until(self.company, at)), [date]), then, "what was known then")
        self.one_by_one(everything)
        return self.problems


def run(seed):
    return Ways(seed).run()


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_ways(seed):
    assert run(seed) == []


if __name__ == "__main__":
    for number in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
        for problem in run(number):
            print(problem[:1000], flush=True)

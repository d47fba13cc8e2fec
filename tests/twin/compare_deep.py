# SPDX-License-Identifier: MIT
"""Every metric that there is, beside deep.py.

    python compare_deep.py FIRST COUNT

prints every difference, with the seed that makes it again.
"""

import churn
import compare
import deep
import random_company
import random_deep
import twin
from twin import Missing


class DeepCase(compare.Case):
    def __init__(self, seed):
        self.seed, self.problems = seed, []
        self.maker = random_deep.DeepMaker(seed)
        self.records = self.maker.company()
        self.spec = self.maker.playbook()
        self.company = twin.Company(self.records)
        self.book = twin.Book(self.spec)
        self.text = random_company.playbook_text(self.spec)
        self.playbook = churn.Playbook.parse(self.text)
        self.store = churn.Store(time_zone=self.maker.zone_name)
        random_deep.load(self.store, self.records)
        self.engine = churn.Engine(self.playbook, self.store)
        self.dates = self.maker.dates(3)

    def run(self):
        for at in self.dates:
            answers = deep.Answers(self.book, self.company, at)
            rows = self.engine.metrics(at).to_dicts()
            reasons = {(r["customer"], r["metric"]): r["reason"] for r in self.engine.missing(at).to_dicts()}
            if [row["customer"] for row in rows] != answers.people():
                self.differ("metrics", at, "customers", [row["customer"] for row in rows], answers.people())
                continue
            for row in rows:
                for name, spec in self.book.metrics.items():
                    self.one(at, answers, row, name, spec, reasons)
        together = self.engine.metrics(self.dates).to_dicts()
        single = [{**row, "as_of": random_company.moment(at)}
                  for at in self.dates for row in self.engine.metrics(at).to_dicts()]
        single.sort(key=lambda row: (row["customer"].encode(), row["as_of"]))
        if repr([sorted(r.items()) for r in together]) != repr([sorted(r.items()) for r in single]):
            self.differ("metrics", self.dates, "many dates", None, None)
        return self.problems

    def one(self, at, answers, row, name, spec, reasons):
        ours, theirs = answers.metric(row["customer"], name), row[name]
        if isinstance(ours, deep.Instant):
            ours, theirs = str(int(ours)), None if theirs is None else str(twin.micros_of(theirs))
        self.same("metrics", at, (row["customer"], spec), theirs, ours, 1e-11)
        why = ours.name if isinstance(ours, Missing) else None
        if reasons.get((row["customer"], name)) != why:
            self.differ("reason", at, (row["customer"], spec), reasons.get((row["customer"], name)), why)


def run(seed):
    return DeepCase(seed).run()


if __name__ == "__main__":
    compare.tell(run)

# SPDX-License-Identifier: MIT
"""One random case: what the twin says beside what the library says.

    python compare.py FIRST COUNT [part ...]

prints every difference, with the seed that makes it again.
"""

import math
import random
import sys
from fractions import Fraction

import churn
import random_company
import twin
from twin import DAY, Missing

PARTS = ["metrics", "scores", "explain", "triggers", "figures", "loading", "leaks"]


def micros(moment):
    return None if moment is None else twin.micros_of(moment)


def text_of(value):
    """The library writes empty texts for what is not there."""
    return None if value == "" else value


class Case:
    """A company, a playbook, and what the library made of them."""

    def __init__(self, seed):
        self.seed = seed
        self.maker = random_company.Maker(seed)
        self.records = self.maker.company()
        self.spec = self.maker.playbook()
        self.company = twin.Company(self.records)
        self.book = twin.Book(self.spec)
        self.text = random_company.playbook_text(self.spec)
        self.playbook = churn.Playbook.parse(self.text)
        self.store = self.loaded()
        self.engine = churn.Engine(self.playbook, self.store)
        self.dates = self.maker.dates(4)
        self.problems = []

    def loaded(self, records=None, how="frames", shuffle=None):
        store = churn.Store(time_zone=self.maker.zone_name)
        random_company.load(store, records or self.records, how, shuffle)
        return store

    def differ(self, part, at, where, theirs, ours):
        self.problems.append(f"seed {self.seed} {part} at {at} {where}: library {theirs!r}, twin {ours!r}")

    def same(self, part, at, where, theirs, ours, within=0.0):
        if isinstance(ours, Missing):
            ours = None
        if isinstance(ours, Fraction):
            ours = float(ours)
        if theirs is None or ours is None or isinstance(ours, (str, bool)):
            equal = theirs == ours and type(theirs) is type(ours)
        else:
            equal = math.isclose(theirs, ours, rel_tol=within, abs_tol=within) or theirs == ours
        if not equal:
            self.differ(part, at, where, theirs, ours)
        return equal

    # ---- questions ----

    def metrics(self):
        for at in self.dates:
            answers = twin.Answers(self.book, self.company, at)
            people = answers.people()
            rows = self.engine.metrics(at).to_dicts()
            if [row["customer"] for row in rows] != people:
                self.differ("metrics", at, "customers", [row["customer"] for row in rows], people)
                continue
            reasons = {(r["customer"], r["metric"]): r["reason"] for r in self.engine.missing(at).to_dicts()}
            for row in rows:
                for name, spec in self.book.metrics.items():
                    ours = answers.metric(row["customer"], name)
                    rounded = spec.get("agg") == "trend" or "ratio" in spec or "pct_change" in spec
                    self.same("metrics", at, (row["customer"], spec), row[name], ours, 1e-12 if rounded else 0.0)
                    why = ours.name if isinstance(ours, Missing) else None
                    theirs = reasons.get((row["customer"], name))
                    if theirs != why:
                        self.differ("reason", at, (row["customer"], spec), theirs, why)
        together = self.engine.metrics(self.dates).to_dicts()
        single = [{**row, "as_of": at} for at in self.dates for row in self.engine.metrics(at).to_dicts()]
        for row in together:
            row["as_of"] = micros(row["as_of"])
        single.sort(key=lambda row: (row["customer"].encode(), row["as_of"]))
        if repr([sorted(r.items()) for r in together]) != repr([sorted(r.items()) for r in single]):
            self.differ("metrics", self.dates, "many dates", together, single)

    def scores(self):
        for at in self.dates:
            answers = twin.Answers(self.book, self.company, at)
            for spec in self.spec["scores"]:
                rows = self.engine.scores(at, score=spec["id"]).to_dicts()
                if [row["customer"] for row in rows] != answers.people():
                    self.differ("scores", at, "customers", [r["customer"] for r in rows], answers.people())
                    continue
                for row in rows:
                    self.score_row(at, answers, spec, row)
        many = [{**row, "as_of": micros(row["as_of"])} for row in self.engine.scores(self.dates).to_dicts()]
        single = [{**row, "as_of": at} for at in self.dates for row in self.engine.scores(at).to_dicts()]
        order = {s["id"]: n for n, s in enumerate(self.spec["scores"])}
        for rows in (many, single):
            rows.sort(key=lambda row: (row["customer"].encode(), row["as_of"], order[row["score"]]))
        if repr([sorted(r.items()) for r in many]) != repr([sorted(r.items()) for r in single]):
            self.differ("scores", self.dates, "many dates", many, single)

    def score_row(self, at, answers, spec, row):
        customer = row["customer"]
        score = answers.score(customer, spec["id"])

        def points(value):
            return None if value is None else value / 1e6

        where = (customer, spec["id"])
        self.same("scores", at, (*where, "value"), row["value"], points(score.value), 1.1e-6)
        if score.value is None or not any(abs(score.value / 1e6 - b) < 1.1e-6 for b in spec["bands"].values()):
            self.same("scores", at, (*where, "band"), row["band"], score.band)
        self.same("scores", at, (*where, "coverage"), row["coverage"], score.coverage, 1e-12)
        self.same("scores", at, (*where, "low"), row["low"], points(score.low), 1.1e-6)
        self.same("scores", at, (*where, "high"), row["high"], points(score.high), 1.1e-6)
        self.same("scores", at, (*where, "churned"), row["churned"], answers.loss(customer) is not None)
        for group, value in score.groups.items():
            self.same("scores", at, (*where, group), row[group], points(value), 1.1e-6)

    def explain(self):
        at = self.dates[-1]
        answers = twin.Answers(self.book, self.company, at)
        for customer in answers.people():
            for spec in self.spec["scores"]:
                lines = self.engine.explain(customer, at, score=spec["id"]).to_dicts()
                self.explain_one(at, answers, customer, spec, lines)

    def explain_one(self, at, answers, customer, spec, lines):
        score = answers.score(customer, spec["id"])
        where = (customer, spec["id"])
        parts = [round((line["contribution"] or 0.0) * 1e6) for line in lines]
        if score.value is not None:
            got = self.engine.scores(at, score=spec["id"], customer=customer).to_dicts()[0]["value"]
            if sum(parts) != round(got * 1e6):
                self.differ("explain", at, (*where, "sum"), sum(parts) / 1e6, got)
        if score.exact is None:
            return
        self.same("explain", at, (*where, "baseline"), lines[0]["contribution"], float(spec["baseline"]))
        kinds = [line["kind"] for line in lines]
        order = {"baseline": 0, "factor": 1, "cap": 2, "floor": 2, "missing": 3}
        if kinds != sorted(kinds, key=lambda kind: order[kind]) or kinds.count("baseline") != 1:
            self.differ("explain", at, (*where, "order"), kinds, None)
        theirs = {(line["group"], line["name"]): line for line in lines if line["kind"] == "factor"}
        ours = {(f[0]["id"], f[1].get("id", f[1]["metric"])): f for f in score.factors if f[3] is not None}
        if set(theirs) != set(ours):
            self.differ("explain", at, (*where, "factors"), sorted(theirs), sorted(ours))
            return
        for name, line in theirs.items():
            weight, points = score.weights[name], ours[name][3]
            self.same("explain", at, (*where, name, "weight"), line["weight"], weight, 1e-12)
            self.same("explain", at, (*where, name, "points"), line["points"], points, 1.1e-6)
            self.same("explain", at, (*where, name), line["contribution"],
                      weight * (points - Fraction(str(spec["baseline"]))), 2.1e-6)
        gone = sorted((f[0]["id"], f[1].get("id", f[1]["metric"])) for f in score.factors if f[3] is None)
        if gone != sorted((line["group"], line["name"]) for line in lines if line["kind"] == "missing"):
            self.differ("explain", at, (*where, "missing"), [li for li in lines if li["kind"] == "missing"], gone)

    # ---- the state machine ----

    def ticks(self):
        chance, at, made = random.Random(self.seed + 1), self.maker.start, []
        for _ in range(min(self.maker.days, 40)):
            made.append(at)
            local = twin.at_zone(at, self.maker.zone).date()
            at = chance.choice([at + DAY // 2, at + DAY, at + DAY, at + DAY, at + 2 * DAY, at + 7 * DAY,
                                twin.next_period(at, "day", self.maker.zone)])
            assert local
        return made

    def triggers(self):
        machine = twin.Engine(self.book, self.company)
        engine = churn.Engine(self.playbook, self.store)
        for at in self.ticks():
            ours = machine.advance(at)
            theirs = engine.advance(at)._asdict()
            bad = {key: (theirs[key], value) for key, value in ours.items() if theirs[key] != value}
            if bad:
                self.differ("run", at, sorted(bad), [v[0] for v in bad.values()], [v[1] for v in bad.values()])
                break
        theirs = engine.episodes().to_dicts()
        ours = sorted(machine.episodes, key=lambda e: (e["fired_at"], [t["id"] for t in self.spec["triggers"]].index(
            e["trigger"]), e["customer"].encode()))
        if len(theirs) != len(ours):
            self.differ("episodes", at, "count", len(theirs), len(ours))
        for a, b in zip(theirs, ours):
            got = {"trigger": a["trigger"], "customer": a["customer"], "episode": a["episode"],
                   "fired_at": micros(a["fired_at"]), "resolved_at": micros(a["resolved_at"]),
                   "reason": text_of(a["reason"]), "state": a["state"], "reminders": a["reminders"],
                   "relapses": a["relapses"], "severity": a["severity"]}
            if got != b:
                bad = {key for key in b if got[key] != b[key]}
                self.differ("episodes", b["fired_at"], (b["trigger"], b["customer"], sorted(bad)), got, b)
                break

    # ---- figures ----

    def figures(self):
        zone = self.maker.zone
        chance = random.Random(self.seed + 2)
        start = twin.midnight(twin.at_zone(self.maker.start, zone).date().replace(day=1), zone)
        every = chance.choice(["day", "week", "month", "quarter", None])
        if every == "quarter":
            local = twin.at_zone(start, zone).date()
            start = twin.midnight(local.replace(month=(local.month - 1) // 3 * 3 + 1), zone)
        if every == "week":
            local = twin.at_zone(start, zone).date()
            start = twin.midnight(local - twin.datetime.timedelta(days=local.weekday()), zone)
        ends = [start]
        if every is None:
            ends.append(start + 37 * DAY + 5)
        while every and len(ends) < 5:
            ends.append(twin.next_period(ends[-1], every, zone))
        as_of = chance.choice([None, ends[-1] + 20 * DAY, ends[-1]])
        ledger = twin.Ledger(self.book, self.company, as_of or ends[-1])
        self.movement_rows(ledger, start, ends[-1], as_of)
        rows = self.engine.kpi(None, start, ends[-1], every=every, as_of=as_of).to_dicts()
        got = {(row["kpi"], micros(row["period_start"]), micros(row["period_end"])): row for row in rows}
        for first, last in zip(ends, ends[1:]):
            for name, value in ledger.figures(first, last).items():
                row = got.get((name, first, last))
                if row is None:
                    self.differ("figures", first, (name, every), sorted(got)[:3], last)
                elif not any(ledger.is_foreign(c, first, last) for c in ledger.lines):
                    self.same("figures", (first, last, as_of), (name, every), row["value"],
                              value, 1e-12)

    def movement_rows(self, ledger, start, end, as_of):
        rows = self.engine.movements(start, end, as_of=as_of).to_dicts()
        theirs = []
        for r in rows:  # rows of several subscriptions are one movement
            what = (micros(r["at"]), r["customer"], r["kind"])
            if theirs and theirs[-1][:3] == what:
                last = theirs.pop()
                theirs.append((*what, last[3] + r["amount"], last[4], r["after"]))
            else:
                theirs.append((*what, r["amount"], r["before"], r["after"]))
        ours = ledger.movements(start, end)
        if theirs != ours:
            self.differ("movements", (start, end, as_of), "", [t for t in theirs if t not in ours],
                        [o for o in ours if o not in theirs])

    # ---- the same whatever the way ----

    def everything(self, store, dates):
        engine = churn.Engine(self.playbook, store)
        return repr([[engine.metrics(at).to_dicts(), engine.missing(at).to_dicts(), engine.scores(at).to_dicts(),
                      engine.at_risk(at).to_dicts(), engine.disagreements(at).to_dicts()] for at in dates])

    def history(self, store):
        engine = churn.Engine(self.playbook, store)
        for at in self.ticks()[:15]:
            engine.advance(at)
        return engine.hash(), repr(engine.episodes().to_dicts())

    def loading(self):
        expected, history = self.everything(self.store, self.dates), self.history(self.store)
        span = self.maker.start, self.maker.end
        money = repr(self.engine.movements(*span).to_dicts())
        for number, how in enumerate(["frames", "one", "pieces", "one"]):
            chance = random.Random(self.seed * 10 + number)
            store = self.loaded(None, how, chance)
            if store.hash() != self.store.hash():
                self.differ("loading", how, "hash", store.hash(), self.store.hash())
            if self.everything(store, self.dates) != expected:
                self.differ("loading", how, "answers", None, None)
            if self.history(store) != history:
                self.differ("loading", how, "history", None, None)
            if repr(churn.Engine(self.playbook, store).movements(*span).to_dicts()) != money:
                self.differ("loading", how, "movements", None, None)

    def leaks(self):
        """What happens or is learned later changes nothing before."""
        cut = self.dates[2]
        before = [at for at in self.dates if at <= cut]
        expected = self.everything(self.store, before)
        later = {kind: [row for row in self.records[kind] if self.is_earlier(kind, row, cut)]
                 for kind in random_company.KINDS}
        later["marks"] = [m for m in self.records["marks"] if m[2] is None or m[2] <= cut]
        store = self.loaded(later)
        for kind in random_company.KINDS:  # that a kind is loaded at all is no record
            if self.records[kind] and not later[kind]:
                store.add(kind, {name: [] for name in self.records[kind][0] if name != "attributes"}, money="minor")
        if self.everything(store, before) != expected:
            self.differ("leaks", cut, "answers", self.first_difference(store, before), None)

    def first_difference(self, store, dates):
        for at in dates:
            a, b = (churn.Engine(self.playbook, s) for s in (store, self.store))
            for name in ("metrics", "missing", "scores", "at_risk", "disagreements"):
                one, two = getattr(a, name)(at).to_dicts(), getattr(b, name)(at).to_dicts()
                if repr(one) != repr(two):
                    return name, at, [r for r in one if r not in two][:2], [r for r in two if r not in one][:2]
        return None

    @staticmethod
    def is_earlier(kind, row, cut):
        happened = row[twin.HAPPENED[kind]]
        if row["known_at"] is not None and row["known_at"] > cut:
            return kind == "customer" and row["known_at"] == happened  # `since` is no news
        if happened is None or kind == "customer":
            return True
        return happened <= cut if kind in twin.STATES else happened < cut


def run(seed, parts=PARTS):
    case = Case(seed)
    for part in parts:
        getattr(case, part)()
    return case.problems


def tell(run, most=4):
    """The differences of the seeds that the command line names, FIRST COUNT, on standard output."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    bad = 0
    for seed in range(first, first + count):
        problems = run(seed)
        bad += bool(problems)
        for problem in problems[:most]:
            print(problem[:6000])
        if len(problems) > most:
            print("   ... and", len(problems) - most, "more")
        sys.stdout.flush()
    print(f"{count} cases, {bad} with differences")


if __name__ == "__main__":
    tell(lambda seed: run(seed, sys.argv[3:] or PARTS))

# SPDX-License-Identifier: MIT
"""Random books and playbooks for score_twin.py: every sort of factor, group, cap, card and band."""

import copy
import json
import random
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from score_twin import DAY, Company, Cond

START = datetime(2025, 9, 1, tzinfo=timezone.utc)
WORDS = ["free", "pro", "team", "enterprise"]


class Expr(str):
    """An expression that gives points, and how to compute it from what names stand for."""

    def __new__(cls, text, compute):
        made = super().__new__(cls, text)
        made.compute = compute
        return made

    def __deepcopy__(self, _):
        return self


def micros(day):
    return int((START - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()) * 1_000_000 + day * DAY


def moment(at):
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=at)


def value_of(name):
    return lambda named: None if named(name) is None else Fraction(named(name))


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.numbers = [f"a{i}" for i in range(5)]
        self.dates = sorted(self.random.sample(range(90, 200), 3))

    # ---- the book ----

    def number(self):
        sort = self.random.randrange(4)
        if sort == 0:
            return self.random.randrange(0, 12)
        if sort == 1:
            return round(self.random.uniform(-5, 30), 2)
        return round(self.random.uniform(0, 20), self.random.choice([0, 1, 5]))

    def timeline(self, since, make):
        days = sorted(self.random.sample(range(since, 210), self.random.randrange(0, 6)))
        return [(micros(day), None if self.random.random() < 0.2 else make()) for day in days]

    def company(self):
        count = self.random.choice([1, 2, 5, 12, 30])
        names = [f"c{i:02d}" for i in range(count)]
        since = {name: self.random.randrange(0, 150) for name in names}
        attributes = {}
        for name in names:
            for attribute in self.numbers:
                attributes[name, attribute] = self.timeline(since[name], self.number)
            attributes[name, "plan"] = self.timeline(since[name], lambda: self.random.choice(WORDS))
            attributes[name, "sponsor"] = self.timeline(since[name], lambda: self.random.random() < 0.5)
            attributes[name, "seen"] = self.timeline(since[name], lambda: round(self.random.uniform(0, 200), 1))
            others = names[:names.index(name)]  # a store refuses circles
            if others and self.random.random() < 0.6:
                parent = self.random.choice(others)
                attributes[name, "parent"] = [(micros(since[name]), parent)]
        overrides = {}
        for _ in range(self.random.randrange(0, count + 1)):
            at = self.random.randrange(20, 200)
            value = None if self.random.random() < 0.2 else self.random.choice([0, 12.5, 35, 80, 100])
            expires = micros(at + self.random.randrange(1, 60)) if self.random.random() < 0.5 else None
            key = (self.random.choice(names), self.random.choice(["health", "health", "other", "sites", "third"]), micros(at))
            overrides[key] = (value, expires)
        mrr = {name: self.random.choice([0, 100, 4999, 120000]) for name in names}
        return Company({name: micros(day) for name, day in since.items()}, attributes,
                       [(*key, *rest) for key, rest in overrides.items()], mrr)

    # ---- conditions ----

    def condition(self, names, depth=0):
        sort = self.random.randrange(6)
        if depth > 1 or sort < 3:
            name = self.random.choice(names)
            op, limit = self.random.choice(["<", "<=", ">", ">="]), self.random.choice([0, 2.5, 5, 8, 15, 40])
            return Cond(f"{name} {op} {float(limit)}", ("cmp", name, op, Fraction(limit)))
        a, b = self.condition(names, depth + 1), self.condition(names, depth + 1)
        if sort == 3:
            return Cond(f"!({a})", ("not", a.tree))
        return Cond(f"({a}) && ({b})", ("and", a.tree, b.tree)) if sort == 4 else \
            Cond(f"({a}) || ({b})", ("or", a.tree, b.tree))

    def metric_names(self):
        return [f"metric.{name}" for name in self.numbers]

    # ---- factors ----

    def points(self, count, least=-5, most=30):
        xs = sorted({round(self.random.uniform(least, most), 2) for _ in range(count)})
        while len(xs) < 2:
            xs = sorted({round(self.random.uniform(least, most), 2) for _ in range(count + 1)})
        return [[x, self.random.choice([0, 100, round(self.random.uniform(0, 100), 1)])] for x in xs]

    def shape(self, factor):
        if self.random.random() < 0.6:
            factor["curve"] = self.points(self.random.randrange(2, 6))
        else:
            factor["steps"] = self.points(self.random.randrange(2, 5))
            if self.random.random() < 0.5:
                factor["ends"] = "right"

    def among(self):
        part = {"among": self.random.choice(["book", "segment", "segment.s0", "self", "frozen"])}
        if part["among"] == "self":
            part.update(periods=self.random.randrange(3, 9), every=self.random.choice(["7d", "10d"]))
        part["fewest"] = self.random.randrange(2, 4)
        return part

    def trend(self):
        periods = self.random.randrange(3, 9)
        return {"periods": periods, "every": self.random.choice(["7d", "10d"]), "fewest": self.random.randrange(3, periods + 1)}

    def roll_up(self, scores):
        take = self.random.choice(["mean", "min", "max", "median", "quantile", "worst", "mrr", "any"])
        part = {"score": self.random.choice(scores), "take": take}
        part.update({"quantile": {"q": 0.3}, "worst": {"k": 2}, "any": {"band": "yellow"}}.get(take, {}))
        if self.random.random() < 0.4:
            part["of"] = "descendants"
        return part

    def missing(self, factor, numeric, carries=True):
        policy = self.random.choice(["exclude", "exclude", "value", "worst", "best", "error", "carry"])
        if policy == "error" and self.random.random() < 0.7:
            policy = "exclude"
        if policy == "value":
            factor.update(missing="value", value=numeric())
        elif policy == "carry":
            if carries:
                part = {"max_age": self.random.choice(["20d", "60d"]), "every": self.random.choice(["1d", "5d"])}
                if self.random.random() < 0.6:
                    part["half_life"] = self.random.choice(["10d", "30d"])
                factor["missing"] = {"carry": part}
        elif policy != "exclude":
            factor["missing"] = policy

    def factor(self, number, scores):
        factor = {"id": f"f{number}", "weight": self.random.choice([1, 2, 0.5, 3.7, 20])}
        sorts = ["metric", "metric", "metric", "points", "truth", "expression", "percentile", "robust_z", "trend"]
        sort = self.random.choice(sorts + (["score", "roll_up"] if scores else []))
        if sort == "metric":
            factor["metric"] = self.random.choice(self.numbers)
            self.shape(factor)
            self.missing(factor, self.number)
        elif sort == "points":
            words = self.random.sample(WORDS, self.random.randrange(1, 4))
            factor.update(metric="plan", points={word: self.random.randrange(0, 101) for word in words})
            if self.random.random() < 0.5:
                factor["otherwise"] = self.random.randrange(0, 101)
            self.missing(factor, lambda: self.random.choice(words), carries=False)
        elif sort == "truth":
            factor.update(metric="sponsor", points={"true": 90, "false": self.random.randrange(0, 60)})
        elif sort == "expression":
            name = self.random.choice(self.metric_names())
            read = value_of(name)
            factor["expression"] = Expr(f"{name} * 7.5 - 10.0", lambda named: None if read(named) is None
                                        else read(named) * Fraction("7.5") - 10)
        elif sort in ("percentile", "robust_z"):
            factor["metric"] = self.random.choice(self.numbers)
            factor[sort] = self.among()
            if self.random.random() < 0.3:
                factor["curve"] = self.points(3, 0, 1) if sort == "percentile" else self.points(3, -3, 3)
            elif self.random.random() < 0.4:
                factor["direction"] = "lower"
            self.missing(factor, lambda: round(self.random.uniform(0, 1), 2), carries=False)
        elif sort == "trend":
            factor.update(metric=self.random.choice(self.numbers), trend=self.trend())
            if self.random.random() < 0.3:
                factor["curve"] = self.points(4, -1, 1)
            elif self.random.random() < 0.4:
                factor["direction"] = "lower"
            self.missing(factor, lambda: round(self.random.uniform(-0.2, 0.2), 3), carries=False)
        elif sort == "score":
            factor["score"] = self.random.choice(scores)
            if self.random.random() < 0.5:
                factor["curve"] = self.points(3, 0, 100)
            self.missing(factor, lambda: self.random.randrange(0, 101), carries=False)
        else:
            factor["roll_up"] = self.roll_up(scores)
            self.missing(factor, lambda: self.random.randrange(0, 101), carries=False)
        if sort in ("metric", "percentile", "points", "trend", "score", "roll_up") and self.random.random() < 0.25:
            factor["decay"] = {"by": "seen", "after": self.random.choice([0, 30]), "half_life": self.random.choice([20, 90])}
        return factor

    # ---- a score ----

    def group(self, prefix, depth, scores):
        group = {"id": f"g{prefix}", "weight": self.random.choice([1, 10, 25, 33.3])}
        group["factors"] = [self.factor(f"{prefix}_{i}", scores) for i in range(self.random.randrange(1, 4))]
        if depth < 2 and self.random.random() < 0.4:
            group["groups"] = [self.group(f"{prefix}_{i}", depth + 1, scores) for i in range(self.random.randrange(1, 3))]
            if self.random.random() < 0.3:
                del group["factors"]
        self.idle(group)
        return group

    def idle(self, group):
        """Now and then a member without weight, beside another one that has some."""
        members = group.get("factors", []) + group.get("groups", [])
        if len(members) > 1 and self.random.random() < 0.15:
            self.random.choice(members)["weight"] = 0

    def caps(self, factors):
        caps = []
        for i in range(self.random.randrange(0, 4)):
            cap = {"id": f"k{i}"}
            if self.random.random() < 0.4:
                cap["critical"] = "any" if self.random.random() < 0.3 else \
                    self.random.sample(factors, min(len(factors), 2))
                cap["below"] = self.random.choice([10, 30, 55.5])
                if len(factors) > 1 and (cap["critical"] == "any" or len(cap["critical"]) > 1):
                    cap["fewest"] = self.random.choice([1, 2])
                cap["at_most"] = self.random.choice([5, 30, 62.5, 90])
            else:
                cap["when"] = self.condition(self.metric_names())
                if self.random.random() < 0.3:
                    cap["unless"] = self.condition(self.metric_names())
                cap[self.random.choice(["at_most", "at_least"])] = self.random.choice([5, 30, 62.5, 90])
            caps.append(cap)
        if self.random.random() < 0.3:
            caps.insert(self.random.randrange(len(caps) + 1), {"id": "override"})
        return caps

    def card(self, score, factors, groups):
        card = {}
        if self.random.random() < 0.4:
            card["min_coverage"] = self.random.choice([0, 0.2, 0.7])
        if self.random.random() < 0.4:
            card["bands"] = {"green": self.random.choice([66, 80])}
        top = score["groups"][0]
        change = {"weight": self.random.choice([2, 40])}
        chosen = [f for f in top.get("factors", []) if "curve" in f or "steps" in f]
        if chosen:
            inner = {"weight": self.random.choice([1, 9])}
            if "metric" in chosen[0] and "percentile" not in chosen[0] and "robust_z" not in chosen[0] and "curve" in chosen[0]:
                inner["curve"] = self.points(3)
            change["factors"] = {chosen[0]["id"]: inner}
        card["groups"] = {top["id"]: change}
        if top.get("groups"):
            card["groups"][top["groups"][0]["id"]] = {"weight": 7}
        for cap in score.get("caps", []):
            if len(cap) > 1 and self.random.random() < 0.5:
                bound = "at_least" if "at_least" in cap else "at_most"
                card.setdefault("caps", {})[cap["id"]] = \
                    {"off": True} if self.random.random() < 0.4 else {bound: self.random.choice([10, 50])}
        return card

    def score(self, ident, prefix, scores):
        score = {"id": ident, "groups": [self.group(f"{prefix}{i}", 0, scores) for i in range(self.random.randrange(1, 4))]}
        factors, groups = [], []

        def walk(group):
            groups.append(group["id"])
            factors.extend(f["id"] for f in group.get("factors", []))
            for inner in group.get("groups", []):
                walk(inner)
        for group in score["groups"]:
            walk(group)
        if len(groups) > 1 and len(score["groups"]) > 1 and self.random.random() < 0.1:
            score["groups"][-1]["weight"] = 0
        score["caps"] = self.caps(factors)
        if not score["caps"]:
            del score["caps"]
        score["bands"] = {"green": 70, "yellow": {"from": 40, "color": "#f9a825"}, "red": self.random.choice([0, 0, 0, 12])}
        if self.random.random() < 0.6:
            score["min_coverage"] = self.random.choice([0, 0.1, 0.3, 0.8])
        if self.random.random() < 0.3:
            score["overrides"] = self.random.choice([{"max_age": "30d"}, {"ignore": True}])
        if self.random.random() < 0.2:
            score["baseline"] = self.random.choice([0, 60, 33.3])
        if self.random.random() < 0.6:
            score["segments"] = {"s0": self.card(score, factors, groups)}
            if self.random.random() < 0.5:
                score["segments"]["s1"] = {"from": "s0", "min_coverage": 0.4} if self.random.random() < 0.5 else \
                    self.card(score, factors, groups)
        return score

    def playbook(self, name="book"):
        book = {"churn": 1, "name": name, "currency": "USD",
                "attributes": {**{a: "number" for a in self.numbers}, "plan": "string", "sponsor": "bool", "seen": "number"},
                "references": {"frozen": {"metric": "a0", "made_at": "2026-01-01", "values": [0, 1, 2.5, 9, 20],
                                          "counts": [3, 1, 1, 4, 1]}},
                "metrics": [{"id": a, "attribute": a} for a in [*self.numbers, "plan", "sponsor", "seen"]],
                "segments": [{"id": "s0", "when": self.condition(self.metric_names())},
                             {"id": "s1", "when": self.condition(self.metric_names())}]}
        book["scores"] = [self.score("health", "a", [])]
        if self.random.random() < 0.6:
            book["scores"].append(self.score("other", "b", ["health"]))
        names = [score["id"] for score in book["scores"]]
        if self.random.random() < 0.3:
            book["scores"].append({"id": "sites", "roll_up": self.roll_up(names), "min_coverage": self.random.choice([0, 0.5]),
                                   "bands": {"green": 60, "yellow": 30, "red": 0}})
            names.append("sites")
        if self.random.random() < 0.4:
            book["scores"].append(self.score("third", "c", names))
        return book

    def changed(self, book):
        """Another playbook, which differs in numbers, and has a factor more and maybe one less."""
        changed = copy.deepcopy(book)
        for score in changed["scores"]:
            if "groups" not in score:
                continue
            group = score["groups"][0]
            factors = group.get("factors", [])
            for factor in factors:
                if self.random.random() < 0.5:
                    factor["weight"] = self.random.choice([0.3, 5, 11])
                if "curve" in factor and "metric" in factor and "percentile" not in factor and "robust_z" not in factor:
                    factor["curve"] = self.points(3)
            critical = {f for cap in score.get("caps", []) for f in cap.get("critical", ()) if cap["critical"] != "any"}
            named = {f for card in score.get("segments", {}).values() for g in card.get("groups", {}).values()
                     for f in g.get("factors", {})}
            spare = [f for f in factors if f["id"] not in critical | named]
            if len(factors) > 1 and spare and self.random.random() < 0.5:
                factors.remove(spare[0])
            group.setdefault("factors", []).append(self.factor(f"new_{score['id']}", []))
            for cap in score.get("caps", []):
                for bound in ("at_most", "at_least"):
                    if bound in cap:
                        cap[bound] = self.random.choice([20, 75])
        return changed


def text(book):
    return json.dumps(book)


def load(store, company):
    for name, since in company.since.items():
        store.add_customer(name, since=moment(since))
        for attribute in ("a0", "a1", "a2", "a3", "a4", "plan", "sponsor", "seen", "parent"):
            for at, value in company.attributes.get((name, attribute), []):
                store.add_attribute(name, attribute, value, valid_from=moment(at))
        store.add_subscription(f"s-{name}", name, moment(since), status="active", plan="x", currency="USD",
                               amount=company.mrr[name], period="month")
    for customer, score, at, value, expires in company.overrides:
        store.add_override(customer, score, moment(at), value=value, expires_at=None if expires is None else moment(expires))

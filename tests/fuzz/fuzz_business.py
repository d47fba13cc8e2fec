#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random companies, bad records among them, and random questions about the business, sensible and
not: nothing may crash, what fails must fail as a churn.Error with a message, and what is answered
must be finite, say why a value is missing, and add up.

    fuzz_business.py [--seconds 60] [--seed 1]

On a fault it prints the seed of the round: `--seed` and `--seconds 0` run that round alone."""
from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from datetime import datetime, timedelta, timezone

import churn
from churn import statistics

UTC = timezone.utc
DAY = timedelta(days=1)
ZONES = ["UTC", "UTC", "Europe/Budapest", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"]
PRESETS = ["chartmogul", "stripe", "profitwell", "smsb", "fightchurn"]
PLANS = ["basic", "pro", "", "x" * 300, "é☃", None]
CURRENCIES = ["USD", "USD", "USD", "EUR", "JPY", "KWD", "XAU"]
PERIODS = ["month", "year", "week", "day", "quarter", "3 months", "7 days", "2 years"]
AMOUNTS = [0, 1, -1, 999, 1000, 12_345, -500, 10**7, 2**53, 2**53 - 1, 2**62, 2**63 - 1, -(2**63) + 1]
EVENTS = ["login", "import", "pay", "é"]
WORDS = ["slow", "report", "export", "the", "is", "crash", "İstanbul", "e\u0301tude", "你好", "🙂", "\x00", "don't",
         "a" * 500, "-", ".", "\u202e", "3.14", "ſ", "\ufffd"]
EDGES = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC),
         datetime(2025, 3, 30, 1, 30, tzinfo=UTC), datetime(2011, 12, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)]
GROUPS = ["plan", "product", "currency", "region", "customer.seats", "vip", "segment.big", "health.band", "owner", "name",
          "parent", "time_zone", "churn.kind", "churn.reason", "churn.competitor", "churn.value", "cause", "start_month",
          "survey.moment", "survey.category", "survey.user", "ticket.priority", "ticket.category", "spend.channel", "offer",
          "touchpoint.channel", "event.type"]
BAD_GROUPS = ["", "plan.", "stage", "nothing", "segment.nothing", "health", "\x00", "start", "x" * 2000, "customer."]
ADDITIVE = ["mrr", "new_mrr", "churned_mrr", "expansion_mrr", "contraction_mrr", "reactivation_mrr", "net_new_mrr"]
FLOATS = [0.0, 1.0, -1.0, 0.5, 2.0, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf, 1e-9, 1e15]
HEAD = {"churn": 1, "name": "fuzz", "currency": "USD",
        "attributes": {"region": "string", "seats": "number", "vip": "bool"},
        "metrics": [{"id": "n", "agg": "count", "event": "login", "window": "28d", "history": "clip"}],
        "segments": [{"id": "big", "when": "customer.seats > 10.0"}],
        "scores": [{"id": "health", "baseline": 50, "bands": {"green": 70, "yellow": 40, "red": 0},
                    "groups": [{"id": "g", "weight": 1, "factors": [
                        {"metric": "n", "weight": 1, "curve": [[0, 0], [5, 100]]}]}]}]}


WHY: dict[str, int] = {}


class Fault(Exception):
    """What must not be."""


# ---- companies ----

def kpi_section(dice: random.Random) -> dict:
    """Switches at random; those that contradict each other are refused when the playbook is read."""
    switches = {"recognition": ["end", "request"], "reactivation_within": ["any", "never", "90d", "1d"],
                "reactivation_after": ["0d", "30d"], "same_period": ["include", "ignore"],
                "discounts": ["subtract", "forever", "ignore"], "free": ["include", "exclude"],
                "refunds": ["ignore", "subtract"], "tax": [0, 0.2, 0.999999], "fx": ["constant", "historic"],
                "group_changes": ["instant", "hour", "day"], "churn_rate": ["start", "start_and_new", "daily"],
                "returners": ["retained", "lost"], "gross_margin": [0, 0.8, 1], "early_life": ["1s", "60d"],
                "silent_quarters": [1, 2, 40], "value_classes": [[100, 1000], [0]], "trial_within": ["1d", "30d"],
                "answer_within": ["1s", "14d"], "active_events": ["login", ["import", "é"]],
                "activation": [{"event": "import", "within": "14d", "retention": "90d"}, {"milestone": "live"}],
                "value": [{"milestone": "live"}], "invitations": [["survey"]],
                "sla": [{"urgent": {"first_response": "1h", "resolution": "8h"}, "else": {"first_response": "1d"}}]}
    for status in ("trials", "past_due", "unpaid", "paused", "usage_based"):
        switches[status] = ["include", "exclude"]
    section = {"preset": dice.choice(PRESETS)}
    for key in dice.sample(list(switches), dice.randint(0, 8)):
        section[key] = dice.choice(switches[key])
    if dice.random() < 0.5:
        section["define"] = [{"id": "own", "num": dice.choice(["metric.n > 0", "customer.seats / 0.0 > 1.0", "false"]),
                              "den": dice.choice(["true", "false", "segment.big"])}]
        section["measures"] = [{"name": "visits", "take": dice.choice(["last", "sum", "mean"])}]
        section["goals"] = [{"id": f"g{i}", "kpi": dice.choice(["own", "visits", "logo_churn", "mrr", "nps", "ltv"]),
                             "every": dice.choice(["month", "quarter", "week"]),
                             dice.choice(["at_most", "at_least"]): dice.choice([0, 0.03, -5, 1e300]),
                             **({"by": "plan"} if dice.random() < 0.2 else {})} for i in range(3)]
    return section


def playbook_of(dice: random.Random) -> churn.Playbook:
    book = {**HEAD, "time_zone": dice.choice(ZONES)}
    if dice.random() < 0.8:
        book["kpi"] = kpi_section(dice)
    if dice.random() < 0.5:
        book["loss"] = {"any": dice.sample(["subscription", "churn_record", "metric.n == 0"], dice.randint(1, 3)),
                        **({"ignore_gaps": dice.choice(["1d", "30d"])} if dice.random() < 0.5 else {})}
    try:
        return churn.Playbook.parse(json.dumps(book))
    except churn.PlaybookError as error:
        if not error.diagnostics or any(not one.line for one in error.diagnostics):
            raise Fault(f"without a place: {error.diagnostics}") from error
        return churn.Playbook.parse(json.dumps({**HEAD, "time_zone": book["time_zone"]}))


class Company:
    """Records of a few years; what the store refuses is counted by nobody."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.store = dice, churn.Store()
        self.customers = [f"c{i}" for i in range(dice.choice([0, 1, 2, 5, 30]))]
        self.extreme = dice.random() < 0.4
        for customer in self.customers:
            self.add_customer(customer)
        if self.customers and dice.random() < 0.9:
            for kind in EVENTS:
                self.try_add("event", self.customers[0], kind, self.when())
        for _ in range(dice.choice([0, 3])):
            self.try_add("spend", self.when(), self.amount(), dice.choice(CURRENCIES), channel=dice.choice([None, "ads"]))
            self.try_add("announcement", dice.choice(["launch", "é, b"]), self.when())
            self.try_add("measure", "visits", self.when(), dice.choice(FLOATS) if self.extreme else dice.random())
            rate = dice.choice(FLOATS) if self.extreme else dice.uniform(0.5, 2)
            self.try_add("rate", dice.choice(CURRENCIES), self.when(), rate)

    def when(self) -> datetime:
        if self.extreme and self.dice.random() < 0.03:
            return self.dice.choice(EDGES)
        return datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=self.dice.choice([1, 1440]) *
                                                            self.dice.randint(0, 1095 if self.dice.random() < 0.5 else 300))

    def maybe(self) -> datetime | None:
        return self.when() if self.dice.random() < 0.3 else None

    def amount(self) -> int:
        return self.dice.choice(AMOUNTS) if self.extreme else self.dice.choice([0, 1000, 2500, 9900, 12_345])

    def text(self) -> str:
        return " ".join(self.dice.choices(WORDS, k=self.dice.choice([0, 1, 8, 60])))

    def try_add(self, kind: str, *given, **more) -> None:
        try:
            getattr(self.store, "add_" + kind)(*given, **more)
        except (churn.Error, ValueError, OverflowError) as error:
            if not str(error):
                raise Fault(f"no message: {error!r}") from error

    def add_customer(self, who: str) -> None:
        dice = self.dice
        if dice.random() < 0.7:
            self.try_add("customer", who, since=self.maybe(), valid_from=self.maybe(), attributes={
                "region": dice.choice(["eu", "us", None]), "seats": dice.choice([None, 0.0, 5.0, 50.0, 1e308]),
                "vip": dice.choice([True, False, None])})
        for i in range(dice.choice([0, 1, 1, 2, 4])):
            for _ in range(dice.choice([1, 2, 3])):
                self.subscribe(f"{who}-{i}", who)
        for _ in range(dice.choice([0, 1, 1, 9])):
            self.try_add("event", who, dice.choice(EVENTS), self.when(), user=dice.choice([None, "u1", "u2"]),
                         value=dice.choice(FLOATS))
        for _ in range(dice.choice([0, 0, 2])):
            self.try_add("churn", who, dice.choice(["voluntary", "involuntary", "unknown"]), self.when(),
                         reason=dice.choice([None, "price"]), competitor=dice.choice([None, "rival"]))
            self.try_add("survey", who, dice.choice(["nps", "csat", "ces", "custom"]), self.when(),
                         dice.choice([0, 1, 5, 7, 9, 10, 5.5, -1, 11, 1e308]), text=self.text(),
                         moment=dice.choice([None, "onboarding"]))
            self.try_add("ticket", f"{who}-{dice.random()}", who, self.when(), first_response_at=self.maybe(),
                         closed_at=self.maybe(), reopened_at=self.maybe(), priority=dice.choice([None, "urgent"]),
                         csat=dice.choice([None, 1, 5, -3, 9]), text=self.text())
            self.try_add("milestone", who, "live", self.when())
            self.try_add("touchpoint", f"t{dice.random()}", who, self.when(), dice.choice(["survey", "email"]),
                         offer=dice.choice([None, "10%"]))

    def subscribe(self, key: str, who: str) -> None:
        dice = self.dice
        status = dice.choice(["active"] * 6 + ["trial", "paused", "past_due", "unpaid", "cancelled"])
        self.try_add("subscription", key, who, self.when(), status, plan=dice.choice(PLANS), amount=self.amount(),
                     currency=dice.choice(CURRENCIES if self.extreme else ["USD", "EUR"]), period=dice.choice(PERIODS),
                     seats=dice.choice([None, 0, 3, 2**31]), discount=dice.choice([None, None, 100, 10**9]),
                     discount_until=self.maybe(), renews_at=self.maybe(), ends_at=self.maybe(), ended_at=self.maybe(),
                     cancel_requested_at=self.maybe())


# ---- questions ----

class Questions:
    """Calls with options at random over one engine."""

    def __init__(self, dice: random.Random, company: Company, engine: churn.Engine) -> None:
        self.dice, self.company, self.engine = dice, company, engine
        self.known = churn.figures()["id"]

    def span(self) -> tuple[datetime, datetime]:
        dice = self.dice
        if dice.random() < 0.01:
            return dice.choice(EDGES), dice.choice(EDGES)
        start = datetime(dice.choice([2022, 2023, 2024, 2030]), dice.randint(1, 12), dice.choice([1, 15]), tzinfo=UTC)
        return start, start + DAY * dice.choice([1, 31, 92, 92, 92, 366, 366] if dice.random() < 0.97 else [0, -5])

    def by(self, most: int = 3) -> list[str]:
        dice = self.dice
        names = dice.sample(GROUPS, dice.randint(0, most)) if dice.random() < 0.5 else []
        if dice.random() < 0.04:
            names.append(dice.choice(BAD_GROUPS))
        return names * 2 if dice.random() < 0.02 else names

    def kpis(self) -> list[str] | None:
        if self.dice.random() < 0.3:
            return None
        names = self.dice.choices(self.known + ["own", "visits"], k=self.dice.randint(1, 6))
        return names + ["nothing"] if self.dice.random() < 0.03 else names

    def level(self) -> float:
        return self.dice.choice([0.95] * 60 + [0.5, 1e-12, 1 - 1e-12, *FLOATS])

    def as_of(self) -> datetime | None:
        dice = self.dice
        return dice.choice([None, None, None, datetime(2023, dice.randint(1, 12), 5, tzinfo=UTC), dice.choice(EDGES)])

    def every(self) -> dict:
        dice = self.dice
        if dice.random() < 0.2:
            return {"rolling": dice.choice([1, 7, 28, 28, 28, 0, 10**6, 2**32 - 1]), "step": dice.choice([None, 1, 7, 400, 2**31])}
        return {"every": dice.choice([None, "day", "week", "month", "month", "quarter", "year"])}

    def kpi(self):
        start, end = self.span()
        return self.engine.kpi(self.kpis(), start, end, **self.every(), by=self.by(), level=self.level(), as_of=self.as_of(),
                               by_at=self.dice.choice(["start", "end"]), changes=self.dice.random() < 0.4,
                               policy=self.dice.choice([None, None, *PRESETS, "nothing"]))

    def sums(self):
        """Of groups together as of all."""
        start, end = self.span()
        by = self.dice.choice(["plan", "currency", "region", "start_month", "segment.big"])
        more = {"every": self.dice.choice(["month", "quarter"]), "as_of": self.as_of()}
        total = self.engine.kpi(ADDITIVE + ["customers"], start, end, **more)
        parts = self.engine.kpi(ADDITIVE + ["customers"], start, end, by=by, **more)
        found: dict = {}
        if len(parts) > 20_000:
            return parts
        for row in parts.to_dicts():
            if row["value"] is None:
                found[row["kpi"], row["period_start"]] = None
            elif found.get((row["kpi"], row["period_start"]), 0.0) is not None:
                key = row["kpi"], row["period_start"]
                found[key] = found.get(key, 0.0) + row["value"]
        for row in total.to_dicts():
            have = found.get((row["kpi"], row["period_start"]), 0.0)
            if row["kpi"] in ("mrr", "customers") and row["value"] is not None and have is not None and not math.isclose(
                    have, row["value"], rel_tol=1e-9, abs_tol=1e-6):
                raise Fault(f"groups do not add up: {by} {have} {row}")
        return parts

    def ledger(self):
        start, end = self.span()
        more = {"as_of": self.as_of(), "policy": self.dice.choice([None, *PRESETS])}
        rows = self.engine.movements(start, end, split=self.dice.sample(["plan", "product", "currency"], self.dice.randint(0, 3)),
                                     **more)
        proof = self.engine.reconciliation(start, end, split=["plan", "product", "currency", "customer"], **more)
        for row in proof.to_dicts():
            if row["difference"] not in (0, None):
                raise Fault(f"does not add up: {row}")
        first = proof.row(0)
        if first["start"] + sum(rows["amount"]) != first["end"]:
            raise Fault(f"movements do not add up: {first}")
        return rows

    def compare(self):
        start, end = self.span()
        return self.engine.compare_policies(self.dice.sample(["", *PRESETS], self.dice.choice([0, 2, 2, 3, 6])), self.kpis(), start, end,
                                            every=self.dice.choice([None, "month"]), by=self.by(1))

    def cohorts(self):
        start, end = self.span()
        what = self.dice.choice(["customers", "gross_revenue", "net_revenue", "activity"])
        by = self.by(2)
        return self.engine.cohorts(
            what, start, end, every=self.dice.choice(["day", "week", "month", "quarter", "year"]),
            mode=self.dice.choice(["on", "on", "on_or_after"]), by=by + ["start"] if self.dice.random() < 0.5 else by,
            as_of=self.as_of(), level=self.level(), max_age=self.dice.choice([None, 1, 5, 2**31]),
            events=self.dice.choice([None, None, "login", ["login", "login"], "nothing"]),
            start_events=self.dice.choice([None, None, "import"]))

    def stay(self):
        dice, engine = self.dice, self.engine
        as_of = dice.choice([self.company.when(), datetime(2025, 1, 1, tzinfo=UTC), dice.choice(EDGES)])
        more = {"of": dice.choice(["customers", "subscriptions"]), "unit": dice.choice(["days", "months"]),
                "lives": dice.choice(["first", "all"]), "start": self.company.maybe()}
        which = dice.randrange(4)
        if which == 0:
            return engine.survival(as_of, by=self.by(1), level=self.level(), interval=dice.choice(["log-log", "log", "plain"]),
                                   hazard=dice.choice(["nelson-aalen", "fleming-harrington"]),
                                   times=dice.choice([None, [0, 30, 400], [5, 3], [math.nan], []]), **more)
        if which == 1:
            return engine.survival_summary(as_of, by=self.by(1), horizon=dice.choice([None, 30] * 20 + FLOATS), **more)
        if which == 2:
            return engine.survival_test(as_of, self.by(2), test=dice.choice(["log-rank", "peto", "fleming-harrington"]),
                                        rho=dice.choice([0] * 60 + FLOATS), gamma=dice.choice([0] * 60 + FLOATS), **more)
        more.pop("of")
        return engine.competing_risks(as_of, by=self.by(1), level=self.level(), **more)

    def use(self):
        start, end = self.span()
        more = {"by": self.by(2), "as_of": self.as_of(), "level": self.level(),
                "events": self.dice.choice([None, None, "login", [], ["login", "login"], "nothing"])}
        if self.dice.random() < 0.5:
            return self.engine.adoption(start, end, **more)
        return self.engine.engagement(start, end, of=self.dice.choice(["customers", "users"]), **more)

    def funnel(self):
        start, end = self.span()
        steps = self.dice.choices(["login", "import", "login", "pay", {"milestone": "live"}, {"event": "pay", "where": "value > 1"},
                                   {"event": "pay", "where": "value >"}, {"event": ""}, {}, "nothing"],
                                  weights=[9, 9, 9, 9, 6, 6, 1, 1, 1, 1], k=self.dice.choice([0, 1, 2, 3, 5, 32, 33]))
        return self.engine.funnel(steps, start, end, any_order=self.dice.random() < 0.5, by=self.by(2), level=self.level(),
                                  as_of=self.as_of(), of=self.dice.choice(["customers", "customers", "users"]),
                                  within=self.dice.choice([None, timedelta(0), DAY, DAY * 9999, -DAY, DAY * 90_000_000]))

    def voice(self):
        start, end = self.span()
        more = {"every": self.dice.choice([None, "month", "week", "day"]), "by": self.by(2), "as_of": self.as_of()}
        which = self.dice.randrange(3)
        if which == 0:
            return self.engine.surveys(self.dice.choice(["nps", "csat", "ces", "custom"]), start, end, level=self.level(), **more)
        if which == 1:
            return self.engine.nps_retention(start, end, days=self.dice.choice([1, 30, 90, 10**6, 2**32 - 1]),
                                             level=self.level(), **more)
        return self.engine.themes(
            start, end, longest=self.dice.choice([1, 3, 3, 9]), min_count=self.dice.choice([1, 1, 5]),
            min_customers=self.dice.choice([1, 2]), top=self.dice.choice([1, 20, 2**31]), level=self.level(),
            prior=self.dice.choice([0.1] * 60 + FLOATS), compare=self.dice.choice(["previous", "others"]),
            languages=self.dice.choice(["en", ["en", "hu", "de"], "none", [], "xx"]), stop_words=self.dice.choice([[], WORDS]),
            tags=self.dice.choice([None, {"speed": ["slow", "report"]}, {"": "x"}, {"t": WORDS}]),
            lexicon=self.dice.choice([None, {"slow": -1}, {"slow": math.nan}, {"crash": 1e308, "slow": 1e308}]), **more)

    def signals(self):
        dice, engine = self.dice, self.engine
        start, end = self.span()
        which = dice.randrange(3)
        if which == 0:
            return engine.goals(end, start=dice.choice([None, start]), level=self.level())
        if which == 1:
            return engine.benchmarks(start, end, as_of=self.as_of())
        return engine.anomalies(self.kpis() or ["mrr", "visits"], start, end, every=dice.choice(["day", "week", "month"]),
                                by=self.by(1), as_of=self.as_of(), everything=dice.random() < 0.5,
                                false_alarms=dice.choice([0.01, 0.2] * 20 + FLOATS), lookback=dice.choice([0, 3, 2**31]))

    def arrays(self):
        """The same on arrays."""
        dice = self.dice
        n = dice.choice([0, 1, 2, 5, 40])
        pool = FLOATS if dice.random() < 0.3 else [0, 1, 2, 2, 3.5, 10]
        series = [dice.choice(pool) for _ in range(n)]
        which = dice.randrange(5)
        if which == 0:
            return churn.anomalies(series, kind=dice.choice(["number", "count", "share", "level"]), season=dice.choice([0, 2, 7, 99]),
                                   trials=dice.choice([None, series, [1] * n]), everything=True,
                                   false_alarms=dice.choice([0.01] * 40 + FLOATS), window=dice.choice([36, 36, 36, 1, 0]), history=dice.choice([8, 8, 6, 1]))
        if which == 1:
            return churn.change_points(series, min_size=dice.choice([0, 1, 2, 50]), penalty=dice.choice([None] * 40 + FLOATS),
                                       sigma=dice.choice([None] * 40 + FLOATS))
        if which == 2:
            return churn.cusum(series, target=dice.choice([None] * 40 + FLOATS), slack=dice.choice([None] * 40 + FLOATS),
                               limit=dice.choice([None] * 40 + FLOATS), sigma=dice.choice([None] * 40 + FLOATS))
        if which == 3:
            return statistics.proportion([dice.choice([0, 1, 5, -1, 2**62]) for _ in range(n)],
                                         [dice.choice([0, 1, 5, 100, 2**63 - 1]) for _ in range(n)], level=self.level(),
                                         method=dice.choice(["wilson", "clopper-pearson", "jeffreys"]))
        more = {"entry": dice.choice([None, [dice.choice([0, 0.5, math.nan]) for _ in range(n)], series]),
                "weight": dice.choice([None, [dice.choice([1, 2, 0.5]) for _ in range(n)], series]),
                "group": dice.choice([None, [dice.choice(["a", "b", None]) for _ in range(n)]])}
        event = [dice.choice([0, 0, 1, 2]) if dice.random() < 0.99 else dice.choice([-1, 256, 0.5]) for _ in range(n)]
        call = dice.choice([statistics.survival, statistics.survival_summary, statistics.survival_quantiles,
                            statistics.competing_risks])
        return call(series, event, level=self.level(), **more)


# ---- what must hold ----

def rows_of(table: churn.Table) -> list[dict]:
    return [table.row(at) for at in range(min(len(table), 2000))]


def check(table: churn.Table, asked: str) -> None:
    for name in table.column_names:
        for at, value in enumerate(table[name] if len(table) < 100_000 else []):
            if isinstance(value, float) and not math.isfinite(value):
                raise Fault(f"{asked}: {name} is not finite: {table.row(at)}")
    names = set(table.column_names)
    for row in rows_of(table) if {"low", "high"} <= names else []:
        if row["low"] is not None and row["high"] is not None and row["low"] > row["high"]:
            raise Fault(f"{asked}: an interval the wrong way round: {row}")
        if "missing" in names and (row["value"] is None) == (row["missing"] is None):
            raise Fault(f"{asked}: a value and why it is missing: {row}")
        if asked == "cohorts" and row["unit"] == "customers" and row["value"] is not None and not 0 <= row["value"] <= 1:
            raise Fault(f"cohorts: more than all: {row}")
        if "survival" in names and row["survival"] is not None and not -1e-12 <= row["survival"] <= 1 + 1e-12:
            raise Fault(f"{asked}: {row}")


def ask(dice: random.Random, questions: Questions, counts: dict) -> None:
    calls = ["kpi", "kpi", "kpi", "sums", "ledger", "compare", "cohorts", "stay", "stay", "use", "funnel", "voice", "signals",
             "arrays", "arrays"]
    for asked in dice.sample(calls, 10):
        try:
            table = getattr(questions, asked)()
        except churn.InternalError:
            raise
        except (churn.Error, ValueError, OverflowError, TypeError) as error:
            if not str(error):
                raise Fault(f"{asked}: no message: {error!r}") from error
            counts["refused"] += 1
            said = f"{asked}: {str(error)[:60]}"
            WHY[said] = WHY.get(said, 0) + 1
            continue
        check(table, asked)
        counts["answered"] += 1


def a_round(seed: int, counts: dict) -> None:
    dice = random.Random(seed)
    company = Company(dice)
    engine = churn.Engine(playbook_of(dice), company.store)
    before = engine.hash
    ask(dice, Questions(dice, company, engine), counts)
    if engine.hash != before:
        raise Fault("a question changed the engine")


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--why", action="store_true", help="also say why questions were refused")
    options = words.parse_args()
    counts = {"rounds": 0, "answered": 0, "refused": 0}
    end, seed = time.monotonic() + options.seconds, options.seed
    while True:
        started = time.monotonic()
        try:
            a_round(seed, counts)
        except BaseException:
            print(f"FUZZ fault in round {seed}", flush=True)
            raise
        if time.monotonic() - started > 20:
            print(f"FUZZ slow: round {seed} took {time.monotonic() - started:.1f} s", flush=True)
        counts["rounds"] += 1
        seed += 1
        if time.monotonic() >= end:
            break
    if options.why:
        for said in sorted(WHY, key=WHY.__getitem__, reverse=True):
            print(WHY[said], said)
    print("FUZZ " + " ".join(f"{key}={value}" for key, value in counts.items()) + " bad=0")
    return 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: MIT
"""Movements of random customers under random policies beside ledger_twin.py.

    python compare_ledger.py FIRST COUNT

prints every difference, with the seed that makes it again.
"""

import datetime
import json
import random
import sys
from fractions import Fraction
from zoneinfo import ZoneInfo

import churn
from ledger_twin import DAY, HOUR, Ledger, policy_of

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Pacific/Chatham"]
PLANS = ["basic", "pro", "team"]
SWITCHES = {
    "recognition": ["end", "request"], "same_period": ["include", "ignore"],
    "discounts": ["subtract", "forever", "ignore"], "trials": ["exclude", "include"],
    "past_due": ["exclude", "include"], "unpaid": ["exclude", "include"], "paused": ["exclude", "include"],
    "usage_based": ["exclude", "include"], "free": ["exclude", "include"], "refunds": ["ignore", "subtract"],
    "fx": ["constant", "historic"], "group_changes": ["instant", "hour", "day"],
    "reactivation_within": ["any", "never", "30d", "90d"], "reactivation_after": ["0d", "1d", "20d"],
    "tax": [0, 0.2, 0.075, 0.27],
}


def micros(moment):
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def moment(at):
    return EPOCH + datetime.timedelta(microseconds=at)


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.zone = ZoneInfo(self.random.choice(ZONES))
        self.start = micros(datetime.datetime(2025, self.random.choice([1, 2, 9]), 20, tzinfo=self.zone))
        self.days = self.random.choice([3, 40, 200])

    def chance(self, part):
        return self.random.random() < part

    def at(self):
        """Often at one instant with another, or within the hour or the day."""
        local = moment(self.start + self.random.randrange(self.days) * DAY).astimezone(self.zone).date()
        day = micros(datetime.datetime.combine(local, datetime.time(), self.zone))
        return day + self.random.choice([0, 0, 9 * HOUR, 9 * HOUR, 9 * HOUR + HOUR // 2, 10 * HOUR - 1, 10 * HOUR,
                                         23 * HOUR, self.random.randrange(DAY)])

    def policy(self):
        preset = self.random.choice(["chartmogul", "stripe", "profitwell", "smsb", "fightchurn"])
        given = {name: self.random.choice(words) for name, words in SWITCHES.items() if self.chance(0.25)}
        whole = policy_of(preset, **given)
        if whole["unpaid"] == "include" and whole["past_due"] == "exclude":
            given["past_due"] = "include"
        if given.get("reactivation_within", "any") != "never":
            given.pop("reactivation_after", None) if given.get("reactivation_within") == "30d" else None
        if preset == "fightchurn":
            given.pop("reactivation_after", None)
        return preset, given

    def state(self, name, at):
        status = self.random.choice(["active"] * 6 + ["trial", "paused", "past_due", "unpaid", "cancelled", "cancelled"])
        row = {"id": name, "valid_from": at, "status": status, "plan": self.random.choice(PLANS),
               "amount": self.random.choice([0, 100, 1000, 1999, 2000, 12000, 100000, -500]),
               "currency": self.random.choice(["USD", "USD", "USD", "EUR"]),
               "period": self.random.choice(["month", "month", "year", "week", "day", "quarter", "2 months"])}
        if self.chance(0.15):
            row["product"] = self.random.choice(["a", "b"])
        if self.chance(0.2):
            row["seats"] = self.random.choice([1, 5])
        if self.chance(0.25):
            row["discount"] = self.random.choice([100, 333, 5000])
            if self.chance(0.6):
                row["discount_until"] = self.at()
        if self.chance(0.2):
            row["ended_at"] = self.at()
        if self.chance(0.15):
            row["cancel_requested_at"] = self.at()
        if self.chance(0.1):
            row["usage_based"] = True
        return row

    def customer(self, name):
        rows = []
        for i in range(self.random.choice([1, 1, 2, 3])):
            times = {self.at() for _ in range(self.random.choice([1, 2, 3, 5]))}
            rows += [self.state(f"{name}-{'ba'[i % 2]}{i}", at) for at in sorted(times)]
        return rows

    def rates(self):
        if self.chance(0.5):
            return [("EUR", self.start - 400 * DAY, Fraction(11, 10))]
        times = {self.at() for _ in range(self.random.randrange(6))} | {self.start - 400 * DAY}
        return [("EUR", at, Fraction(self.random.choice([100, 110, 125, 108]), 100)) for at in sorted(times)]


def known_rows(rows, as_of):
    """What is known at as_of: a date that is of the future then says nothing yet, but for schedules."""
    for row in rows:
        if row["valid_from"] <= as_of:
            yield {k: v for k, v in row.items() if k not in ("ended_at", "cancel_requested_at") or v <= as_of}


class Case:
    def __init__(self, seed):
        maker = Maker(seed)
        self.seed, self.zone = seed, maker.zone
        self.preset, self.switches = maker.policy()
        self.people = {f"c{i}": maker.customer(f"c{i}") for i in range(6)}
        self.rates = maker.rates()
        self.store = churn.Store()
        for rows in self.people.values():
            for row in maker.random.sample(rows, len(rows)):
                customer = row["id"].split("-")[0]
                made = {k: moment(v) if k.endswith(("_at", "_from", "_until")) else v for k, v in row.items()}
                self.store.add_subscription(made.pop("id"), customer, made.pop("valid_from"), **made)
        for currency, at, rate in self.rates:
            self.store.add_rate(currency, moment(at), float(rate))
        keys = "".join(f"\n  {name}: {json.dumps(value)}" for name, value in self.switches.items())
        self.engine = churn.Engine(churn.Playbook.parse(
            f"churn: 1\nname: twin\ntime_zone: {self.zone.key}\ncurrency: USD\nkpi:\n  preset: {self.preset}{keys}\n"),
            self.store)
        self.as_of = maker.start + (maker.days + 40) * DAY if maker.chance(0.6) else maker.at()
        self.split = maker.random.choice([[], [], ["plan"], ["plan", "product"], ["currency"]])
        self.start = maker.start - DAY

    def policy(self):
        words = {**self.switches}
        for name in ("reactivation_within", "reactivation_after"):
            if name in words:
                words[name] = {"any": 1 << 62, "never": 0}.get(words[name]) if words[name] in ("any", "never") \
                    else int(words[name][:-1]) * DAY
        if "tax" in words:
            words["tax"] = Fraction(str(words["tax"]))
        return policy_of(self.preset, **words)

    def next_midnight(self, at):
        day = moment(at).astimezone(self.zone).date() + datetime.timedelta(days=1)
        return micros(datetime.datetime.combine(day, datetime.time(), self.zone))

    def month_of(self, at):
        local = moment(at).astimezone(self.zone)
        return local.year, local.month

    def wanted(self):
        found = []
        for customer, rows in self.people.items():
            twin = Ledger(list(known_rows(rows, self.as_of)), self.policy(),
                          [rate for rate in self.rates if rate[1] <= self.as_of], self.as_of, self.next_midnight,
                          self.month_of, tuple(self.split))
            found += [{"customer": customer, **row} for row in twin.moves()]
        names = ("at", "customer", "subscription", "plan", "kind", "cause", "amount", "before", "after")
        rows = [{name: row[name] for name in names} for row in found]
        return sorted(rows, key=lambda row: (row["at"], row["customer"]))

    def found(self):
        rows = self.engine.movements(moment(self.start), moment(self.as_of), as_of=moment(self.as_of),
                                     split=self.split).to_dicts()
        names = ("at", "customer", "subscription", "plan", "kind", "cause", "amount", "before", "after")
        return [{name: micros(row[name]) if name == "at" else row[name] for name in names} for row in rows]


def run(seed):
    case = Case(seed)
    problems = []
    wanted, found = case.wanted(), case.found()
    if case.policy()["group_changes"] != "instant":
        # several states within one group: which of them is "before" and "after" is told by movements of one instant only
        wanted, found = ([{**row, "cause": None} for row in rows] for rows in (wanted, found))
    for i in range(max(len(wanted), len(found))):
        ours, theirs = (rows[i] if i < len(rows) else None for rows in (wanted, found))
        if ours != theirs:
            problems.append(f"seed {seed} {case.preset} {case.switches} {case.split}: row {i}: library {theirs} twin {ours}")
            break
    return problems


if __name__ == "__main__":
    for number in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
        for line in run(number):
            print(line)

# SPDX-License-Identifier: MIT
"""Random companies and random playbooks, the same for the same seed, and their way into the library."""

import datetime
import json
import random

import twin
from twin import DAY, EPOCH

HOUR = DAY // 24
ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
PEOPLE = ["acme", "Zeta", "álmos", "b2", "c-3", "delta", "e e", "日本"]
EVENTS = ["login", "export", "invite"]
#: The kinds that these companies have; random_deep.py makes the others.
KINDS = twin.KINDS[:8]
WORDS = ["red", "blue", "green"]


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.zone_name = self.random.choice(ZONES)
        self.zone = twin.ZoneInfo(self.zone_name)
        # days around the end of summer time, so that days of 23 and 25 hours are met
        day = datetime.date(2025, self.random.choice([1, 3, 9, 10]), self.random.randint(1, 28))
        self.start = twin.midnight(day, self.zone)
        self.days = self.random.choice([20, 60, 120])
        self.end = self.start + self.days * DAY

    def chance(self, part):
        return self.random.random() < part

    def at(self, first=None, last=None):
        """An instant, often one that others have too, or one next to it."""
        first = self.start if first is None else first
        last = self.end if last is None else last
        day = self.random.randint(0, max(0, (last - first) // DAY))
        local = twin.at_zone(first + day * DAY, self.zone).date()
        at = twin.midnight(local, self.zone)
        at += self.random.choice([0, 0, 0, 6 * HOUR, 12 * HOUR, 30 * HOUR, -1, 1,
                                  self.random.randrange(DAY)])
        return max(first, at)

    def known(self, at):
        """When it was learned: mostly at once."""
        if self.chance(0.75):
            return None
        return at + self.random.choice([0, 1, HOUR, DAY, 3 * DAY, 20 * DAY, -DAY])

    def maybe(self, part, value):
        return value() if self.chance(part) else None

    # ---- records ----

    def company(self):
        self.ids = self.random.sample(PEOPLE, self.random.randint(1, len(PEOPLE)))
        made = {kind: [] for kind in KINDS}
        for customer in self.ids:
            if self.chance(0.9):
                made["customer"].append(self.customer(customer))
            for kind in KINDS[1:]:
                if self.chance(0.75):
                    getattr(self, "add_" + kind)(made, customer)
        for kind in KINDS[1:]:
            if self.chance(0.08):
                made[kind] = []  # a kind that nobody loaded
            made[kind] = self.different(kind, made[kind])
            self.random.shuffle(made[kind])
            made[kind].sort(key=lambda row: row["known_at"] is not None)
        made["marks"] = [(name, at, self.maybe(0.5, lambda at=at: at + self.random.choice([0, HOUR, 4 * DAY])))
                         for name in ("product", "helpdesk", "billing", "ticket", "invoice")
                         for at in [self.at() for _ in range(self.random.choice([0, 0, 1, 3]))]]
        return made

    @staticmethod
    def different(kind, rows):
        """Rows without the versions that say what another one says: those a store may fold, by order."""
        seen, kept = set(), []
        for number, row in enumerate(rows):
            said = twin.key_of(kind, row, number), repr({**row, "known_at": None})
            if said not in seen:
                kept.append(row)
            seen.add(said)
        return kept

    def customer(self, name):
        since = self.maybe(0.85, lambda: self.at(self.start - 100 * DAY, self.start + 30 * DAY))
        row = {"id": name, "since": since, "known_at": None, "attributes": {}}
        if since is not None and self.chance(0.1):
            row["known_at"] = since + self.random.choice([-DAY, 0, 5 * DAY])
        if self.chance(0.6):
            row["attributes"] = {"plan": self.random.choice(WORDS), "seats": float(self.random.randint(0, 9))}
        return row

    def add_attribute(self, made, customer):
        used = set()
        for _ in range(self.random.randint(1, 4)):
            name = self.random.choice(["plan", "seats", "vip"])
            value = {"plan": self.random.choice(WORDS), "seats": float(self.random.randint(0, 9)),
                     "vip": self.chance(0.5)}[name]
            at = self.at()
            for _ in range(self.random.choice([1, 1, 2])):
                known = self.known(at)
                if (name, at, known or at) not in used:
                    used.add((name, at, known or at))
                    made["attribute"].append({"customer": customer, "name": name, "valid_from": at,
                                              "value": self.maybe(0.9, lambda: value), "known_at": known})
        self.undated_first(made["attribute"], ("customer", "name", "valid_from"))

    def undated_first(self, rows, key):
        """Leave at most one row a key without known_at: a second one would rest on the order."""
        seen = set()
        for row in list(rows):
            if row["known_at"] is None:
                name = tuple(row[k] for k in key)
                if name in seen:
                    rows.remove(row)
                seen.add(name)

    def add_event(self, made, customer):
        number = 0
        for _ in range(self.random.choice([1, 5, 20, 60])):
            at = self.at(self.start - 10 * DAY)
            number += 1
            row = {"id": self.maybe(0.3, lambda: f"{customer}-{number}"), "customer": customer,
                   "type": self.random.choice(EVENTS), "at": at, "known_at": self.known(at),
                   "user": self.maybe(0.7, lambda: self.random.choice("uvwx")),
                   "value": self.maybe(0.6, lambda: self.random.choice([0.1, 2.5, -3.0, 1e9, 0.7]))}
            made["event"].append(row)
            if row["id"] is not None and self.chance(0.4):  # a correction, learned later
                made["event"].append({**row, "at": max(0, at + self.random.choice([0, DAY, -HOUR])),
                                      "value": 9.25, "known_at": (row["known_at"] or at) + 2 * DAY})

    def add_subscription(self, made, customer):
        for n in range(self.random.choice([1, 1, 2, 3])):
            at = self.at(self.start - 60 * DAY)
            used = set()
            for _ in range(self.random.choice([1, 2, 4])):
                if at in used:
                    continue
                used.add(at)
                row = self.subscription(f"s-{customer}-{n}", customer, at)
                made["subscription"].append(row)
                if self.chance(0.15):
                    later = (row["known_at"] or at) + 3 * DAY
                    made["subscription"].append(
                        {**self.subscription(row["id"], customer, at), "known_at": later})
                at = row["ended_at"] if row["ended_at"] and self.chance(0.2) else self.at(at, self.end)

    def subscription(self, name, customer, at):
        ended = self.maybe(0.3, lambda: at + self.random.choice([0, 1, 10, 30, 45]) * DAY)
        amount = self.maybe(0.93, lambda: self.random.choice([0, 1, 999, 2000, 10000, 200005, 123457]))
        discount = self.maybe(0.3, lambda: self.random.randint(0, min(amount or 0, 500)))
        return {"id": name, "customer": customer, "valid_from": at, "known_at": self.known(at),
                "status": self.random.choice(["active"] * 6 + ["trial", "paused", "past_due", "unpaid",
                                                               "cancelled"]),
                "amount": amount, "currency": self.random.choice(["USD"] * 12 + ["EUR"]),
                "period": self.random.choice(["month", "year", "quarter", "week", "day", "3 months",
                                              "2 years", "2 weeks", "30 days"]),
                "seats": self.maybe(0.8, lambda: self.random.randint(0, 20)), "discount": discount,
                "discount_until": self.maybe(0.5, lambda: at + self.random.randint(0, 60) * DAY),
                "ended_at": ended, "usage_based": self.maybe(0.3, lambda: self.chance(0.3))}

    def add_invoice(self, made, customer):
        for n in range(self.random.randint(1, 4)):
            at = self.at()
            row = {"id": f"i-{customer}-{n}", "customer": customer, "issued_at": at, "known_at": self.known(at),
                   "due_at": at + self.random.choice([0, 14, 30]) * DAY, "amount": 1000, "currency": "USD",
                   "paid_at": self.maybe(0.5, lambda: at + self.random.randint(0, 40) * DAY),
                   "failed_at": self.maybe(0.5, lambda: at + self.random.randint(0, 40) * DAY)}
            made["invoice"].append(row)
            if self.chance(0.3):
                made["invoice"].append({**row, "amount": 1200, "paid_at": at + DAY, "known_at": (row["known_at"] or at) + DAY})

    def add_ticket(self, made, customer):
        for n in range(self.random.randint(1, 5)):
            at = self.at()
            closed = self.maybe(0.6, lambda: at + self.random.choice([0, 1, HOUR, DAY, 9 * DAY]))
            again = self.maybe(0.3, lambda: (closed or at) + self.random.choice([0, 1, DAY, 4 * DAY]))
            row = {"id": f"t-{customer}-{n}", "customer": customer, "opened_at": at,
                   "known_at": self.known(at), "closed_at": closed, "reopened_at": again}
            made["ticket"].append(row)
            if again is not None and self.chance(0.4):  # closed once more
                made["ticket"].append({**row, "closed_at": again + 2 * DAY,
                                       "known_at": max(again + 2 * DAY, (row["known_at"] or at) + 1)})

    def add_survey(self, made, customer):
        used = set()
        for n in range(self.random.randint(1, 4)):
            at = self.at()
            if at in used:
                continue
            used.add(at)
            made["survey"].append({
                "id": self.maybe(0.5, lambda: f"a-{customer}-{n}"), "customer": customer,
                "kind": self.random.choice(["nps", "csat"]), "at": at, "known_at": self.known(at),
                "user": self.maybe(0.5, lambda: "u"), "score": float(self.random.randint(0, 10))})

    def add_churn(self, made, customer):
        used = set()
        for _ in range(self.random.choice([1, 1, 2])):
            at = self.at()
            if at in used:
                continue
            used.add(at)
            made["churn"].append({
                "customer": customer, "at": at, "known_at": self.known(at),
                "kind": self.random.choice(["voluntary", "involuntary", "downgrade", "pause"]),
                "reason": self.maybe(0.6, lambda: self.random.choice(["price", "bug"]))})

    # ---- playbook ----

    def playbook(self):
        book = {"churn": 1, "name": "random", "time_zone": self.zone_name, "currency": "USD",
                "evaluate": self.random.choice(["1d", "1d", "12h", "2d"]),
                "attributes": {"plan": "string", "seats": "number", "vip": "bool"},
                "sources": self.sources(), "metrics": self.metrics()}
        if self.chance(0.8):
            book["loss"] = {"any": self.random.choice([["subscription"], ["record"],
                                                       ["subscription", "record"]])}
        self.numbers = [m["id"] for m in book["metrics"] if m["id"] not in ("plan_m", "vip_m")]
        self.names = ["metric." + name for name in self.numbers] + ["customer.seats", "customer.age_days"]
        book["segments"] = [{"id": f"seg{n}", "when": self.condition(2)} for n in range(2)]
        book["scores"] = [self.score(n) for n in ("health", "fit")[:self.random.choice([1, 1, 2])]]
        self.names += [f"{s['id']}.{part}" for s in book["scores"]
                       for part in ["score", "coverage", "low", "high", s["groups"][0]["id"]]]
        self.flags = ["segment.seg0", "segment.seg1", "customer.churned", "customer.vip"]
        book["triggers"] = []
        for n in range(self.random.randint(1, 5)):
            book["triggers"].append(self.trigger(f"t{n}"))
            self.flags.append(f"trigger.t{n}")
        return book

    def sources(self):
        made = {}
        if self.chance(0.8):
            made["product"] = {"events": self.random.sample(EVENTS, self.random.randint(1, 3))}
        if self.chance(0.6):
            made["helpdesk"] = {"records": self.random.choice([["ticket"], ["ticket", "survey"]])}
        if self.chance(0.6):
            made["billing"] = {"records": ["subscription", "invoice"]}
        for source in made.values():
            if self.chance(0.5):
                source["max_lag"] = self.random.choice(["36h", "5d", "20d"])
            if self.chance(0.3):
                source["from"] = self.day(self.at(self.start - 10 * DAY, self.start + 20 * DAY))
        if "product" in made and self.chance(0.4):
            of = self.random.choice(made["product"]["events"])
            made["product"]["event_from"] = {of: self.day(self.at(self.start, self.start + 30 * DAY))}
        return made

    def day(self, at):
        return twin.at_zone(at, self.zone).date().isoformat()

    def which(self):
        return self.random.choice([*EVENTS, "any", ["login", "export"], ["invite", "login"]])

    def window(self, spec, need=True):
        if need or self.chance(0.7):
            spec["window"] = self.random.choice(["1d", "7d", "28d", "36h", "2w", "60d"])
        if self.chance(0.3):
            spec["offset"] = self.random.choice(["1d", "7d", "90m"])
        if self.chance(0.5):
            spec["history"] = self.random.choice(["clip", "require"])
        return self.default(spec)

    def default(self, spec):
        if self.chance(0.1):
            spec["default"] = self.random.choice([0, 7, -1.5])
        return spec

    def offset(self, spec):
        if self.chance(0.3):
            spec["offset"] = self.random.choice(["1d", "30d", "36h"])
        return self.default(spec)

    def metrics(self):
        made = []
        for agg in ("count", "count", "distinct", "distinct", "sum", "mean", "min", "max", "active_days"):
            spec = {"id": f"m{len(made)}", "agg": agg, "event": self.which()}
            if agg == "distinct" and self.chance(0.4):
                spec["of"] = "type"
            made.append(self.window(spec))
        for _ in range(2):
            spec = {"id": f"m{len(made)}", "agg": "days_since", "event": self.which()}
            if self.chance(0.5):
                spec["if_never"] = self.random.choice(["since_start", "missing", 999])
            made.append(self.offset(spec))
        for _ in range(2):
            spec = {"id": f"m{len(made)}", "agg": "trend", "event": self.which(),
                    "buckets": self.random.choice([2, 3, 8]), "every": self.random.choice(["1d", "7d"]),
                    "relative": self.chance(0.5)}
            if self.chance(0.5):
                spec["min_buckets"] = self.random.randint(2, spec["buckets"])
            if self.chance(0.2):
                spec["offset"] = "3d"
            made.append(self.default(spec))
        events = [m["id"] for m in made]
        made += [self.offset({"id": "open", "ticket": "open_count"}),
                 self.offset({"id": "oldest", "ticket": "oldest_open_days"}),
                 self.window({"id": "opened", "ticket": "opened_count"}),
                 self.offset({"id": "last", "survey": "last"}),
                 self.offset({"id": "nps", "survey": "last", "kind": "nps",
                              "max_age": self.random.choice(["10d", "30d"])}),
                 self.offset({"id": "mrr", "subscription": "mrr"}),
                 self.offset({"id": "seats", "subscription": "seats"}),
                 self.window({"id": "failed", "invoice": "failed_count"}),
                 self.offset({"id": "overdue", "invoice": "overdue_days"}),
                 {"id": "plan_m", "attribute": "plan"}, {"id": "vip_m", "attribute": "vip"},
                 self.default({"id": "seats_m", "attribute": "seats"}),
                 self.default({"id": "age", "customer": "age_days"})]
        for n in range(2):
            spec = {"num": self.random.choice(events), "den": self.random.choice([*events, "customer.seats"])}
            if self.chance(0.3):
                spec["min_den"] = self.random.choice([1, 3])
            made.append(self.default({"id": f"ratio{n}", "ratio": spec}))
            spec = {"cur": self.random.choice(events), "base": self.random.choice([*events, "customer.seats"])}
            if self.chance(0.5):
                spec["min_base"] = self.random.choice([0.5, 3])
            made.append(self.default({"id": f"change{n}", "pct_change": spec}))
        return made

    def score(self, name):
        groups, used = [], set()
        for n in range(self.random.randint(1, 3)):
            factors = []
            for metric in self.random.sample(self.numbers, self.random.randint(1, 4)):
                factors.append(self.factor(metric))
                if metric in used:
                    factors[-1]["id"] = f"f{n}_{len(factors)}"
                used.add(metric)
            groups.append({"id": f"g{n}", "weight": self.random.choice([1, 2, 25, 50, 0.5]), "factors": factors})
        spec = {"id": name, "groups": groups, "min_coverage": self.random.choice([0, 0.25, 0.5, 0.6, 1]),
                "baseline": self.random.choice([50, 0, 100, 62.5]),
                "bands": {"high": self.random.choice([70, 66.5]), "middle": 40, "low": 0}}
        caps = [{"id": f"cap{n}", "when": self.condition(1),
                 self.random.choice(["at_most", "at_most", "at_least"]): self.random.choice([35, 60, 20.5])}
                for n in range(self.random.choice([0, 1, 2]))]
        if caps:
            spec["caps"] = caps
        return spec

    def factor(self, metric):
        spec = {"metric": metric, "weight": self.random.choice([1, 1, 2, 3, 0.1])}
        xs = sorted(self.random.sample([-0.5, 0, 0.3, 1, 2, 4, 7, 20, 100, 1000], self.random.randint(2, 4)))
        spec[self.random.choice(["curve", "curve", "steps"])] = [
            [x, self.random.choice([0, 10, 33.3, 50, 70, 100])] for x in xs]
        policy = self.random.choice(["exclude", "exclude", "value", "worst", "best", None])
        if policy:
            spec["missing"] = policy
        if policy == "value":
            spec["value"] = self.random.choice([0, 3.5, 50])
        return spec

    def condition(self, depth):
        if depth and self.chance(0.6):
            sides = self.condition(depth - 1), self.condition(depth - 1)
            op = self.random.choice(["&&", "||", "&&", "||", "!", "?"])
            if op == "!":
                return ("!", sides[0])
            if op == "?":
                return ("?", self.condition(0), *sides)
            return (op, *sides)
        pick = self.random.random()
        if pick < 0.1:
            return ("has", self.random.choice(self.names))
        if pick < 0.2:
            return ("in", ("name", "customer.plan"), self.random.sample(WORDS, 2))
        if pick < 0.3:
            return (self.random.choice(["==", "!="]), ("name", "metric.plan_m"),
                    ("is", self.random.choice(WORDS)))
        if pick < 0.45 and getattr(self, "flags", None):
            return ("name", self.random.choice(self.flags))
        left = ("name", self.random.choice(self.names))
        if pick < 0.55:
            left = (self.random.choice("+-*/"), left, ("name", self.random.choice(self.names)))
        bound = self.random.choice([0.0, 1.0, 2.0, 3.0, 7.0, 10.0, 30.0, 50.0, 70.0, 0.5])
        return (self.random.choice(["<", "<=", ">", ">=", ">", "<"]), left, ("is", bound))

    def trigger(self, name):
        spec = {"id": name, "when": self.condition(2)}
        options = {
            "clear_when": lambda: self.condition(1), "for": lambda: self.random.choice(["1d", "2d", "5d"]),
            "min_evals": lambda: self.random.choice([2, 3]), "max_gap": lambda: self.random.choice(["1d", "4d"]),
            "clear_for": lambda: self.random.choice(["1d", "3d"]),
            "cooldown": lambda: self.random.choice(["0d", "1d", "3d", "14d"]),
            "refire": lambda: self.random.choice(["after_clear", "never", "every:3d"]),
            "renotify": lambda: self.random.choice(["1d", "2d"]), "on_unknown": self.on_unknown,
            "unknown_after": lambda: self.random.choice(["0d", "2d", "5d"]),
            "expire_unknown_after": lambda: self.random.choice(["0d", "1d", "4d"]),
            "grace": lambda: self.random.choice(["5d", "30d"]), "initial": lambda: "arm",
            "severity": lambda: self.random.choice(["low", "critical"]),
            "population": lambda: self.random.choice(["churned", "all", "active"]),
            "fire_budget": lambda: {"max_new": self.random.choice([1, 2])},
        }
        for key, choose in options.items():
            if self.chance(0.25):
                spec[key] = choose()
        return spec

    def on_unknown(self):
        words = ["hold", "reset", "resolve"]
        if self.chance(0.6):
            return self.random.choice(words)
        return {key: self.random.choice(words) for key in ("never", "empty", "expired", "otherwise")
                if self.chance(0.6)} or "hold"

    # ---- questions ----

    def dates(self, count):
        made = set()
        while len(made) < count:
            made.add(self.at(self.start - 5 * DAY, self.end + 5 * DAY))
        return sorted(made)


def playbook_text(book):
    """The playbook as a file: JSON, with trees as text."""
    def plain(value, key=None):
        if key in ("when", "clear_when", "where", "expr"):
            return twin.text(value)
        if isinstance(value, dict):
            return {k: plain(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value
    return json.dumps(plain(book), indent=1)


# ---- into a store ----

TIMES = {"since", "at", "known_at", "valid_from", "issued_at", "due_at", "paid_at", "failed_at", "opened_at",
         "closed_at", "reopened_at", "ended_at", "discount_until"}


def moment(micros):
    return None if micros is None else EPOCH + datetime.timedelta(microseconds=micros)


def add_one(store, kind, row):
    """One record through the call for one."""
    given = {key: value for key, value in row.items() if value is not None}
    if kind == "attribute":
        given["value"] = row["value"]
    needed = {"customer": ["id"], "attribute": ["customer", "name", "value"], "event": ["customer", "type", "at"],
              "subscription": ["id", "customer", "valid_from", "status"],
              "invoice": ["id", "customer", "issued_at", "due_at", "amount", "currency"],
              "ticket": ["id", "customer", "opened_at"], "survey": ["customer", "kind", "at", "score"],
              "churn": ["customer", "kind", "at"]}[kind]
    getattr(store, "add_" + kind)(*[given.pop(key) for key in needed], **given)


def add_rows(store, kind, rows):
    """Records as a frame. Attributes differ in type, so each name is a frame of its own."""
    if kind == "attribute":
        for name in sorted({row["name"] for row in rows}):
            add_frame(store, kind, [row for row in rows if row["name"] == name])
    elif kind == "customer":
        flat = [{**{k: v for k, v in row.items() if k != "attributes"}, **(row.get("attributes") or {})}
                for row in rows]
        add_frame(store, kind, flat)
    else:
        add_frame(store, kind, rows)


def add_frame(store, kind, rows):
    if not rows:
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        columns[name] = [moment(v) for v in values] if name in TIMES else values
    report = store.add(kind, columns, money="minor", strict=True)
    assert report.rejected == 0, report


def load(store, records, how="frames", shuffle=None):
    kinds = list(KINDS)
    if shuffle:
        shuffle.shuffle(kinds)
        kinds.remove("customer")
        kinds.insert(0, "customer")  # attributes without date need to know since when
    for kind in kinds:
        rows = list(records.get(kind, []))
        if shuffle:
            rows = shuffled(kind, rows, shuffle)
        if how == "frames":
            add_rows(store, kind, rows)
        elif how == "pieces":
            size = shuffle.randint(1, 7)
            for first in range(0, len(rows), size):
                add_rows(store, kind, rows[first:first + size])
        else:
            for row in rows:
                add_one(store, kind, row)
    for source, through, known in records.get("marks", []):
        store.mark(source, moment(through), moment(known))


def shuffled(kind, rows, chance):
    """Another order, in which rows of one record keep theirs."""
    groups = {}
    for number, row in enumerate(rows):
        groups.setdefault(twin.key_of(kind, row, number), []).append(row)
    order = [key for key, group in groups.items() for _ in group]
    chance.shuffle(order)
    return [groups[key].pop(0) for key in order]

# SPDX-License-Identifier: MIT
"""Random companies with every kind of record, and playbooks with every metric that there is."""

import random_company
import twin
from random_company import EVENTS, HOUR, WORDS, Maker
from twin import DAY

ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo",
         "Asia/Kathmandu"]
DURATIONS = ["1d", "7d", "28d", "36h", "2w", "1cd", "3cd", "1cw", "1cmo", "2cmo", "1cq", "60d"]
PROPERTIES = {"n": "number", "s": "string", "b": "bool", "t": "timestamp"}


class DeepMaker(Maker):
    def __init__(self, seed):
        super().__init__(seed)
        self.zone_name = self.random.choice(ZONES)
        self.zone = twin.ZoneInfo(self.zone_name)
        day = twin.datetime.date(self.random.choice([2024, 2025]), self.random.choice([1, 2, 3, 4, 8, 9, 10]),
                                 self.random.randint(1, 28))
        self.start = twin.midnight(day, self.zone)
        self.end = self.start + self.days * DAY

    def company(self):
        made = super().company()
        for kind in twin.KINDS[8:]:
            made[kind] = []
        for customer in self.ids:
            for kind in ("contact", "milestone", "touchpoint"):
                if self.chance(0.75):
                    getattr(self, "add_" + kind)(made, customer)
            for _ in range(self.random.choice([0, 0, 1, 2])):
                at = self.at()
                if not any((r["customer"], r["name"], r["valid_from"]) == (customer, "time_zone", at)
                           for r in made["attribute"]):
                    made["attribute"].append({"customer": customer, "name": "time_zone", "valid_from": at,
                                              "value": self.random.choice([*ZONES, "Mars/Olympus"]), "known_at": None})
        for kind in ("rate", "announcement", "spend"):
            if self.chance(0.8):
                getattr(self, "add_" + kind)(made)
        self.deepen(made)
        for kind in twin.KINDS[8:]:
            self.random.shuffle(made[kind])
            made[kind].sort(key=lambda row: row["known_at"] is not None)
        return made

    def deepen(self, made):
        """The optional fields that Maker leaves out."""
        for row in made["event"]:
            if row["value"] == 9.25:  # a correction
                continue
            if row["value"] == 1e9:  # sums of sums, which are compared to 1e-11
                row["value"] = 40.0
            row["props"] = {name: value for name, value in (
                ("n", self.random.choice([0.0, 1.0, -2.5, 7.0])), ("s", self.random.choice(["", "é", "web", "app"])),
                ("b", self.chance(0.5)), ("t", self.at())) if self.chance(0.5)}
        for row in made["ticket"]:
            at = row["opened_at"]
            row.update(user=self.maybe(0.7, lambda: self.random.choice("uvw")),
                       priority=self.maybe(0.8, lambda: self.random.choice(["high", "low"])),
                       category=self.maybe(0.8, lambda: self.random.choice(["bug", "billing"])),
                       csat=self.maybe(0.6, lambda: float(self.random.randint(1, 5))),
                       first_response_at=self.maybe(0.7, lambda at=at: at + self.random.choice(
                           [0, 1, HOUR, 4 * HOUR, DAY, 9 * DAY])))
        for row in made["survey"]:
            row["moment"] = self.maybe(0.6, lambda: self.random.choice(["early", "late"]))
        for row in made["invoice"]:
            at = row["issued_at"]
            row["currency"] = self.random.choice(["USD", "USD", "EUR", "JPY"])
            refund = self.maybe(0.4, lambda: self.random.randint(0, 900))
            row.update(refunded=refund, refunded_at=None if refund is None else at + self.random.randint(0, 40) * DAY)
        for row in made["subscription"]:
            at = row["valid_from"]
            if row["currency"] == "USD" and self.chance(0.2):
                row["currency"] = self.random.choice(["EUR", "JPY", "GBP"])
            row.update(plan=self.maybe(0.8, lambda: self.random.choice(WORDS)),
                       renews_at=self.maybe(0.7, lambda at=at: at + self.random.randint(0, 90) * DAY),
                       cancel_requested_at=self.maybe(0.3, lambda at=at: at + self.random.randint(-9, 60) * DAY),
                       trial_ends_at=self.maybe(0.6, lambda at=at: at + self.random.randint(0, 30) * DAY))
            if row["status"] == "active" and self.chance(0.25):
                row["status"] = "trial"

    def add_contact(self, made, customer):
        for n in range(self.random.randint(1, 3)):
            used = set()
            for _ in range(self.random.choice([1, 2, 4])):
                at = self.at()
                if at not in used:
                    used.add(at)
                    made["contact"].append({
                        "id": f"p-{customer}-{n}", "customer": customer, "valid_from": at, "known_at": self.known(at),
                        "role": self.maybe(0.8, lambda: self.random.choice(["champion", "admin"])),
                        "name": self.maybe(0.5, lambda: "N"), "active": self.maybe(0.7, lambda: self.chance(0.6))})

    def add_milestone(self, made, customer):
        for name in self.random.sample(["setup", "live", "first"], self.random.randint(1, 3)):
            at = self.at(self.start - 20 * DAY)
            made["milestone"].append({"customer": customer, "name": name, "reached_at": at,
                                      "known_at": self.known(at)})

    def add_touchpoint(self, made, customer):
        used = set()
        for n in range(self.random.randint(1, 6)):
            at = self.at()
            if at not in used:
                used.add(at)
                made["touchpoint"].append({
                    "id": f"c-{customer}-{n}", "customer": customer, "at": at, "known_at": self.known(at),
                    "channel": self.random.choice(["email", "call"]),
                    "replied_at": self.maybe(0.4, lambda at=at: at + self.random.choice([0, HOUR, 5 * DAY]))})

    def add_rate(self, made):
        used = set()
        for _ in range(self.random.randint(1, 6)):
            row = {"currency": self.random.choice(["EUR", "JPY"]), "at": self.at(self.start - 60 * DAY),
                   "known_at": None, "rate": self.random.choice([1.1, 0.5, 1.25, 0.0078125])}
            row["known_at"] = self.known(row["at"])
            if (row["currency"], row["at"]) not in used:
                used.add((row["currency"], row["at"]))
                made["rate"].append(row)

    def add_announcement(self, made):
        used = set()
        for _ in range(self.random.randint(1, 4)):
            row = {"name": self.random.choice(["v4", "v5"]), "at": self.at(), "known_at": None,
                   "kind": self.maybe(0.7, lambda: self.random.choice(["release", "outage"]))}
            row["known_at"] = self.known(row["at"])
            if (row["name"], row["at"]) not in used:
                used.add((row["name"], row["at"]))
                made["announcement"].append(row)

    def add_spend(self, made):
        made["spend"].append({"id": "sp", "at": self.at(), "known_at": None, "amount": 100, "currency": "USD",
                              "channel": None})

    # ---- playbook ----

    def playbook(self):
        book = {"churn": 1, "name": "deep", "time_zone": self.zone_name, "currency": "USD",
                "attributes": {"plan": "string", "seats": "number", "vip": "bool"},
                "properties": PROPERTIES, "sources": self.sources()}
        if self.chance(0.4):
            book["sources"]["crm"] = {"records": ["contact", "milestone", "touchpoint"]}
            if self.chance(0.5):
                book["sources"]["crm"]["max_lag"] = self.random.choice(["5d", "20d"])
            if self.chance(0.5):
                book["sources"]["crm"]["from"] = self.day(self.at(self.start - 10 * DAY, self.start + 20 * DAY))
        book["metrics"] = self.metrics()
        return book

    def pick(self, *values):
        return self.random.choice(values)

    def optional(self, spec, part, **values):
        for key, choices in values.items():
            if self.chance(part):
                spec[key] = self.random.choice(choices)
        return spec

    def where(self, depth=1):
        if depth and self.chance(0.5):
            return (self.pick("&&", "||"), self.where(depth - 1), self.where(depth - 1))
        return self.random.choice([
            (self.pick("<", ">", ">="), ("name", self.pick("value", "props.n")), ("is", self.pick(0.0, 1.0, 2.0))),
            (self.pick("==", "!="), ("name", "props.s"), ("is", self.pick("", "web", "é"))),
            ("name", "props.b"), ("!", ("name", "props.b")), ("has", "props.n"),
            (self.pick("==", "!="), ("name", "user"), ("is", self.pick("u", "v"))),
            (">", ("/", ("name", "value"), ("name", "props.n")), ("is", 0.5)),
            ("in", ("name", "type"), ["login", "export"])])

    def event_metric(self, agg):
        spec = {"agg": agg, "event": self.which()}
        if self.chance(0.35):
            spec["where"] = self.where()
        self.optional(spec, 0.3, offset=["1d", "7d", "90m", "1cmo", "1cw", "3cd"],
                      align=["day", "week", "month", "quarter"])
        if agg in ("active_days", "streak") or "align" in spec or self.chance(0.3):
            self.optional(spec, 0.5, zone=["playbook", "customer"])
        if agg in ("sum", "mean", "min", "max", "median", "quantile", "stddev"):
            self.optional(spec, 0.3, of=["value", "props.n"])
        if agg in ("first", "last"):
            spec["of"] = self.pick("value", "user", "type", "props.n", "props.s", "props.b", "props.t")
        if agg == "distinct":
            spec["of"] = self.pick("user", "type", "value", "props.s", "props.n", "props.b")
        if agg in ("trend", "active_periods"):
            spec.update(buckets=self.pick(2, 3, 8), every=self.pick("1d", "7d", "1cd", "1cw", "1cmo", "36h"))
            if agg == "active_periods":
                self.optional(spec, 0.5, history=["clip", "require"])
            if agg == "trend":
                self.optional(spec, 0.4, relative=[True, False], robust=[True], of=["value", "props.n"])
                if self.chance(0.4):
                    spec["min_buckets"] = self.random.randint(2, spec["buckets"])
            return spec
        always = agg in ("days_since", "days_since_first", "first", "last", "streak", "exists", "ewma")
        if not always or self.chance(0.3):
            spec["window"] = self.random.choice([*DURATIONS, "mtd", "qtd", "ytd"])
            self.optional(spec, 0.6, history=["clip", "clip", "require"])
            if agg in ("count", "sum", "rate") and self.chance(0.3):
                spec["history"] = "scale"
        if agg in ("days_since", "days_since_first"):
            self.optional(spec, 0.5, if_never=["since_start", "missing", 999], calendar=[True, False])
        if agg == "quantile":
            spec["q"] = self.pick(0.0, 0.1, 0.5, 0.9, 1.0)
        if agg == "ewma":
            spec["half_life"] = self.pick("1d", "14d", "36h")
        if agg == "streak":
            spec["every"] = self.pick("day", "week")
        if agg == "sum":
            self.optional(spec, 0.3, scale=[0, 1, 3])
        if agg in ("count", "sum", "active_days", "max", "mean", "streak", "rate") and self.chance(0.25):
            spec["per"] = "user"
            self.optional(spec, 0.7, take=["max", "min", "mean"])
        return spec

    def state(self, spec):
        return self.optional(spec, 0.3, offset=["1d", "30d", "36h", "1cmo", "1cw"])

    def windowed(self, spec):
        spec["window"] = self.random.choice([*DURATIONS, "mtd", "qtd", "ytd"])
        return self.optional(self.state(spec), 0.6, history=["clip", "clip", "require"])

    def metrics(self):
        specs = [self.event_metric(agg) for agg in (
            "count", "count", "distinct", "sum", "sum", "mean", "min", "max", "median", "quantile", "stddev", "first",
            "last", "active_days", "active_periods", "days_since", "days_since_first", "gap_mean", "gap_max", "rate",
            "streak", "exists", "ewma", "trend", "trend")]
        numeric = [n for n, s in enumerate(specs) if s["agg"] not in ("first", "last", "exists", "stddev")]
        for spec in specs:
            if spec["agg"] not in ("first", "last", "exists") and self.chance(0.08):
                spec["default"] = self.pick(0, 7, -1.5)
        only = {"priority": ["high", ["high", "low"]], "category": ["bug", ["billing"]]}
        for what in ("open_count", "oldest_open_days", "unanswered_count"):
            specs.append(self.optional(self.state({"ticket": what}), 0.25, **only))
        for what in ("opened_count", "closed_count", "reopened_count", "first_response_hours", "resolution_hours",
                     "csat", "sla_breach_share"):
            specs.append(self.optional(self.windowed({"ticket": what}), 0.25, **only))
        for spec in specs:
            if str(spec.get("ticket", "")).endswith("_count") and self.chance(0.4):
                self.optional(spec, 1.0, per=["user"])
                self.optional(spec, 0.6, take=["max", "min", "mean"])
            if spec.get("ticket") in ("first_response_hours", "resolution_hours", "csat"):
                self.optional(spec, 0.6, take=["mean", "median", "max", "min"])
            if spec.get("ticket") == "sla_breach_share":
                spec["sla"] = self.pick("1h", "1d", "4d")
                self.optional(spec, 0.5, of=["first_response", "resolution"])
        for what in ("last", "previous", "change", "days_since"):
            spec = self.optional(self.state({"survey": what}), 0.3, kind=["nps", "csat"], moment=["early", ["late"]])
            specs.append(spec if what == "days_since" else self.optional(spec, 0.3, max_age=["10d", "40d"]))
        specs.append(self.optional(self.windowed({"survey": "count"}), 0.3, kind=["nps"], moment=["early"]))
        specs.append(self.optional(self.windowed({"survey": "mean"}), 0.4, take=["mean", "median", "max", "min"]))
        for what in ("mrr", "arr", "seats", "plan", "active", "discount_share", "days_to_renewal", "renews_at",
                     "tenure_days", "trial_days_left", "cancel_requested", "days_since_cancel_request"):
            spec = self.state({"subscription": what})
            if what in ("days_to_renewal", "renews_at"):
                self.optional(spec, 0.4, min_period=["20d", "90d", "365d"])
            specs.append(spec)
        specs += [self.windowed({"subscription": what}) for what in ("downgrades", "expansion_amount",
                                                                     "contraction_amount")]
        specs += [self.state({"invoice": what}) for what in ("days_since_failure", "overdue_days", "overdue_amount",
                                                             "open_amount")]
        specs += [self.windowed({"invoice": what}) for what in ("failed_count", "paid_on_time_share",
                                                                "refunded_amount", "billed_amount")]
        for what in ("reached", "reached_at", "days_to", "days_since", "overdue_days"):
            spec = self.state({"milestone": what, "name": self.pick("setup", "live")})
            if what == "overdue_days":
                spec["due"] = self.pick("7d", "1cmo", "30d")
            specs.append(spec)
        channels = ["email", ["email", "call"]]
        specs += [self.optional(self.windowed({"touchpoint": what}), 0.3, channel=channels)
                  for what in ("count", "reply_rate")]
        specs += [self.optional(self.state({"touchpoint": what}), 0.3, channel=channels)
                  for what in ("days_since", "unanswered_in_a_row")]
        specs += [self.optional(self.state({"contact": what}), 0.6, role=["champion", ["champion", "admin"]])
                  for what in ("active_count", "days_since_left")]
        specs.append(self.optional(self.state({"announcement": "days_since"}), 0.3, name=["v4"], kind=["release"]))
        specs += [self.state({"attribute": "plan"}), self.state({"attribute": "vip"}), self.state({"attribute": "seats"})]
        for what in ("changed", "changes"):
            specs.append(self.windowed({"attribute": self.pick("plan", "seats", "vip"), "take": what}))
        specs.append(self.state({"attribute": self.pick("plan", "vip"), "take": "days_since_change"}))
        names = [f"m{n}" for n in numeric]
        specs += [{"delta": {"a": self.random.choice(names), "b": self.random.choice(names)}},
                  {"share": {"distinct": self.random.choice(names), "attribute": "seats"}},
                  {"expr": self.arithmetic(names)}, {"expr": self.arithmetic(names)},
                  {"expr": ("&&", ("<", ("name", "metric." + self.random.choice(names)), ("is", 3.0)),
                            ("!", ("name", "customer.vip"))), "type": "bool"}]
        for _ in range(2):
            back = self.pick(2, 4)
            ask = {"metric": self.random.choice(names), "back": back, "every": self.pick("1d", "7d", "1cmo", "1cw"),
                   "fewest": self.random.randint(1, back)}
            specs.append({"baseline": self.optional(ask, 0.5, **{"as": ["ratio", "difference"]})})
        for spec in specs:
            if "align" in spec:  # whole days alone
                for key, value in (("offset", "2d"), ("window", "3d"), ("every", "1d")):
                    if spec.get(key, "")[-1:] in ("m", "h"):
                        spec[key] = value
        return [{"id": f"m{n}", **spec} for n, spec in enumerate(specs)]

    def arithmetic(self, names):
        sides = [("name", self.random.choice(["customer.seats", *("metric." + name for name in names)]))
                 for _ in range(3)]
        return (self.pick(*"+-*/"), sides[0], (self.pick(*"+-/"), sides[1], sides[2]))


def flat(kind, rows):
    """Rows with a column an attribute and a property."""
    if kind == "customer":
        return [{**{k: v for k, v in row.items() if k != "attributes"}, **(row.get("attributes") or {})} for row in rows]
    if kind != "event":
        return rows
    made = []
    for row in rows:
        one = {key: value for key, value in row.items() if key != "props"}
        for name, value in (row.get("props") or {}).items():
            one["props." + name] = random_company.moment(value) if PROPERTIES[name] == "timestamp" else value
        made.append(one)
    return made


def put(store, kind, rows, **options):
    """Rows as frames. Attributes differ in type, so each name is a frame of its own."""
    if kind == "attribute":
        reports = [put_frame(store, kind, [row for row in rows if row["name"] == name], **options)
                   for name in sorted({row["name"] for row in rows})]
        return reports
    return [put_frame(store, kind, flat(kind, rows), **options)]


TIMES = random_company.TIMES | {"reached_at", "replied_at", "renews_at", "cancel_requested_at", "trial_ends_at",
                                "first_response_at", "refunded_at"}


def columns_of(rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        columns[name] = [random_company.moment(v) for v in values] if name in TIMES else values
    return columns


def put_frame(store, kind, rows, **options):
    if not rows:
        return None
    return store.add(kind, columns_of(rows), **{"money": "minor", "strict": True, **options})


def load(store, records):
    for kind in twin.KINDS:
        put(store, kind, records.get(kind, []))
    for source, through, known in records.get("marks", []):
        store.mark(source, random_company.moment(through), random_company.moment(known))

# SPDX-License-Identifier: MIT
"""Random businesses with records of every kind, and every question about what happened to them.

`business(seed)` is {kind: rows}, instants in microseconds of UTC; `later(data, seed)` are rows that are dated, or
become known, after AS_OF only; `ask(data)` is {question: rows of its table}.
"""
import random

import pytest

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")

DAY = 86_400_000_000
HOUR = DAY // 24
AS_OF = 1_741_953_600_000_000 + 7 * HOUR + 11  # 2025-03-14, in the morning
FIRST = 1_704_067_200_000_000  # 2024-01-01
SPAN = (1_730_419_200_000_000, 1_743_465_600_000_000)  # 2024-11-01, 2025-04-01: the last month is not over
INSTANTS = {"since", "at", "known_at", "opened_at", "closed_at", "first_response_at", "reopened_at", "valid_from",
            "issued_at", "due_at", "paid_at", "failed_at", "refunded_at", "discount_until", "renews_at", "ends_at",
            "ended_at", "cancel_requested_at", "reached_at", "replied_at"}
OWN = {"ended_at", "cancel_requested_at", "closed_at", "first_response_at", "reopened_at", "paid_at", "failed_at",
       "refunded_at", "replied_at"}
WHEN = {"event": "at", "subscription": "valid_from", "invoice": "issued_at", "ticket": "opened_at", "survey": "at",
        "churn": "at", "touchpoint": "at", "spend": "at", "rate": "at", "announcement": "at", "measure": "at",
        "milestone": "reached_at", "attribute": "valid_from"}
WORDS = ["slow export", "great team", "price too high", "export fails", "login", "slow", "nice", "invoice wrong",
         "cannot find the report", "report is slow again"]
PLAYBOOK = """
churn: 1
name: relations
time_zone: UTC
currency: USD
%(loss)s
kpi:
  preset: %(preset)s
  fx: %(fx)s
  sla: {high: {first_response: 4h, resolution: 2d}, else: {first_response: 1d}}
  activation: {event: import, within: 14d, retention: 60d}
  value: {milestone: go_live}
  trial_within: 40d
  gross_margin: 0.8
  early_life: 60d
  silent_quarters: 1
  value_classes: [50, 200]
  answer_within: 14d
  define:
    - {id: heavy, num: 'metric.logins > 3', den: 'metric.mrr > 0'}
  measures:
    - {name: visits, take: sum}
    - {name: stars}
  goals:
    - {id: losses, kpi: logo_churn, per: month, at_most: 0.03, every: quarter}
    - {id: fresh, kpi: new_mrr, every: quarter, at_least: 500}
    - {id: money, kpi: mrr, per: month, at_least: 1000, by: industry}
    - {id: visitors, kpi: visits, per: month, at_least: 100}
  benchmarks:
    - {kpi: logo_churn, per: month, low: 0.01, median: 0.02, high: 0.04, source: A survey, segment: big}
    - {kpi: nrr, per: quarter, low: 0.9, median: 1, high: 1.1, source: A survey, size: {attribute: employees, at_least: 10}}
metrics:
  - {id: logins, agg: count, event: login, window: 28d, history: clip}
  - {id: mrr, subscription: mrr}
segments:
  - {id: big, when: 'metric.mrr > 100'}
scores:
  - id: health
    groups:
      - {id: use, weight: 1, factors: [{metric: logins, curve: [[0, 0], [10, 100]]}]}
    bands: {green: 40, red: 0}
attributes: {industry: string, employees: number}
"""
LOSSES = ["", "loss: {any: [subscription, record]}",
          "loss: {any: [subscription, {when: 'metric.logins < 1', for: 30d}], ignore_gaps: 10d}"]
CONSTANTS = {"invoice": {"currency": "USD"}, "spend": {"currency": "USD"}}


class Maker:
    """Rows of all kinds between FIRST and an end, of customers c00, c01 ..."""

    def __init__(self, seed, low, high, tag, names):
        self.random = random.Random(f"{seed} {tag}")
        self.low, self.high, self.tag, self.names = low, high, tag, names

    def chance(self, part):
        return self.random.random() < part

    def at(self, low=None):
        low = self.low if low is None else low
        if low >= self.high:
            return low
        whole = low + self.random.randrange((self.high - low) // DAY + 1) * DAY
        return min(self.high, self.random.choice([whole, low + self.random.randrange(self.high - low)]))

    def maybe(self, value, part=0.6):
        return value if self.chance(part) else None

    def one(self):
        return self.random.choice(self.names)

    def known(self, at):
        """Most records are known when they happen, some days later."""
        return at + self.random.randrange(1, 20) * DAY if self.chance(0.1) else None

    def dated(self, at, days, part=0.7):
        return self.maybe(at + self.random.randrange(1, days * 24) * HOUR, part)

    def rows(self, many):
        pick, tag = self.random.choice, self.tag
        data = {"event": [], "subscription": [], "invoice": [], "ticket": [], "survey": [], "churn": [],
                "touchpoint": [], "spend": [], "announcement": [], "measure": [], "milestone": [], "attribute": []}
        for i in range(20 * many):
            at = self.at()
            data["event"].append({"customer": self.one(), "type": pick(["login", "login", "export", "import"]), "at": at,
                                  "user": self.maybe(f"u{self.random.randrange(5)}"), "known_at": self.known(at)})
        for i in range(2 * many):
            data["subscription"] += self.subscription(f"{tag}s{i:02}", self.one())
        for i in range(many):
            at = self.at()
            paid = self.dated(at, 40)
            amount = self.random.randrange(1, 500) * 100
            refund = self.dated(paid, 20, 0.2) if paid else None
            data["invoice"].append({"id": f"{tag}i{i}", "customer": self.one(), "issued_at": at, "due_at": at + 14 * DAY,
                                    "amount": amount, "paid_at": paid, "failed_at": self.dated(at, 9, 0.2),
                                    "refunded": amount // 2 if refund else None, "refunded_at": refund,
                                    "known_at": self.known(at)})
            at = self.at()
            closed = self.dated(at, 20)
            data["ticket"].append({"id": f"{tag}t{i}", "customer": self.one(), "opened_at": at, "closed_at": closed,
                                   "first_response_at": self.dated(at, 2), "priority": pick(["high", "low", None]),
                                   "reopened_at": self.dated(closed, 9, 0.2) if closed else None,
                                   "category": pick(["bug", "how"]), "text": " ".join(self.random.sample(WORDS, 2)),
                                   "csat": float(self.random.randrange(1, 6)) if closed and self.chance(0.5) else None,
                                   "known_at": self.known(at)})
            for _ in range(2):
                at = self.at()
                kind = pick(["nps", "csat", "ces"])
                top = {"nps": 10, "csat": 5, "ces": 7}[kind]
                data["survey"].append({"id": f"{tag}a{len(data['survey'])}", "customer": self.one(), "at": at, "kind": kind,
                                       "score": float(self.random.randint(kind != "nps", top)),
                                       "text": self.maybe(pick(WORDS)), "moment": pick(["onboarding", "renewal"]),
                                       "category": pick(["a", None]), "known_at": self.known(at)})
                at = self.at()
                data["touchpoint"].append({"id": f"{tag}p{len(data['touchpoint'])}", "customer": self.one(), "at": at,
                                           "channel": pick(["survey", "email"]), "offer": pick(["10 %", None]),
                                           "replied_at": self.dated(at, 20, 0.4), "known_at": self.known(at)})
            if self.chance(0.5):
                at = self.at()
                data["churn"].append({"customer": self.one(), "kind": pick(["voluntary", "involuntary", "downgrade"]),
                                      "at": at, "reason": pick(["price", "gone", None]), "competitor": pick(["X", None]),
                                      "known_at": self.known(at)})
            at = self.at()
            data["milestone"].append({"customer": self.names[i % len(self.names)], "name": pick(["go_live", "other"]),
                                      "reached_at": at, "known_at": self.known(at)})
            at = self.at()
            data["spend"].append({"id": f"{tag}m{i}", "at": at, "amount": self.random.randrange(5000),
                                  "channel": pick(["ads", None]), "known_at": self.known(at)})
            at = self.at()
            data["attribute"].append({"customer": self.one(), "valid_from": at, "industry": pick(["x", "y"]),
                                      "employees": self.random.randrange(1, 40), "known_at": self.known(at)})
        for i in range(60):
            at = self.at() // DAY * DAY + 10 * HOUR
            at = at if at >= self.low else at + DAY
            data["measure"].append({"name": pick(["visits", "stars"]), "at": at,
                                    "value": float(self.random.randrange(50)), "known_at": None})
        for i in range(3):
            data["announcement"].append({"id": f"{tag}n{i}", "at": self.at(), "name": f"release {tag}{i}",
                                         "known_at": None})
        keys = {"churn": ("customer", "at", "kind"), "milestone": ("customer", "name"), "measure": ("name", "at"),
                "attribute": ("customer", "valid_from"), "subscription": ("id", "valid_from")}
        for kind, key in keys.items():
            data[kind] = list({tuple(row[k] for k in key): row for row in data[kind]}.values())
        return data

    def subscription(self, name, customer):
        pick = self.random.choice
        rows, at, status = [], self.at(), pick(["active", "active", "trial"])
        amount, currency, period = self.random.randrange(0, 30000), pick(["USD", "USD", "EUR"]), pick(["month", "year"])
        plan = pick(["basic", "pro"])
        for _ in range(self.random.choice([1, 2, 4, 7])):
            ended = self.dated(at, 60, 0.15)
            rows.append({"id": name, "customer": customer, "valid_from": at, "status": status, "plan": plan,
                         "product": pick(["p", "q"]), "amount": amount, "currency": currency, "period": period,
                         "discount": self.maybe(amount // 4, 0.3), "discount_until": self.dated(at, 90, 0.5),
                         "renews_at": self.dated(at, 100, 0.5), "ends_at": self.dated(at, 100, 0.2),
                         "ended_at": ended, "cancel_requested_at": self.dated(at, 30, 0.2),
                         "auto_renew": pick([True, False, None]), "usage_based": pick([False, False, True]),
                         "seats": self.random.randrange(1, 9), "known_at": self.known(at)})
            at = max(at, ended or 0) + self.random.randrange(1, 60 * 24) * HOUR
            if at > self.high:
                break
            status = pick(["active", "active", "active", "past_due", "unpaid", "paused", "cancelled"])
            amount, plan = (self.random.randrange(0, 30000), pick(["basic", "pro"])) if self.chance(0.5) else (amount, plan)
        for row in rows:
            if row["discount"] is None:
                row["discount_until"] = None
        return rows


def rates(low, high, seed):
    rng = random.Random(f"{seed} rates {low}")
    return [{"currency": "EUR", "at": at, "rate": 1 + rng.randrange(40) / 100, "known_at": None}
            for at in range(low // DAY * DAY + DAY, high, 70 * DAY)]


def business(seed, many=20):
    """What is there and known before AS_OF (and what was known late, or not yet)."""
    rng = random.Random(seed)
    names = [f"c{i:02}" for i in range(many)]
    data = {"customer": [{"id": name, "since": FIRST + rng.randrange(400) * DAY if rng.random() < 0.7 else None,
                          "industry": rng.choice(["x", "y", None]), "employees": rng.randrange(1, 40)} for name in names]}
    data |= Maker(seed, FIRST, AS_OF - 1, "a", names).rows(many)
    data["rate"] = [{"currency": "EUR", "at": FIRST - DAY, "rate": 1.25, "known_at": None}] + rates(FIRST, AS_OF, seed)
    return data


def later(data, seed, many=12):
    """Records that nobody at AS_OF can know: dated at or after it, or learned after it."""
    names = [row["id"] for row in data["customer"]] + ["n1", "n2"]
    more = Maker(seed, AS_OF, AS_OF + 300 * DAY, "z", names).rows(many)
    late = Maker(seed, FIRST, AS_OF - 1, "y", names).rows(many)
    for kind, rows in late.items():
        for row in rows:
            row["known_at"] = AS_OF + 1 + random.Random(f"{seed} {kind}").randrange(90 * DAY)
        more[kind] += rows
    # A row of a customer without `since` and `known_at` says that they were always there.
    old = {row["id"] for row in data["customer"]}
    more["attribute"] = [row for row in more["attribute"] if row["customer"] in old]
    more["customer"] = [{"id": "n3", "since": AS_OF + 1, "industry": "z", "employees": 3}]
    more["rate"] = rates(AS_OF, AS_OF + 300 * DAY, seed)
    more["rate"].append({"currency": "EUR", "at": AS_OF - 5 * DAY, "rate": 3.5, "known_at": AS_OF + 1})
    for kind, rows in more.items():
        keys = {"churn": ("customer", "at", "kind"), "milestone": ("customer", "name"), "measure": ("name", "at"),
                "attribute": ("customer", "valid_from")}.get(kind)
        if keys:
            there = {tuple(row[k] for k in keys) for row in data[kind]}
            fresh = {tuple(row[k] for k in keys): row for row in rows}
            more[kind] = [row for key, row in fresh.items() if key not in there]
    return more


def book(seed, **words):
    rng = random.Random(f"{seed} book")
    given = {"loss": rng.choice(LOSSES), "fx": rng.choice(["constant", "historic"]),
             "preset": rng.choice(["chartmogul", "stripe", "profitwell", "smsb", "fightchurn"])}
    return PLAYBOOK % {**given, **words}


def load(store, kind, rows):
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        columns[name] = pa.array(values, pa.timestamp("us", tz="UTC")) if name in INSTANTS else pa.array(values)
    columns = {name: column for name, column in columns.items() if column.type != pa.null()}
    if kind == "attribute":
        kind, columns["id"] = "customer", columns.pop("customer")
    store.add(kind, pa.table(columns), money="minor", constants=CONSTANTS.get(kind), strict=True)


def opened(data, text, batches=1, rng=None):
    store = churn.Store(time_zone="UTC")
    pieces = []
    for kind, rows in data.items():
        size = -(-len(rows) // batches) if rows else 1
        pieces += [(kind, rows[i:i + size]) for i in range(0, len(rows), size)]
    if rng:
        rng.shuffle(pieces)
    for kind, rows in pieces:
        load(store, kind, rows)
    return churn.Engine(churn.Playbook.parse(text), store)


def questions(as_of=AS_OF, span=SPAN, months=True):
    """{name: function of an engine}."""
    steps = ["login", "export", {"milestone": "go_live"}]
    from datetime import timedelta
    asked = {}

    def add(name, method, *args, **kwargs):
        asked[name] = lambda engine: getattr(engine, method)(*args, **kwargs).to_dicts()

    known = {"as_of": as_of}
    every = "month" if months else "week"
    for by in ([], ["plan"], ["product", "currency"], ["industry"], ["segment.big"], ["health.band"], ["churn.reason"],
               ["cause"], ["churn.value"], ["survey.moment"], ["ticket.priority"], ["touchpoint.channel"], ["event.type"],
               ["spend.channel"]):
        add(f"kpi by {by}", "kpi", None, *span, every=every, by=by, **known)
    add("kpi at end", "kpi", None, *span, every=every, by=["segment.big", "plan"], by_at="end", **known)
    add("kpi of weeks", "kpi", None, span[0], span[0] + 63 * DAY, every="week", by="industry", changes=True, **known)
    add("kpi rolling", "kpi", None, *span, rolling=30, step=14, **known)
    add("kpi of days", "kpi", ["mrr", "logo_churn", "dau", "nps", "visits"], span[1] - 30 * DAY, span[1], every="day", **known)
    if months:
        add("kpi of a span", "kpi", None, *span, by="start_month", **known)
        add("kpi of quarters", "kpi", None, *span, every="quarter", changes=True, **known)
    for policy in ("chartmogul", "stripe", "profitwell", "smsb", "fightchurn"):
        add(f"kpi as {policy}", "kpi", ["mrr", "new_mrr", "churned_mrr", "customers", "logo_churn", "nrr", "grr"], *span,
            every=every, policy=policy, **known)
    add("movements", "movements", *span, **known)
    if hasattr(churn.Engine, "reconciliation"):
        add("movements split", "movements", *span, split=["plan", "currency"], **known)
        add("reconciliation", "reconciliation", *span, split=["plan", "product", "currency", "customer"], **known)
        add("policies", "compare_policies", ["chartmogul", "stripe", "profitwell"], ["mrr", "logo_churn", "nrr"], *span,
            every=every, **known)
    for what in ("customers", "gross_revenue", "net_revenue", "activity"):
        add(f"cohorts {what}", "cohorts", what, FIRST + span[0] - SPAN[0], span[1], every=every, **known)
    add("cohorts by", "cohorts", "customers", FIRST + span[0] - SPAN[0], span[1], every=every, by=["industry", "start"], **known)
    add("cohorts later", "cohorts", "activity", FIRST + span[0] - SPAN[0], span[1], every=every, mode="on_or_after", **known)
    for of in ("customers", "subscriptions"):
        add(f"survival {of}", "survival", as_of, of=of, by="industry" if months else ())
        add(f"survival from {of}", "survival_summary", as_of, of=of, start=span[0], lives="all" if of == "customers" else "first")
    add("survival plan", "survival_test", as_of, "plan")
    add("competing", "competing_risks", as_of)
    for of in ("customers", "users"):
        add(f"engagement {of}", "engagement", span[0], span[1], of=of, by="industry", **known)
        add(f"funnel {of}", "funnel", steps if of == "customers" else steps[:2], *span, within=timedelta(days=20), of=of, by="plan",
            **known)
    add("funnel open", "funnel", steps, *span, any_order=True, **known)
    add("adoption", "adoption", *span, by="segment.big", **known)
    for kind in ("nps", "csat", "ces"):
        add(f"surveys {kind}", "surveys", kind, *span, every=every, by="survey.moment", **known)
    add("nps_retention", "nps_retention", span[0], span[1], days=30, every=every, **known)
    add("themes", "themes", *span, every=every, min_count=1, min_customers=1, lexicon={"great": 1.0, "slow": -1.0},
        tags={"price": ["price", "invoice"]}, **known)
    add("themes by", "themes", *span, by="industry", compare="others", min_count=1, min_customers=1, **known)
    if months:
        add("goals", "goals", as_of, start=span[0])
        add("benchmarks", "benchmarks", *span, **known)
    add("anomalies", "anomalies", ["new_customers", "events", "visits", "mrr"], *span, every="week", by="industry",
        everything=True, false_alarms=0.2, **known)
    add("disagreements", "disagreements", as_of)
    return asked


def ask(engine, names=None, **kwargs):
    return {name: question(engine) for name, question in questions(**kwargs).items() if names is None or name in names}

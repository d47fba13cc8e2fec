# SPDX-License-Identifier: MIT
"""A second computation of everything that an engine answers: slow, obvious, from the manual alone.

Records are dicts of the fields of include/churn/records.h, instants microseconds, money minor units.
A company is {"customer": [...], "event": [...], ..., "marks": [(source, through, known_at)]}; a
playbook is what docs/reference/playbook.md describes, as dicts and lists, with conditions as trees
(see `truth`) where the file has text. Nothing here is fast and nothing comes from the library.
"""

import datetime
import math
import re
from fractions import Fraction
from zoneinfo import ZoneInfo

HOUR = 3_600_000_000
DAY = 86_400_000_000
UNITS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": DAY, "w": 7 * DAY}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
NEVER = -(10 ** 30)

#: What is not known for lack of knowledge; everything else that is missing is absent.
IGNORANCE = ["stale_source", "not_provided", "non_finite", "low_coverage", "no_rate", "untracked"]
#: Of two reasons the one that comes first here.
RANK = [*IGNORANCE, "never", "empty", "expired", "short_history"]


def worse(*values):
    reasons = [value.reason for value in values if isinstance(value, Missing)]
    return Missing(min(reasons, key=RANK.index)) if reasons else None


def duration(text):
    return int(text[:-1]) * UNITS[text[-1]]


def at_zone(micros, zone):
    return (EPOCH + datetime.timedelta(microseconds=micros)).astimezone(zone)


def micros_of(moment):
    return (moment - EPOCH) // datetime.timedelta(microseconds=1)


def midnight(day, zone):
    return micros_of(datetime.datetime(day.year, day.month, day.day, tzinfo=zone))


def half_away(value):
    """An integer: the nearest one, halves away from zero."""
    sign = -1 if value < 0 else 1
    return sign * ((abs(value) * 2 + 1) // 2)


class Missing:
    """A value that is not there, and why. `short_history` by `from` is inside called untracked."""

    def __init__(self, reason):
        self.reason = reason

    def __repr__(self):
        return f"<{self.name}>"

    @property
    def name(self):
        return "short_history" if self.reason == "untracked" else self.reason

    @property
    def absence(self):
        return self.reason not in IGNORANCE


# ---- what is seen ----

#: When a record of a kind happened.
HAPPENED = {"customer": "since", "attribute": "valid_from", "event": "at", "subscription": "valid_from",
            "invoice": "issued_at", "ticket": "opened_at", "survey": "at", "churn": "at",
            "contact": "valid_from", "milestone": "reached_at", "touchpoint": "at", "spend": "at",
            "rate": "at", "announcement": "at"}
STATES = {"attribute", "subscription", "contact", "rate"}
KINDS = ["customer", "attribute", "event", "subscription", "invoice", "ticket", "survey", "churn", "contact",
         "milestone", "touchpoint", "spend", "rate", "announcement"]
#: Kinds whose records belong to a customer and let one exist.
OWNED = [kind for kind in KINDS[1:] if kind not in ("spend", "rate", "announcement")]


def key_of(kind, row, number):
    if kind == "customer":
        return row["id"]
    if kind == "attribute":
        return row["customer"], row["name"], row["valid_from"]
    if kind == "subscription":
        return row["id"], row["valid_from"]
    if kind == "survey" and row.get("id") is None:
        return row["customer"], row["kind"], row.get("user"), row["at"]
    if kind == "churn":
        return row["customer"], row["at"], row["kind"]
    if kind == "contact":
        return row["id"], row["valid_from"]
    if kind == "milestone":
        return row["customer"], row["name"]
    if kind == "spend" and row.get("id") is None:
        return row["at"], row["currency"], row.get("channel")
    if kind == "rate":
        return row["currency"], row["at"]
    if kind == "announcement":
        return row["name"], row["at"]
    return row["id"] if row.get("id") is not None else ("row", number)


class Company:
    """Records as chains of versions by known_at."""

    def __init__(self, records):
        self.marks = records.get("marks", [])
        self.chains = {kind: {} for kind in KINDS}
        rows = {kind: list(records.get(kind, [])) for kind in KINDS}
        for row in rows["customer"]:  # attributes of customers are states, from the first unless dated
            for name, value in (row.get("attributes") or {}).items():
                valid = row.get("valid_from")
                rows["attribute"].insert(0, {"customer": row["id"], "name": name, "value": value,
                                             "valid_from": valid, "known_at": row.get("known_at")})
        for kind in KINDS:
            for number, row in enumerate(rows[kind]):
                chain = self.chains[kind].setdefault(key_of(kind, row, number), {})
                if row.get("known_at") is None:  # it replaces the record for all dates
                    chain.clear()
                known = row.get("known_at")
                if known is None:
                    known = row.get(HAPPENED[kind])
                if kind == "customer" and known == row.get("since"):  # `since` is no news
                    known = None
                chain[NEVER if known is None else known] = row
        self.customers = {row["id"] for row in rows["customer"]}
        for kind in OWNED:
            self.customers |= {row["customer"] for row in rows[kind]}

    def was_loaded(self, kind):
        return bool(self.chains[kind])

    def known(self, kind, as_of):
        """The newest version of each record that is known at as_of."""
        for chain in self.chains[kind].values():
            versions = [known for known in chain if known <= as_of]
            if versions:
                yield chain[max(versions)]


class View:
    """What an evaluation sees: facts before `now`, known at `as_of` (they differ by an offset)."""

    def __init__(self, company, as_of, now=None, whole=False):
        self.company, self.as_of, self.whole = company, as_of, whole
        self.now = as_of if now is None else now
        self.rows = {kind: [row for row in company.known(kind, as_of) if self.sees(kind, row)]
                     for kind in KINDS}
        self.by_customer = {}
        for kind in OWNED:
            for row in self.rows[kind]:
                self.by_customer.setdefault((kind, row["customer"]), []).append(row)
        self.since = {row["id"]: row.get("since") for row in company.known("customer", as_of)}
        self.ago = {}

    def sees(self, kind, row):
        at = row.get(HAPPENED[kind])
        if at is None:
            return True
        # `whole`: with the facts of the very instant `now`, for what there is just before a later one
        return at <= self.now if kind in STATES or kind == "customer" or self.whole else at < self.now

    def of(self, kind, customer):
        return self.by_customer.get((kind, customer), [])

    def back(self, offset):
        if offset == 0:
            return self
        if offset not in self.ago:
            self.ago[offset] = View(self.company, self.as_of, self.now - offset)
        return self.ago[offset]

    def dated(self, row, field):
        """An instant that dates itself."""
        at = row.get(field)
        return at if at is not None and at <= self.now else None

    def exists(self, customer):
        since = self.since.get(customer)
        if since is not None:
            return since <= self.now
        return customer in self.since or any(self.of(kind, customer) for kind in OWNED)

    def people(self):
        return sorted((c for c in self.company.customers if self.exists(c)), key=lambda c: c.encode())

    def events(self, customer, types, start=NEVER):
        found = [row for row in self.of("event", customer)
                 if (types == ["any"] or row["type"] in types) and row["at"] >= start]
        return sorted(found, key=lambda row: (row["at"], row["type"], row.get("user") or "",
                                              row["value"] if row.get("value") is not None else -math.inf))

    def attribute(self, customer, name):
        rows = [row for row in self.of("attribute", customer) if row["name"] == name]
        if not rows:
            return Missing("not_provided")
        value = max(rows, key=lambda r: NEVER if r["valid_from"] is None else r["valid_from"])["value"]
        return Missing("not_provided") if value is None else value

    def subscriptions(self, customer):
        """The state of each subscription: id -> row."""
        found = {}
        for row in self.of("subscription", customer):
            if row["id"] not in found or found[row["id"]]["valid_from"] < row["valid_from"]:
                found[row["id"]] = row
        return found

    def live(self, customer):
        return [row for row in self.subscriptions(customer).values()
                if row["status"] not in ("cancelled", "unpaid") and self.dated(row, "ended_at") is None]

    def open_tickets(self, customer):
        found = []
        for row in self.of("ticket", customer):
            closed, again = self.dated(row, "closed_at"), self.dated(row, "reopened_at")
            if closed is None or (again is not None and again >= closed):
                found.append(row)
        return found


# ---- money ----

MONTHS = {"day": Fraction(12, 365), "week": Fraction(12, 52), "month": Fraction(1),
          "quarter": Fraction(3), "year": Fraction(12)}


def period_months(text):
    """How many months a period has."""
    number, unit = re.fullmatch(r"(?:(\d+) )?([a-z]+?)s?", text).groups()
    return MONTHS[unit] * int(number or 1)


def monthly(row, now):
    """Monthly value of a state in minor units, rounded once; None where it counts nothing."""
    if row["status"] not in ("active", "past_due") or row.get("usage_based"):
        return None
    amount = row.get("amount")
    if amount is None:
        return None
    until = row.get("discount_until")
    if row.get("discount") is not None and (until is None or now < until):
        amount -= row["discount"]
    return half_away(Fraction(amount) / period_months(row["period"]))


# ---- metrics ----


class Book:
    """A playbook, with what is read off it once."""

    def __init__(self, book):
        self.book = book
        self.zone = ZoneInfo(book.get("time_zone", "UTC"))
        self.currency = book.get("currency", "USD")
        self.metrics = {metric["id"]: metric for metric in book.get("metrics", [])}
        self.sources = book.get("sources", {})
        self.interval = duration(book.get("evaluate", "1d"))

    def instant(self, text):
        if len(text) == 10:
            return midnight(datetime.date.fromisoformat(text), self.zone)
        return micros_of(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))


class Answers:
    """Everything asked at one date, each answer computed once."""

    def __init__(self, book, company, as_of, memory=None):
        self.book, self.company, self.as_of = book, company, as_of
        self.view = View(company, as_of)
        self.memory = memory
        self.kept = {}

    def people(self):
        return self.view.people()

    def metric(self, customer, name):
        key = (customer, name)
        if key not in self.kept:
            spec = self.book.metrics[name]
            value = self.compute(customer, spec)
            if isinstance(value, Missing) and "default" in spec:
                value = float(spec["default"])
            self.kept[key] = value
        return self.kept[key]

    def compute(self, customer, spec):
        for sort in ("agg", "ratio", "pct_change", "ticket", "survey", "subscription", "invoice",
                     "attribute", "customer"):
            if sort in spec:
                return getattr(self, "do_" + sort)(customer, spec)
        raise KeyError(spec)

    # coverage

    def stands_on(self, kind, types=()):
        for name, source in self.book.sources.items():
            if kind == "event":
                if types == ["any"] and source.get("events") or set(types) & set(source.get("events", [])):
                    yield name
            elif kind in source.get("records", []):
                yield name

    def mark(self, names):
        return max((through for source, through, known in self.company.marks
                    if source in names and (known is None or known <= self.as_of)), default=None)

    def watermark(self, name):
        source = self.book.sources[name]
        instants = [row["at"] for row in self.view.rows["event"] if row["type"] in source.get("events", [])]
        for kind in source.get("records", []):
            instants += [row[HAPPENED[kind]] for row in self.view.rows[kind]
                         if row.get(HAPPENED[kind]) is not None]
        marked = self.mark({name} | set(source.get("records", [])))
        if marked is not None:
            instants.append(marked)
        return min(self.as_of, max(instants)) if instants else None

    def provided(self, kind, types):
        """Whether records of a kind were ever loaded, or somebody said that there are none."""
        if self.company.was_loaded(kind):
            return True
        return self.mark({kind} | set(self.stands_on(kind, types))) is not None

    def uncovered(self, kind, types=()):
        """Why a source says nothing now, or None."""
        if not self.provided(kind, types):
            return Missing("not_provided")
        for name in self.stands_on(kind, types):
            source = self.book.sources[name]
            if "max_lag" in source:
                mark = self.watermark(name)
                if mark is None or mark < self.as_of - duration(source["max_lag"]):
                    return Missing("stale_source")
        return None

    def tracked(self, kind, types=()):
        """Since when everything that a metric stands on is tracked."""
        found = [NEVER]
        for name in self.stands_on(kind, types):
            source = self.book.sources[name]
            for of in source.get("events", []) if kind == "event" else [kind]:
                if kind != "event" or of in types or types == ["any"]:
                    text = source.get("event_from", {}).get(of, source.get("from"))
                    found.append(self.book.instant(text) if text else NEVER)
        return max(found)

    def short(self, customer, first, kind, types=()):
        """Why there is no history back to an instant, or None."""
        since, tracked = self.view.since.get(customer), self.tracked(kind, types)
        since = NEVER if since is None else since
        if first >= max(since, tracked):
            return None
        return Missing("untracked" if tracked > since else "short_history")

    def window(self, customer, spec, kind, types=()):
        """(start, end) of a window, or why there is none."""
        end = self.as_of - duration(spec.get("offset", "0d"))
        if "window" not in spec:
            return NEVER, end
        start = end - duration(spec["window"])
        short = self.short(customer, start, kind, types)
        if short and spec.get("history", "require") == "require":
            return short
        if short:  # the window begins where history does
            start = max(self.view.since.get(customer) or NEVER, self.tracked(kind, types))
        return start, end

    def then(self, customer, spec, kind):
        """What was seen at as_of less the offset, or why that cannot be asked."""
        then = self.view.back(duration(spec.get("offset", "0d")))
        if self.tracked(kind) <= then.now:
            return then
        since = self.view.since.get(customer)
        return Missing("untracked" if since is None or self.tracked(kind) > since else "short_history")

    # sorts of metrics

    def do_agg(self, customer, spec):
        types = spec["event"] if isinstance(spec["event"], list) else [spec["event"]]
        gap = self.uncovered("event", types)
        if gap:
            return gap
        if spec["agg"] == "trend":
            return self.trend(customer, spec, types)
        window = self.window(customer, spec, "event", types)
        if isinstance(window, Missing):
            return window
        start, end = window
        rows = self.view.back(self.as_of - end).events(customer, types, start)
        if spec["agg"] == "days_since":
            return self.days_since(customer, spec, types, rows, end)
        return self.aggregate(spec, rows)

    def aggregate(self, spec, rows):
        agg, of = spec["agg"], spec.get("of", "user" if spec["agg"] == "distinct" else "value")
        if agg == "count":
            return float(len(rows))
        if agg == "active_days":
            return float(len({at_zone(row["at"], self.book.zone).date() for row in rows}))
        found = [row[of] for row in rows if row.get(of) is not None]
        if agg == "distinct":
            return float(len(set(found)))
        total = 0.0
        for value in found:
            total += value
        if agg == "sum":
            return total
        if not found:
            return Missing("empty")
        return {"mean": total / len(found), "min": min(found), "max": max(found)}[agg]

    def days_since(self, customer, spec, types, rows, end):
        if rows:
            return float((end - rows[-1]["at"]) // DAY)
        never = spec.get("if_never", "since_start")
        if never == "missing":
            return Missing("never")
        if never != "since_start":
            return float(never)
        since = self.view.since.get(customer)
        if since is None:
            return Missing("never")
        tracked = self.tracked("event", types)
        if max(since, tracked) <= end:
            return float((end - max(since, tracked)) // DAY)
        if tracked <= end:
            return Missing("never")
        return Missing("untracked" if tracked > since else "short_history")

    def trend(self, customer, spec, types):
        end = self.as_of - duration(spec.get("offset", "0d"))
        every, buckets = duration(spec["every"]), spec["buckets"]
        since = self.view.since.get(customer)
        tracked = self.tracked("event", types)

        def whole(first):
            """How many of the stretches begin at or after an instant."""
            return sum(end - (n + 1) * every >= first for n in range(buckets))

        least = spec.get("min_buckets", buckets)
        if min(whole(tracked), whole(NEVER if since is None else since)) < least:
            return Missing("untracked" if since is None or tracked > since else "short_history")
        n = min(whole(tracked), whole(since) if since is not None else buckets)
        rows = self.view.back(self.as_of - end).events(customer, types, end - n * every)
        counts = [0] * n
        for row in rows:
            counts[(row["at"] - (end - n * every)) // every] += 1
        mean, middle = Fraction(sum(counts), n), Fraction(n - 1, 2)
        slope = (sum((i - middle) * (c - mean) for i, c in enumerate(counts)) /
                 sum((i - middle) ** 2 for i in range(n)))
        if spec.get("relative"):
            return float(slope / mean) if mean else Missing("empty")
        return float(slope)

    def part(self, customer, name):
        if name.startswith("customer."):
            return self.customer_name(customer, name[9:])
        return self.metric(customer, name)

    def do_ratio(self, customer, spec):
        num, den = (self.part(customer, spec["ratio"][of]) for of in ("num", "den"))
        least = spec["ratio"].get("min_den")
        if not isinstance(den, Missing) and (den == 0 or (least is not None and den < least)):
            den = Missing("empty")
        return worse(num, den) or num / den

    def do_pct_change(self, customer, spec):
        cur, base = (self.part(customer, spec["pct_change"][of]) for of in ("cur", "base"))
        if not isinstance(base, Missing) and base < spec["pct_change"].get("min_base", 1):
            base = Missing("empty")
        return worse(cur, base) or (cur - base) / base

    def do_ticket(self, customer, spec):
        gap = self.uncovered("ticket")
        if gap:
            return gap
        if spec["ticket"] == "opened_count":
            window = self.window(customer, spec, "ticket")
            if isinstance(window, Missing):
                return window
            rows = self.view.back(self.as_of - window[1]).of("ticket", customer)
            return float(sum(row["opened_at"] >= window[0] for row in rows))
        then = self.then(customer, spec, "ticket")
        if isinstance(then, Missing):
            return then
        rows = then.open_tickets(customer)
        if spec["ticket"] == "open_count":
            return float(len(rows))
        return max(((then.now - row["opened_at"]) / DAY for row in rows), default=0.0)

    def do_survey(self, customer, spec):
        gap = self.uncovered("survey")
        if gap:
            return gap
        then = self.then(customer, spec, "survey")
        if isinstance(then, Missing):
            return then
        rows = [row for row in then.of("survey", customer) if spec.get("kind", row["kind"]) == row["kind"]]
        if not rows:
            return Missing("never")
        last = max(rows, key=lambda row: row["at"])
        if "max_age" in spec and then.now - last["at"] > duration(spec["max_age"]):
            return Missing("expired")
        return float(last["score"])

    def do_subscription(self, customer, spec):
        gap = self.uncovered("subscription")
        if gap:
            return gap
        then = self.then(customer, spec, "subscription")
        if isinstance(then, Missing):
            return then
        if not then.of("subscription", customer):
            return Missing("never")
        if spec["subscription"] == "seats":
            given = [row["seats"] for row in then.live(customer) if row.get("seats") is not None]
            return float(sum(given)) if given or not then.live(customer) else Missing("not_provided")
        total = self.mrr(customer, then)
        return total if isinstance(total, Missing) else total / 100

    def mrr(self, customer, view):
        total = 0
        for row in view.live(customer):
            value = monthly(row, view.now) or 0
            if value and row["currency"] != self.book.currency:
                return Missing("no_rate")
            total += value
        return total

    def do_invoice(self, customer, spec):
        gap = self.uncovered("invoice")
        if gap:
            return gap
        if spec["invoice"] == "failed_count":
            window = self.window(customer, spec, "invoice")
            if isinstance(window, Missing):
                return window
            rows = self.view.back(self.as_of - window[1]).of("invoice", customer)
            return float(sum(row.get("failed_at") is not None and window[0] <= row["failed_at"] < window[1]
                             for row in rows))
        then = self.then(customer, spec, "invoice")
        if isinstance(then, Missing):
            return then
        return max(((then.now - row["due_at"]) / DAY for row in then.of("invoice", customer)
                    if row["due_at"] < then.now and then.dated(row, "paid_at") is None), default=0.0)

    def do_attribute(self, customer, spec):
        return self.view.attribute(customer, spec["attribute"])

    def do_customer(self, customer, spec):
        since = self.view.since.get(customer)
        return Missing("not_provided") if since is None else float((self.as_of - since) // DAY)

    # ---- loss ----

    def loss(self, customer):
        """(instant, kind, reason) of the loss that holds, or None."""
        signs = self.book.book.get("loss", {}).get("any", ["subscription"])
        losses = []
        for sign in signs:
            found = getattr(self, "lost_by_" + sign)(customer)
            if found:
                losses.append(found)
        return min(losses, key=lambda loss: loss[0]) if losses else None

    def changes(self, customer):
        """Instants at which a subscription of a customer may have changed, until now."""
        found = set()
        for row in self.view.of("subscription", customer):
            found |= {row["valid_from"], self.view.dated(row, "ended_at")}
        return sorted(found - {None})

    def lost_by_subscription(self, customer):
        there, lost = False, None
        for at in self.changes(customer):
            rows = [r for r in View.live(Moment(self.view, at), customer) if r["status"] != "trial"]
            if rows:
                there, lost = True, None
            elif there:
                there, lost = False, at
        return (lost, None, None) if lost is not None else None

    def lost_by_record(self, customer):
        rows = [row for row in self.view.of("churn", customer) if row["kind"] in ("voluntary", "involuntary")]
        if not rows:
            return None
        last = max(rows, key=lambda row: row["at"])
        starts = self.starts(customer)
        if any(at > last["at"] for at in starts):
            return None
        return last["at"], last["kind"], last.get("reason")

    def starts(self, customer):
        """Instants at which a subscription starts: from no state, or an ended one, to a live one."""
        found, before = [], set()
        for at in self.changes(customer):
            now = {row["id"] for row in View.live(Moment(self.view, at), customer) if row["status"] != "trial"}
            found += [at] * bool(now - before)
            before = now
        return found

    # ---- names ----

    def customer_name(self, customer, name):
        if name == "age_days":
            return self.do_customer(customer, {})
        if name == "churned":
            return self.loss(customer) is not None
        if name == "id":
            return customer
        return self.view.attribute(customer, name)

    def value(self, customer, name, params):
        space, _, rest = name.partition(".")
        if space == "params":
            return params[rest]
        if space == "metric":
            return self.metric(customer, rest)
        if space == "customer":
            return self.customer_name(customer, rest)
        if space == "segment":
            return self.segment(customer, rest)
        if space == "trigger":
            return self.memory.was_firing(rest, customer)
        return self.score_name(customer, space, rest)

    def segment(self, customer, name):
        key = (customer, "segment", name)
        if key not in self.kept:
            spec = next(s for s in self.book.book["segments"] if s["id"] == name)
            self.kept[key] = self.truth(customer, spec["when"])
        found = self.kept[key]
        if isinstance(found, Error):
            return Missing("non_finite")
        return worse(*found.inputs.values()) if isinstance(found, Unknown) else found

    def truth(self, customer, tree, params=None):
        return truth(tree, lambda name: self.value(customer, name, params or {}))

    # ---- scores ----

    def score(self, customer, name):
        key = (customer, "score", name)
        if key not in self.kept:
            spec = next(s for s in self.book.book["scores"] if s["id"] == name)
            self.kept[key] = Score(self, customer, spec)
        return self.kept[key]

    def score_name(self, customer, name, part):
        score = self.score(customer, name)
        if part in ("score", "band"):
            if score.value is None:
                return Missing("low_coverage")
            return score.value / 1e6 if part == "score" else score.band
        if part == "coverage":
            return float(score.coverage)
        if part in ("low", "high"):
            return getattr(score, part) / 1e6
        found = score.groups[part]
        return Missing("low_coverage") if found is None else found / 1e6


class Moment:
    """A view with the clock set back, for walking through the states that it sees."""

    def __init__(self, view, now):
        self.now, self.view = now, view

    def of(self, kind, customer):
        return [row for row in self.view.of(kind, customer) if row[HAPPENED[kind]] <= self.now]

    dated = View.dated
    subscriptions = View.subscriptions
    live = View.live


def points_of(factor, x):
    x = Fraction(x)
    if "steps" in factor:
        points = Fraction(factor["steps"][0][1])
        for value, there in factor["steps"]:
            if x >= Fraction(value):
                points = Fraction(there)
        return points
    curve = [(Fraction(a), Fraction(b)) for a, b in factor["curve"]]
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in zip(curve, curve[1:]):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]


def weight_of(part):
    return Fraction(str(part.get("weight", 1)))


def micro(value):
    return half_away(value * 1_000_000)


class Score:
    """value, low, high and groups in units of 1e-6; coverage from 0 to 1."""

    def __init__(self, answers, customer, spec):
        self.answers, self.customer, self.spec = answers, customer, spec
        self.factors = []  # (group, factor, metric's value, points or None, covered)
        for group in spec["groups"]:
            for factor in group["factors"]:
                self.factors.append((group, factor, *self.factor(factor)))
        self.groups, self.weights = {}, {}
        self.coverage = Fraction(0)
        all_groups = sum(weight_of(g) for g in spec["groups"])
        for group in spec["groups"]:
            self.group(group, all_groups)
        there = {g["id"]: weight_of(g) for g in spec["groups"]
                 if self.groups[g["id"]] is not None}
        total = sum(there.values())
        raw = sum(self.groups[g] * w for g, w in there.items()) / total if total else None
        self.exact = raw
        for key in self.weights:
            self.weights[key] *= there[key[0]] / total if total else 0
        self.finish(raw)

    def factor(self, factor):
        value = self.answers.metric(self.customer, factor["metric"])
        if not isinstance(value, Missing):
            return value, points_of(factor, value), True
        ends = [p for _, p in factor.get("curve", factor.get("steps"))]
        policy = factor.get("missing", "exclude")
        points = {"exclude": lambda: None, "value": lambda: points_of(factor, factor["value"]),
                  "worst": lambda: Fraction(min(ends)), "best": lambda: Fraction(max(ends))}[policy]()
        return value, points, False

    def group(self, group, all_groups):
        mine = [f for f in self.factors if f[0] is group]
        every = sum(weight_of(f[1]) for f in mine)
        there = sum(weight_of(f[1]) for f in mine if f[3] is not None)
        if every and all_groups:
            self.coverage += (weight_of(group) / all_groups *
                              sum(weight_of(f[1]) for f in mine if f[4]) / every)
        if not there:
            self.groups[group["id"]] = None
            return
        self.groups[group["id"]] = sum(weight_of(f[1]) * f[3]
                                       for f in mine if f[3] is not None) / there
        for f in mine:
            if f[3] is not None:
                name = f[1].get("id", f[1]["metric"])
                self.weights[group["id"], name] = weight_of(f[1]) / there

    def bound(self, choose):
        """The score if every missing factor had its least or most points."""
        groups, total = Fraction(0), Fraction(0)
        for group in self.spec["groups"]:
            mine = [f for f in self.factors if f[0] is group]
            weights = [weight_of(f[1]) for f in mine]
            if not sum(weights):
                continue
            points = [f[3] if f[4] else Fraction(choose(p for _, p in f[1].get("curve", f[1].get("steps"))))
                      for f in mine]
            weight = weight_of(group)
            groups += weight * sum(w * p for w, p in zip(weights, points)) / sum(weights)
            total += weight
        return groups / total

    def finish(self, raw):
        value, low, high = raw, self.bound(min), self.bound(max)
        for cap in self.spec.get("caps", []):
            holds = self.answers.truth(self.customer, cap["when"])
            open_ = isinstance(holds, (Unknown, Error))
            if holds is not True and not open_:
                continue
            if "at_most" in cap:
                limit = Fraction(cap["at_most"])
                low, high = min(low, limit), high if open_ else min(high, limit)
                value = value if open_ or value is None else min(value, limit)
            else:
                limit = Fraction(cap["at_least"])
                low, high = low if open_ else max(low, limit), max(high, limit)
                value = value if open_ or value is None else max(value, limit)
        self.low, self.high = micro(low), micro(high)
        enough = value is not None and self.coverage >= Fraction(str(self.spec.get("min_coverage", 0.5)))
        self.value = micro(value) if enough else None
        self.band = "unknown"
        if enough:
            bands = [(Fraction(str(bound)), name) for name, bound in self.spec["bands"].items()]
            reached = [band for band in bands if band[0] * 1_000_000 <= self.value]
            self.band = max(reached)[1] if reached else "unknown"
        self.groups = {name: None if p is None else micro(p) for name, p in self.groups.items()}


# ---- conditions ----


class Unknown:
    """Not known, for want of these inputs."""

    def __init__(self, inputs):
        self.inputs = dict(inputs)


class Error:
    pass


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def strict(op, values):
    """Comparisons and arithmetic: UNKNOWN before ERROR, both before a value."""
    inputs = {}
    for value in values:
        if isinstance(value, Unknown):
            inputs.update(value.inputs)
    if inputs:
        return Unknown(inputs)
    if any(isinstance(value, Error) for value in values):
        return Error()
    a, b = values
    if op == "/":
        if b == 0:
            return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
        return a / b
    if op in "+-*":
        return {"+": a + b, "-": a - b, "*": a * b}[op]
    if any(number(x) and not math.isfinite(x) for x in (a, b)):
        return Error()
    return {"<": lambda: a < b, "<=": lambda: a <= b, ">": lambda: a > b, ">=": lambda: a >= b,
            "==": lambda: a == b, "!=": lambda: a != b}[op]()


def truth(tree, value):
    """The value of a tree: ("name", n), ("is", literal), ("!", x), ("&&", a, b), ("?", c, a, b) ..."""
    op = tree[0]
    if op == "is":
        return tree[1]
    if op == "name":
        found = value(tree[1])
        return Unknown({tree[1]: found}) if isinstance(found, Missing) else found
    if op == "has":
        return not isinstance(value(tree[1]), Missing)
    if op == "!":
        inner = truth(tree[1], value)
        return inner if isinstance(inner, (Unknown, Error)) else not inner
    if op in ("&&", "||"):
        sides = [truth(side, value) for side in tree[1:]]
        decided = op == "||"
        if any(side is decided for side in sides):
            return decided
        inputs = {}
        for side in sides:
            if isinstance(side, Unknown):
                inputs.update(side.inputs)
        if inputs:
            return Unknown(inputs)
        return Error() if any(isinstance(side, Error) for side in sides) else not decided
    if op == "?":
        when = truth(tree[1], value)
        return when if isinstance(when, (Unknown, Error)) else truth(tree[2] if when else tree[3], value)
    if op == "in":
        inner = truth(tree[1], value)
        return inner if isinstance(inner, (Unknown, Error)) else inner in tree[2]
    return strict(op, [truth(side, value) for side in tree[1:]])


def text(tree):
    """The tree as it stands in a playbook."""
    op = tree[0]
    if op == "is":
        return literal(tree[1])
    if op == "name":
        return tree[1]
    if op == "has":
        return f"has({tree[1]})"
    if op == "!":
        return f"!({text(tree[1])})"
    if op == "?":
        return f"({text(tree[1])} ? {text(tree[2])} : {text(tree[3])})"
    if op == "in":
        return f"{text(tree[1])} in [{', '.join(literal(item) for item in tree[2])}]"
    return f"({text(tree[1])} {op} {text(tree[2])})"


def literal(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def outcome(value):
    return "?" if isinstance(value, Unknown) else "X" if isinstance(value, Error) else "T" if value else "F"


# ---- triggers ----


class Instance:
    def __init__(self):
        self.state = "inactive"
        self.episode = self.pending = self.evals = self.clear = self.until = 0
        self.fired_at = self.last = self.notified = self.unknown_since = None
        self.was_true = self.was_clear = self.gap_said = False
        self.must_clear = False


class Engine:
    """The state machine: rules.md 4.2 with the changes of DESIGN 9."""

    def __init__(self, book, company):
        self.book, self.company = book, company
        self.instances = {}
        self.episodes = []
        self.before = {}
        self.last = None

    def was_firing(self, trigger, customer):
        return self.before.get((trigger, customer), False)

    def advance(self, as_of, company=None):
        self.company = company or self.company
        run = dict.fromkeys(("customers", "evaluated", "true", "false", "unknown", "error", "fired",
                             "resolved", "reminders", "data_gaps", "suppressed", "budget"), 0)
        if self.last == as_of:
            return None
        answers = Answers(self.book, self.company, as_of, self)
        people = answers.people()
        run["customers"] = len(people)
        for trigger in self.book.book.get("triggers", []):
            fired = run["fired"]
            for customer in people:
                instance = self.instances.setdefault((trigger["id"], customer), Instance())
                Tick(self, answers, trigger, customer, instance, as_of, run).go()
            for (name, customer), instance in self.instances.items():
                if name == trigger["id"] and customer not in people:  # it is gone
                    Tick(self, answers, trigger, customer, instance, as_of, run).leave()
            budget = trigger.get("fire_budget", {})
            most = budget.get("max_new")
            new = run["fired"] - fired
            part = len(people) >= budget.get("min_customers", 50)
            if (most is not None and new > most) or (
                    part and new > Fraction(str(budget.get("max_fraction", 0.1))) * len(people)):
                run["budget"] += 1
        self.before = {key: i.state in ("firing", "resolving") for key, i in self.instances.items()}
        self.last = as_of
        return run


class Tick:
    """One evaluation of one instance."""

    def __init__(self, engine, answers, trigger, customer, instance, t, run):
        self.engine, self.answers, self.trigger, self.customer = engine, answers, trigger, customer
        self.i, self.t, self.run = instance, t, run

    def time(self, key, default="0d"):
        return duration(self.trigger.get(key, default))

    def go(self):
        population = self.trigger.get("population", "active")
        churned = self.answers.loss(self.customer) is not None
        if population != "all" and churned != (population == "churned"):
            self.leave()
            return
        ask = self.trigger
        e = self.answers.truth(self.customer, ask["when"], ask.get("params"))
        r = e
        if "clear_when" in ask:
            r = self.answers.truth(self.customer, ask["clear_when"], ask.get("params"))
        self.e, self.r = outcome(e), outcome(r)
        if "clear_when" not in ask:
            self.r = {"T": "F", "F": "T"}.get(self.e, self.e)
        open_ = self.i.state in ("firing", "resolving")
        # what is cleared: not while the condition itself is true
        self.c = "F" if self.e == "T" else self.r
        sides = [e, r] if open_ and self.r == "?" else [e]
        self.inputs = {}
        for side in sides:
            if isinstance(side, Unknown):
                self.inputs.update(side.inputs)
        self.run["evaluated"] += 1
        self.run[{"T": "true", "F": "false", "?": "unknown", "X": "error"}[self.e]] += 1
        self.unknown(self.c if open_ else self.e)
        if self.trigger.get("initial") == "arm" and self.engine.last is None and self.e == "T":
            self.i.must_clear = True
        if self.e != "T":
            self.i.must_clear = False
        self.step()
        self.i.was_true = self.e == "T"
        self.i.last = self.t

    def leave(self):
        if self.i.state in ("firing", "resolving"):
            self.resolve("left")
        elif self.i.state == "pending":
            self.i.state = "inactive"
        self.i.was_true = self.i.was_clear = False
        self.i.unknown_since, self.i.gap_said = None, False
        self.i.must_clear = False
        self.i.last = self.t

    def unknown(self, outcome):
        """Say once that it has been unknown for long, out of ignorance."""
        ignorant = outcome == "?" and not all(m.absence for m in self.inputs.values())
        if outcome not in "?X":
            self.i.unknown_since, self.i.gap_said = None, False
            return
        if self.i.unknown_since is None:
            self.i.unknown_since = self.t
        if ignorant and not self.i.gap_said and self.t - self.i.unknown_since >= self.time("unknown_after", "3d"):
            self.i.gap_said = True
            self.run["data_gaps"] += 1

    def gap(self):
        most = self.time("max_gap") if "max_gap" in self.trigger else 3 * self.engine.book.interval
        return self.i.last is not None and self.t - self.i.last > most

    def step(self):
        i = self.i
        if i.state == "cooldown" and self.t >= i.until:
            i.state = "inactive"
        getattr(self, "in_" + i.state)()

    def in_cooldown(self):
        if self.e == "T":
            self.run["suppressed"] += 1

    def in_inactive(self):
        i = self.i
        if self.e != "T":
            return
        if self.blocked():
            self.run["suppressed"] += 1
            return
        if self.time("for") == 0 and self.trigger.get("min_evals", 1) <= 1:
            self.fire_after_grace()
        else:
            i.state, i.pending, i.evals = "pending", 0, 1

    def blocked(self):
        return self.i.must_clear or (self.trigger.get("refire") == "never" and self.i.episode > 0)

    def fire_after_grace(self):
        since = self.answers.view.since.get(self.customer)
        if since is not None and self.t < since + self.time("grace"):
            self.run["suppressed"] += 1
        else:
            self.fire()

    def in_pending(self):
        i = self.i
        if self.e == "F":
            i.state = "inactive"
        elif self.e == "?":
            if self.verdict() == "reset":
                i.state = "inactive"
        elif self.e == "T":
            if self.gap():
                i.pending, i.evals = 0, 1
            else:
                i.pending += self.t - i.last if i.was_true else 0
                i.evals += 1
            if i.pending >= self.time("for") and i.evals >= self.trigger.get("min_evals", 1):
                self.fire_after_grace()

    def fire(self):
        i = self.i
        i.state, i.fired_at, i.notified = "firing", self.t, self.t
        i.episode += 1
        self.run["fired"] += 1
        self.engine.episodes.append({
            "trigger": self.trigger["id"], "customer": self.customer, "episode": i.episode,
            "fired_at": self.t, "resolved_at": None, "reason": None, "state": "firing", "reminders": 0,
            "relapses": 0, "severity": self.trigger.get("severity", "medium")})
        i.log = self.engine.episodes[-1]

    def resolve(self, reason):
        i = self.i
        i.log["resolved_at"], i.log["reason"], i.log["state"] = self.t, reason, "resolved"
        self.run["resolved"] += 1
        i.until = self.t + self.time("cooldown", "7d")
        i.state = "cooldown" if i.until > self.t else "inactive"
        i.was_clear = False

    def verdict(self):
        """What to do about an unknown condition: hold, reset, resolve, or absent for resolve at once."""
        said, worst = self.trigger.get("on_unknown"), worse(*self.inputs.values())
        if said is None:
            return "absent" if worst.absence else "hold"
        if isinstance(said, str):
            return said
        otherwise = said.get("otherwise", "hold")
        return said.get(worst.reason, otherwise) if worst.reason in ("never", "empty", "expired") else otherwise

    def hold(self):
        """Unknown, or an error, while open."""
        if self.c == "X":
            return
        verdict = self.verdict()
        if verdict == "absent":
            self.resolve("absent")
        elif verdict == "resolve" and self.t - self.i.unknown_since >= self.time("expire_unknown_after", "30d"):
            self.resolve("stale")

    def in_firing(self):
        i = self.i
        if self.c in "?X":
            self.hold()
        elif self.c == "T" and self.time("clear_for") == 0:
            self.resolve("cleared")
        elif self.c == "T":
            i.state, i.clear, i.was_clear, i.log["state"] = "resolving", 0, True, "resolving"
        else:
            self.keep_firing()

    def keep_firing(self):
        i = self.i
        refire, every = self.trigger.get("refire", ""), self.time("renotify")
        if refire.startswith("every:") and self.e == "T" and self.t - i.fired_at >= duration(refire[6:]):
            self.resolve("refired")
            self.fire()
        elif every and self.t - i.notified >= every:
            i.notified = self.t
            i.log["reminders"] += 1
            self.run["reminders"] += 1

    def in_resolving(self):
        i = self.i
        if self.c in "?X":
            i.was_clear = False
            self.hold()
        elif self.c == "F":
            i.state, i.log["state"], i.was_clear = "firing", "firing", False
            i.log["relapses"] += 1
        else:
            i.clear = 0 if self.gap() else i.clear + (self.t - i.last if i.was_clear else 0)
            i.was_clear = True
            if i.clear >= self.time("clear_for"):
                self.resolve("cleared")


# ---- figures ----


def next_period(at, every, zone):
    day = at_zone(at, zone).date()
    if every == "day":
        day += datetime.timedelta(days=1)
    elif every == "week":
        day += datetime.timedelta(days=7 - day.weekday())
    else:
        months = {"month": 1, "quarter": 3, "year": 12}[every]
        first = (day.month - 1) // months * months + months
        day = datetime.date(day.year + first // 12, first % 12 + 1, 1)
    return midnight(day, zone)


def grouped(line):
    """Changes less than an hour after the first of a group are one, dated at the first."""
    found, state = [], (False, 0)
    for at, here, mrr in line:
        if found and at < found[-1][0] + HOUR:
            found[-1] = (found[-1][0], here, mrr)
        elif (here, mrr) != state:
            found.append((at, here, mrr))
        state = (here, mrr)
    return found


class Ledger:
    """MRR of every customer over time, as known at as_of, under the policy chartmogul."""

    def __init__(self, book, company, as_of):
        self.book, self.company, self.view = book, company, View(company, as_of)
        self.lines = {customer: self.line(customer) for customer in company.customers
                      if self.view.of("subscription", customer)}

    def line(self, customer):
        """[(instant, whether there is a subscription that is no trial, mrr)]"""
        instants = set()
        for row in self.view.of("subscription", customer):
            instants |= {row["valid_from"], self.view.dated(row, "ended_at")}
            until = row.get("discount_until")
            if until is not None and until <= self.view.now and row.get("discount") is not None:
                instants.add(until)
        found = []
        for at in sorted(instants - {None}):
            rows = View.live(Moment(self.view, at), customer)
            values = [(monthly(row, at) or 0, row["currency"]) for row in rows]
            foreign = any(value and currency != self.book.currency for value, currency in values)
            here = any(row["status"] != "trial" for row in rows)
            found.append((at, here, None if foreign else sum(value for value, _ in values)))
        return found

    def level(self, customer, at):
        """(here, mrr) just before an instant."""
        found = (False, 0)
        for when, here, mrr in self.lines.get(customer, []):
            if when < at:
                found = (here, mrr)
        return found

    def is_foreign(self, customer, start, end):
        """Whether some of the money of a span is in another currency."""
        return self.level(customer, start)[1] is None or any(
            mrr is None for at, _, mrr in self.lines[customer] if start <= at < end)

    def there(self, at):
        """Who is a customer just before an instant, as `loss:` says."""
        answers = Answers(self.book, self.company, self.view.as_of)
        answers.view = View(self.company, self.view.as_of, min(at - 1, self.view.now),
                            at <= self.view.now)
        signs = self.book.book.get("loss", {}).get("any", ["subscription"])
        paying = "subscription" in signs and bool(self.company.chains["subscription"])
        found = set()
        for customer in self.company.customers:
            here = answers.view.exists(customer)
            if answers.view.since.get(customer) is None:  # from the first record on
                firsts = [row[HAPPENED[kind]] for kind in OWNED[1:] for row in self.view.of(kind, customer)
                          if row.get(HAPPENED[kind]) is not None]
                here = min(firsts) < at if firsts else here
            if "subscription" in signs and (paying or customer in self.lines):
                here = self.level(customer, at)[0]
            elif customer in self.lines:  # one who subscribes is a customer from then on
                here = any(here for when, here, _ in self.lines[customer] if when < at)
            if here and answers.loss(customer) is None:
                found.add(customer)
        return found

    def came(self, start, end):
        """Who was a customer at any instant of a span."""
        instants = {row[field] + 1 for kind in KINDS for row in self.view.rows[kind]
                    for field in (HAPPENED[kind], "ended_at") if row.get(field) is not None}
        return set().union(*(self.there(at) for at in instants if start < at <= end))

    def movements(self, start, end):
        """[(at, customer, kind, amount, before, after)]"""
        found = []
        for customer, line in self.lines.items():
            if self.is_foreign(customer, start, end):
                continue
            before, paid, gone = 0, False, False
            for at, here, mrr in grouped(line):
                mrr = 0 if mrr is None else mrr  # nothing is told of the span it is in
                if mrr != before:
                    kind = "expansion" if mrr > before else "contraction"
                    if not paid:
                        kind = "new"
                    elif gone and before == 0:
                        kind = "reactivation"
                    elif not here:
                        kind = "churn"
                    if start <= at < end:
                        found.append((at, customer, kind, mrr - before, before, mrr))
                before, paid = mrr, paid or mrr != 0
                gone = not here or (gone and mrr == 0)
        return sorted(found, key=lambda m: (m[0], m[1].encode()))

    def figures(self, start, end):
        """name -> value, None where undefined."""
        first = {c: self.level(c, start)[1] or 0 for c in self.lines}
        last = {c: self.level(c, end)[1] or 0 for c in self.lines}
        there, now = self.there(start), self.there(end)
        came = self.came(start, end) - there
        moved = dict.fromkeys(("new", "expansion", "contraction", "churn", "reactivation"), 0)
        for _, _, kind, amount, _, _ in self.movements(start, end):
            moved[kind] += abs(amount)
        base, mrr = sum(first.values()), sum(last.values())
        kept = sum(min(first[c], last[c]) for c in self.lines)
        grown = sum(last[c] for c in self.lines if first[c] > 0)

        def part(a, b):
            return Fraction(a, b) if b else None

        made = {
            "customers": len(now), "mrr": Fraction(mrr, 100), "arr": Fraction(12 * mrr, 100),
            "arpa": part(Fraction(mrr, 100), len(now)) if now else None,
            "new_mrr": Fraction(moved["new"], 100), "expansion_mrr": Fraction(moved["expansion"], 100),
            "contraction_mrr": Fraction(moved["contraction"], 100),
            "churned_mrr": Fraction(moved["churn"], 100),
            "reactivation_mrr": Fraction(moved["reactivation"], 100),
            "logo_churn": part(len(there - now), len(there)), "crr": part(len(now) - len(came), len(there)),
            "grr": part(kept, base), "nrr": part(grown, base),
            "gross_mrr_churn": part(moved["contraction"] + moved["churn"], base),
            "net_mrr_churn": part(moved["contraction"] + moved["churn"] - moved["expansion"]
                                  - moved["reactivation"], base),
        }
        if not self.company.chains["subscription"]:  # no subscription was ever loaded: money is not known, and not 0
            of_customers = ("customers", "logo_churn", "crr")
            made = {name: value if name in of_customers else None for name, value in made.items()}
        return made

# SPDX-License-Identifier: MIT
"""The whole vocabulary of metrics, as docs/reference/semantics.md says it, for twin.py."""

import datetime
import math
import re
from fractions import Fraction
from zoneinfo import ZoneInfo

import twin
from twin import DAY, NEVER, Missing, View, at_zone, half_away, worse

HOUR = DAY // 24
#: Places after the point of money.
DIGITS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}


class Instant(int):
    """A value that is an instant, in microseconds."""


# ---- time ----


def resolve(wall, zone):
    """The instant of a wall time: of two the earlier, in a gap the first one after it."""
    early, late = (twin.micros_of(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if at_zone(early, zone).replace(tzinfo=None) == wall:
        return early
    before, after = min(early, late), max(early, late)  # a gap: the clocks jump between these
    offset = at_zone(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if at_zone(middle, zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def local_of(at, zone):
    return at_zone(at, zone).replace(tzinfo=None)


def days_in(year, month):
    return (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day


def shift(at, text, zone, times=1, calendar_days=False):
    """An instant, moved by so many durations."""
    number, unit = re.fullmatch(r"(\d+)([a-z]+)", text).groups()
    number = int(number) * times
    if unit in twin.UNITS:
        span = number * twin.UNITS[unit]
        if not calendar_days or twin.duration(text) % DAY:
            return at + span
        number, unit = span // DAY, "cd"
    wall = local_of(at, zone)
    if unit in ("cd", "cw"):
        return resolve(wall + datetime.timedelta(days=number * (7 if unit == "cw" else 1)), zone)
    months = wall.year * 12 + wall.month - 1 + number * {"cmo": 1, "cq": 3, "cy": 12}[unit]
    year, month = divmod(months, 12)
    return resolve(wall.replace(year=year, month=month + 1, day=min(wall.day, days_in(year, month + 1))), zone)


def beginning(at, unit, zone):
    """The start of the day, week, month, quarter or year that holds an instant."""
    wall = local_of(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        wall -= datetime.timedelta(days=wall.weekday())
    elif unit != "day":
        months = {"month": 1, "quarter": 3, "year": 12}[unit]
        wall = wall.replace(month=(wall.month - 1) // months * months + 1, day=1)
    return resolve(wall, zone)


def period_days(text):
    number, unit = re.fullmatch(r"(?:(\d+) )?([a-z]+?)s?", text).groups()
    days = {"day": Fraction(1), "week": Fraction(7), "month": Fraction(365, 12),
            "quarter": Fraction(365, 4), "year": Fraction(365)}[unit]
    return days * int(number or 1)


def taken(values, how):
    """What `take` makes of values, None of nothing."""
    if not values:
        return None
    if how == "mean":
        return float(sum(Fraction(value) for value in values) / len(values))
    if how == "median":
        return quantile(values, 0.5)
    return float({"max": max, "min": min}[how](values))


def quantile(values, q):
    values = sorted(values)
    h = Fraction(len(values) - 1) * Fraction(q)
    low = h.numerator // h.denominator
    high = min(low + 1, len(values) - 1)
    return float(Fraction(values[low]) + (h - low) * (Fraction(values[high]) - Fraction(values[low])))


def fits(row, field, wanted):
    if wanted is None:
        return True
    return row.get(field) in ([wanted] if isinstance(wanted, str) else wanted)


def days_of(span):
    return float(Fraction(span, DAY))


class Answers(twin.Answers):
    """twin.Answers with every metric that there is."""

    def compute(self, customer, spec):
        for sort in ("delta", "share", "expr", "baseline", "milestone", "touchpoint", "contact", "announcement"):
            if sort in spec:
                return getattr(self, "do_" + sort)(customer, spec)
        return super().compute(customer, spec)

    # ---- clocks and windows ----

    def zone_of(self, customer, spec):
        if spec.get("zone") == "customer":
            name = self.view.attribute(customer, "time_zone")
            if isinstance(name, str):
                try:
                    return ZoneInfo(name)
                except (KeyError, ValueError, OSError):
                    pass
        return self.book.zone

    def moment(self, customer, spec):
        """(t, zone): as_of aligned, less the offset."""
        zone, align = self.zone_of(customer, spec), spec.get("align")
        at = beginning(self.as_of, align, zone) if align else self.as_of
        return shift(at, spec.get("offset", "0d"), zone, -1, bool(align)), zone

    def looking_back(self, at):
        return self.view.back(self.as_of - at)

    def beginnings(self, customer, kind, types=()):
        """(since, tracked)"""
        since = self.view.since.get(customer)
        return NEVER if since is None else since, self.tracked(kind, types)

    def window_of(self, customer, spec, kind, types=()):
        """(start, end, start before it was clipped) or why there is none."""
        end, zone = self.moment(customer, spec)
        window = spec.get("window")
        if window is None:
            return NEVER, end, NEVER
        if window in ("mtd", "qtd", "ytd"):
            start = beginning(end, {"m": "month", "q": "quarter", "y": "year"}[window[0]], zone)
        else:
            start = shift(end, window, zone, -1, bool(spec.get("align")))
        return self.covered(customer, spec, start, end, kind, types)

    def covered(self, customer, spec, start, end, kind, types=()):
        since, tracked = self.beginnings(customer, kind, types)
        if start >= max(since, tracked):
            return start, end, start
        if spec.get("history", "require") == "require":
            return Missing("untracked" if tracked > since else "short_history")
        return max(since, tracked), end, start

    def state_at(self, customer, spec, kind):
        """The view at t, or why that cannot be asked."""
        then = self.looking_back(self.moment(customer, spec)[0])
        since, tracked = self.beginnings(customer, kind)
        if tracked <= then.now:
            return then
        return Missing("untracked" if tracked > since else "short_history")

    # ---- events ----

    def ordered(self, rows):
        names = sorted({name for row in rows for name in row.get("props") or {}})

        def value(given):
            if given is None:
                return (0,)
            return (1, given.encode() if isinstance(given, str) else given)

        def key(row):
            props = row.get("props") or {}
            return (row["at"], row["type"].encode(), value(row.get("user")), value(row.get("value")),
                    [value(props.get(name)) for name in names], value(row.get("id")))
        return sorted(rows, key=key)

    def given(self, row, name):
        if name.startswith("props."):
            return (row.get("props") or {}).get(name[6:])
        return row.get(name)

    def holds(self, row, where):
        def value(name):
            found = self.given(row, name)
            return Missing("not_provided") if found is None else found
        return twin.truth(where, value) is True

    def events_of(self, customer, spec, types, start, end):
        rows = self.looking_back(end).events(customer, types, start)
        if "where" in spec:
            rows = [row for row in rows if self.holds(row, spec["where"])]
        return self.ordered(rows)

    def do_agg(self, customer, spec):
        types = spec["event"] if isinstance(spec["event"], list) else [spec["event"]]
        gap = self.uncovered("event", types)
        if gap:
            return gap
        if spec["agg"] == "trend":
            return self.trend(customer, spec, types)
        if spec["agg"] == "active_periods":
            return self.active_periods(customer, spec, types)
        window = self.window_of(customer, spec, "event", types)
        if isinstance(window, Missing):
            return window
        start, end, asked = window
        if spec.get("history") == "scale" and start > asked and start >= end:  # nothing of the window is known
            since, tracked = self.beginnings(customer, "event", types)
            return Missing("untracked" if tracked > since else "short_history")
        rows = self.events_of(customer, spec, types, start, end)
        if spec.get("per") == "user":
            return self.per_user(customer, spec, types, rows, window)
        return self.one_aggregate(customer, spec, types, rows, window)

    def per_user(self, customer, spec, types, rows, window):
        users = {}
        for row in rows:
            if row.get("user") is not None:
                users.setdefault(row["user"], []).append(row)
        found = [self.one_aggregate(customer, spec, types, mine, window) for mine in users.values()]
        found = [value for value in found if not isinstance(value, Missing)]
        if not found:
            return self.one_aggregate(customer, spec, types, [], window)
        return taken(found, spec.get("take", "max"))

    def one_aggregate(self, customer, spec, types, rows, window):
        start, end, asked = window
        agg, zone = spec["agg"], self.zone_of(customer, spec)
        of = spec.get("of", "user" if agg == "distinct" else "value")
        found = [value for value in (self.given(row, of) for row in rows) if value is not None]
        known = Fraction(end - asked, end - start) if spec.get("history") == "scale" and end > start else 1
        if agg == "count":
            return float(len(rows) * known)
        if agg == "distinct":
            return float(len(set(found)))
        if agg == "sum":
            if "scale" in spec:
                units = 10 ** spec["scale"]
                return float(Fraction(sum(half_away(Fraction(v) * units) for v in found), units) * known)
            total = 0.0
            for value in found:
                total += value
            return float(Fraction(total) * known)
        if agg == "rate":
            days = end - (start if spec.get("history") == "scale" else asked)
            return float(Fraction(len(rows) * DAY, days)) if days else Missing("empty")
        if agg == "exists":
            return bool(rows) or self.unseen(customer, window, types) or False
        if agg in ("first", "last"):
            if found:
                return self.typed(of, found[0 if agg == "first" else -1])
            if asked != NEVER:
                return Missing("empty")
            return self.unseen(customer, window, types) or Missing("never")
        if agg in ("mean", "min", "max", "median", "quantile", "stddev"):
            return self.of_values(spec, agg, found)
        if agg == "active_days":
            return float(len({at_zone(row["at"], zone).date() for row in rows}))
        if agg in ("days_since", "days_since_first"):
            return self.days_since_one(customer, spec, types, rows, end)
        if agg in ("gap_mean", "gap_max"):
            gaps = [b["at"] - a["at"] for a, b in zip(rows, rows[1:])]
            if not gaps:
                return Missing("empty")
            return days_of(max(gaps)) if agg == "gap_max" else float(Fraction(sum(gaps), len(gaps) * DAY))
        if agg == "streak":
            return self.streak(spec, rows, end, zone)
        if agg == "ewma":
            life = twin.duration(spec["half_life"])
            return math.fsum(2.0 ** -((end - row["at"]) / life) for row in rows)
        raise KeyError(agg)

    def unseen(self, customer, window, types):
        """Whether something may have been before tracking began."""
        since, tracked = self.beginnings(customer, "event", types)
        return Missing("untracked") if window[2] == NEVER and tracked > since else None

    def typed(self, of, value):
        if of.startswith("props.") and self.book.book["properties"][of[6:]] == "timestamp":
            return Instant(value)
        return value if isinstance(value, (str, bool)) else float(value)

    def of_values(self, spec, agg, found):
        if not found or (agg == "stddev" and len(found) < 2):
            return Missing("empty")
        if agg == "mean":
            total = 0.0
            for value in found:
                total += value
            return total / len(found)
        if agg in ("min", "max"):
            return float({"min": min, "max": max}[agg](found))
        if agg == "stddev":
            values = [Fraction(value) for value in found]
            mean = sum(values) / len(values)
            return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
        return quantile(found, spec["q"] if agg == "quantile" else 0.5)

    def days_since_one(self, customer, spec, types, rows, end):
        zone = self.zone_of(customer, spec)
        if not rows:
            return self.never_since(customer, spec, types, end)
        at = rows[-1 if spec["agg"] == "days_since" else 0]["at"]
        if spec.get("calendar"):
            return float((at_zone(end, zone).date() - at_zone(at, zone).date()).days)
        return float((end - at) // DAY)

    def never_since(self, customer, spec, types, end):
        never = spec.get("if_never", "since_start")
        if never == "missing":
            return Missing("never")
        if never != "since_start":
            return float(never)
        since = self.view.since.get(customer)
        if since is None:
            return Missing("never")
        tracked = self.tracked("event", types)
        first = max(since, tracked)
        if first <= end:
            if spec.get("calendar"):
                zone = self.zone_of(customer, spec)
                return float((at_zone(end, zone).date() - at_zone(first, zone).date()).days)
            return float((end - first) // DAY)
        if tracked <= end:
            return Missing("never")
        return Missing("untracked" if tracked > since else "short_history")

    def streak(self, spec, rows, end, zone):
        def stretch(at):
            day = at_zone(at, zone).date()
            return day - datetime.timedelta(days=day.weekday()) if spec.get("every") == "week" else day

        length = datetime.timedelta(days=7 if spec.get("every") == "week" else 1)
        active = {stretch(row["at"]) for row in rows}
        day, streak = stretch(end - 1), 0
        if day not in active and stretch(end) == day:  # not over yet
            day -= length
        while day in active:
            streak, day = streak + 1, day - length
        return float(streak)

    def edges(self, customer, spec):
        """Where the stretches end, the newest first: t, t - every, t - 2 every ..."""
        end, zone = self.moment(customer, spec)
        return [shift(end, spec["every"], zone, -n, bool(spec.get("align"))) for n in range(spec["buckets"] + 1)]

    def active_periods(self, customer, spec, types):
        edges = self.edges(customer, spec)
        window = self.covered(customer, spec, edges[-1], edges[0], "event", types)
        if isinstance(window, Missing):
            return window
        rows = self.events_of(customer, spec, types, window[0], edges[0])
        return float(sum(any(a <= row["at"] < b for row in rows) for a, b in zip(edges[1:], edges)))

    def trend(self, customer, spec, types):
        edges = self.edges(customer, spec)
        since, tracked = self.beginnings(customer, "event", types)

        def whole(first):
            return sum(edge >= first for edge in edges[1:])

        least = spec.get("min_buckets", spec["buckets"])
        n = min(whole(tracked), whole(since))
        if n < least:
            return Missing("untracked" if tracked > since else "short_history")
        ends = edges[:n + 1][::-1]
        rows = self.events_of(customer, spec, types, ends[0], ends[-1])
        counts = []
        for a, b in zip(ends, ends[1:]):
            mine = [row for row in rows if a <= row["at"] < b]
            if "of" in spec:
                values = [self.given(row, spec["of"]) for row in mine]
                counts.append(sum((Fraction(v) for v in values if v is not None), Fraction(0)))
            else:
                counts.append(Fraction(len(mine)))
        mean, middle = sum(counts) / n, Fraction(n - 1, 2)
        if spec.get("robust"):
            slopes = [(counts[j] - counts[i]) / (j - i) for i in range(n) for j in range(i + 1, n)]
            slopes.sort()
            half = len(slopes) // 2
            slope = slopes[half] if len(slopes) % 2 else (slopes[half - 1] + slopes[half]) / 2
        else:
            slope = (sum((i - middle) * c for i, c in enumerate(counts)) /
                     sum((i - middle) ** 2 for i in range(n)))
        if spec.get("relative"):
            return float(slope / abs(mean)) if mean else Missing("empty")
        return float(slope)

    # ---- metrics of metrics ----

    def do_delta(self, customer, spec):
        a, b = (self.part(customer, spec["delta"][of]) for of in "ab")
        return worse(a, b) or a - b

    def do_share(self, customer, spec):
        value = self.metric(customer, spec["share"]["distinct"])
        of = self.view.attribute(customer, spec["share"]["attribute"])
        if not isinstance(of, Missing) and of == 0:
            of = Missing("empty")
        return worse(value, of) or value / of

    def do_expr(self, customer, spec):
        found = self.truth(customer, spec["expr"])
        if isinstance(found, twin.Unknown):
            return worse(*found.inputs.values())
        if isinstance(found, twin.Error) or (twin.number(found) and not math.isfinite(found)):
            return Missing("non_finite")
        return found

    def do_baseline(self, customer, spec):
        ask = spec["baseline"]
        now = self.metric(customer, ask["metric"])
        values, reasons = [], []
        for n in range(1, ask["back"] + 1):
            then = shift(self.as_of, ask["every"], self.book.zone, -n)
            found = self.at(then).metric(customer, ask["metric"])
            (reasons if isinstance(found, Missing) else values).append(found)
        if len(values) < ask["fewest"]:
            usual = worse(*reasons)
        else:
            usual = quantile(values, 0.5)
            if usual == 0 and ask.get("as", "ratio") == "ratio":
                usual = Missing("empty")
        if worse(now, usual):
            return worse(now, usual)
        return now - usual if ask.get("as") == "difference" else now / usual

    def at(self, then):
        key = ("at", then)
        if key not in self.kept:
            self.kept[key] = Answers(self.book, self.company, then)
        return self.kept[key]

    # ---- tickets ----

    def do_ticket(self, customer, spec):
        what = spec["ticket"]
        gap = self.uncovered("ticket")
        if gap:
            return gap
        if what in ("open_count", "oldest_open_days", "unanswered_count"):
            then = self.state_at(customer, spec, "ticket")
            if isinstance(then, Missing):
                return then
            rows = [row for row in then.open_tickets(customer) if self.meant(row, spec)]
            if what == "oldest_open_days":
                return max((days_of(then.now - row["opened_at"]) for row in rows), default=0.0)
            if what == "unanswered_count":
                rows = [row for row in rows if then.dated(row, "first_response_at") is None]
            return self.counted(spec, rows)
        window = self.window_of(customer, spec, "ticket")
        if isinstance(window, Missing):
            return window
        start, end, _ = window
        then = self.looking_back(end)
        rows = [row for row in then.of("ticket", customer) if self.meant(row, spec)]
        if what == "sla_breach_share":
            return self.breaches(then, customer, spec, [row for row in rows if row["opened_at"] >= start])
        field = {"opened_count": "opened_at", "reopened_count": "reopened_at",
                 "first_response_hours": "first_response_at"}.get(what, "closed_at")
        rows = [row for row in rows if row.get(field) is not None and start <= row[field] < end]
        if what.endswith("count"):
            return self.counted(spec, rows)
        rows.sort(key=lambda row: row["opened_at"])
        if what == "csat":
            values = [row["csat"] for row in rows if row.get("csat") is not None]
        else:
            if what == "resolution_hours":
                still = {row["id"] for row in then.open_tickets(customer)}
                rows = [row for row in rows if row["id"] not in still]
            values = [Fraction(row[field] - row["opened_at"], HOUR) for row in rows]
        found = taken(values, spec.get("take", "mean"))
        return Missing("empty") if found is None else found

    def meant(self, row, spec):
        return fits(row, "priority", spec.get("priority")) and fits(row, "category", spec.get("category"))

    def counted(self, spec, rows):
        if spec.get("per") != "user":
            return float(len(rows))
        users = {}
        for row in rows:
            if row.get("user") is not None:
                users[row["user"]] = users.get(row["user"], 0) + 1
        return taken(list(users.values()), spec.get("take", "max")) or 0.0

    def breaches(self, then, customer, spec, rows):
        sla, still = twin.duration(spec["sla"]), {row["id"] for row in then.open_tickets(customer)}
        fates = []
        for row in rows:
            done = None if row["id"] in still else then.dated(row, "closed_at")
            if spec.get("of", "first_response") == "first_response":
                answered = then.dated(row, "first_response_at")
                done = answered if answered is not None else then.dated(row, "closed_at")
            if done is not None:
                fates.append(done - row["opened_at"] > sla)
            elif then.now - row["opened_at"] > sla:
                fates.append(True)
        return float(Fraction(sum(fates), len(fates))) if fates else Missing("empty")

    # ---- surveys ----

    def do_survey(self, customer, spec):
        what = spec["survey"]
        gap = self.uncovered("survey")
        if gap:
            return gap

        def answers(view):
            rows = [row for row in view.of("survey", customer) if spec.get("kind", row["kind"]) == row["kind"]
                    and fits(row, "moment", spec.get("moment")) and row.get("score") is not None]
            return sorted(rows, key=lambda row: row["at"])
        if what in ("count", "mean"):
            window = self.window_of(customer, spec, "survey")
            if isinstance(window, Missing):
                return window
            rows = [row for row in answers(self.looking_back(window[1])) if row["at"] >= window[0]]
            if what == "count":
                return float(len(rows))
            found = taken([row["score"] for row in rows], spec.get("take", "mean"))
            return Missing("empty") if found is None else found
        then = self.state_at(customer, spec, "survey")
        if isinstance(then, Missing):
            return then
        rows = answers(then)
        if not rows:
            return Missing("never")
        if "max_age" in spec and then.now - rows[-1]["at"] > twin.duration(spec["max_age"]):
            return Missing("expired")
        if what in ("previous", "change") and len(rows) < 2:
            return Missing("never")
        if what == "days_since":
            return float((then.now - rows[-1]["at"]) // DAY)
        return {"last": lambda: float(rows[-1]["score"]), "previous": lambda: float(rows[-2]["score"]),
                "change": lambda: float(rows[-1]["score"] - rows[-2]["score"])}[what]()

    # ---- money ----

    def converted(self, amount, currency):
        """Minor units of the playbook's currency, or None without a rate."""
        if amount == 0 or currency == self.book.currency:
            return amount
        rows = [row for row in self.view.rows["rate"] if row["currency"] == currency]
        if not rows:
            return None
        rate = Fraction(max(rows, key=lambda row: row["at"])["rate"])
        scale = Fraction(10) ** (DIGITS[self.book.currency] - DIGITS[currency])
        return half_away(amount * rate * scale)

    def major(self, minor):
        return float(Fraction(minor, 10 ** DIGITS[self.book.currency]))

    def worth(self, row, now):
        """Monthly money of a state in the playbook's currency, None without a rate."""
        return self.converted(twin.monthly(row, now) or 0, row["currency"])

    def worth_all(self, rows, now):
        values = [self.worth(row, now) for row in rows]
        return Missing("no_rate") if None in values else sum(values)

    # ---- subscriptions ----

    def do_subscription(self, customer, spec):
        what = spec["subscription"]
        gap = self.uncovered("subscription")
        if gap:
            return gap
        if what in ("downgrades", "expansion_amount", "contraction_amount"):
            return self.moved(customer, spec, what)
        then = self.state_at(customer, spec, "subscription")
        if isinstance(then, Missing):
            return then
        rows = then.live(customer)
        if not then.of("subscription", customer) and what not in ("active", "cancel_requested",
                                                                  "days_since_cancel_request"):
            return Missing("never")
        return getattr(self, "sub_" + what)(then, customer, rows, spec)

    def moved(self, customer, spec, what):
        window = self.window_of(customer, spec, "subscription")
        if isinstance(window, Missing):
            return window
        start, end, _ = window
        ledger = Ledger(self.book, self.company, self.as_of, self)
        line = ledger.lines.get(customer)
        if line is None:
            return 0.0
        if ledger.is_foreign(customer, start, end):
            return Missing("no_rate")
        kind = "expansion" if what == "expansion_amount" else "contraction"
        found = [m for m in ledger.movements(start, end) if m[1] == customer and m[2] == kind]
        return float(len(found)) if what == "downgrades" else self.major(sum(abs(m[3]) for m in found))

    def sub_mrr(self, then, customer, rows, spec):
        total = self.worth_all(rows, then.now)
        return total if isinstance(total, Missing) else self.major(total)

    def sub_arr(self, then, customer, rows, spec):
        total = self.worth_all(rows, then.now)
        return total if isinstance(total, Missing) else self.major(12 * total)

    def sub_seats(self, then, customer, rows, spec):
        given = [row["seats"] for row in rows if row.get("seats") is not None]
        return float(sum(given)) if given or not rows else Missing("not_provided")

    def sub_plan(self, then, customer, rows, spec):
        if not rows:
            return Missing("empty")
        if len(rows) > 1 and isinstance(self.worth_all(rows, then.now), Missing):
            return Missing("no_rate")
        best = min(rows, key=lambda row: (-(self.worth(row, then.now) or 0), row["id"].encode()))
        return Missing("not_provided") if best.get("plan") is None else best["plan"]

    def sub_active(self, then, customer, rows, spec):
        return any(row["status"] != "trial" for row in rows)

    def sub_discount_share(self, then, customer, rows, spec):
        net = self.worth_all(rows, then.now)
        gross = self.worth_all([{**row, "discount": None} for row in rows], then.now)
        if isinstance(gross, Missing) or isinstance(net, Missing):
            return Missing("no_rate")
        return float(Fraction(gross - net, gross)) if gross else Missing("empty")

    def renewals(self, then, rows, spec):
        least = Fraction(twin.duration(spec["min_period"]), DAY) if "min_period" in spec else 0
        rows = [row for row in rows if row["status"] != "trial" and
                (not least or (row.get("period") is not None and period_days(row["period"]) >= least))]
        given = [row["renews_at"] for row in rows if row.get("renews_at") is not None]
        if rows and not given:
            return Missing("not_provided")
        return min((at for at in given if at >= then.now), default=Missing("empty"))

    def sub_days_to_renewal(self, then, customer, rows, spec):
        at = self.renewals(then, rows, spec)
        return at if isinstance(at, Missing) else days_of(at - then.now)

    def sub_renews_at(self, then, customer, rows, spec):
        at = self.renewals(then, rows, spec)
        return at if isinstance(at, Missing) else Instant(at)

    def sub_tenure_days(self, then, customer, rows, spec):
        if not self.sub_active(then, customer, rows, spec):
            return Missing("empty")
        first = min(at for at in {row["valid_from"] for row in then.of("subscription", customer)}
                    if any(row["status"] != "trial" for row in View.live(twin.Moment(then, at), customer)))
        return float((then.now - first) // DAY)

    def sub_trial_days_left(self, then, customer, rows, spec):
        rows = [row for row in rows if row["status"] == "trial"]
        given = [row["trial_ends_at"] for row in rows if row.get("trial_ends_at") is not None]
        if not rows:
            return Missing("empty")
        return days_of(max(0, min(given) - then.now)) if given else Missing("not_provided")

    def asked_to_end(self, then, rows):
        return [row["cancel_requested_at"] for row in rows if then.dated(row, "cancel_requested_at") is not None]

    def sub_cancel_requested(self, then, customer, rows, spec):
        return bool(self.asked_to_end(then, rows))

    def sub_days_since_cancel_request(self, then, customer, rows, spec):
        asked = self.asked_to_end(then, rows)
        return float((then.now - max(asked)) // DAY) if asked else Missing("never")

    # ---- invoices ----

    def do_invoice(self, customer, spec):
        what = spec["invoice"]
        gap = self.uncovered("invoice")
        if gap:
            return gap
        if what in ("failed_count", "paid_on_time_share", "refunded_amount", "billed_amount"):
            return self.invoices_in(customer, spec, what)
        then = self.state_at(customer, spec, "invoice")
        if isinstance(then, Missing):
            return then
        rows = then.of("invoice", customer)
        if what == "days_since_failure":
            failed = [row["failed_at"] for row in rows if then.dated(row, "failed_at") is not None]
            return float((then.now - max(failed)) // DAY) if failed else Missing("never")
        rows = [row for row in rows if then.dated(row, "paid_at") is None]
        late = [row for row in rows if row["due_at"] <= then.now]
        if what == "overdue_days":
            return max((days_of(then.now - row["due_at"]) for row in late), default=0.0)
        return self.total([(row["amount"], row["currency"]) for row in
                           (late if what == "overdue_amount" else rows)])

    def total(self, money):
        values = [self.converted(*one) for one in money]
        return Missing("no_rate") if None in values else self.major(sum(values))

    def invoices_in(self, customer, spec, what):
        window = self.window_of(customer, spec, "invoice")
        if isinstance(window, Missing):
            return window
        start, end, _ = window
        field = {"failed_count": "failed_at", "paid_on_time_share": "due_at", "refunded_amount": "refunded_at",
                 "billed_amount": "issued_at"}[what]
        rows = [row for row in self.looking_back(end).of("invoice", customer)
                if row.get(field) is not None and start <= row[field] < end]
        if what == "failed_count":
            return float(len(rows))
        if what == "billed_amount":
            return self.total([(row["amount"], row["currency"]) for row in rows])
        if what == "refunded_amount":
            return self.total([(row["refunded"], row["currency"]) for row in rows if row.get("refunded") is not None])
        paid = [row.get("paid_at") is not None and row["paid_at"] <= row["due_at"] for row in rows]
        return float(Fraction(sum(paid), len(paid))) if paid else Missing("empty")

    # ---- milestones, touchpoints, contacts, announcements ----

    def do_milestone(self, customer, spec):
        what = spec["milestone"]
        gap = self.uncovered("milestone")
        if gap:
            return gap
        then = self.state_at(customer, spec, "milestone")
        if isinstance(then, Missing):
            return then
        rows = [row for row in then.of("milestone", customer) if row["name"] == spec["name"]]
        at = rows[0]["reached_at"] if rows else None
        since, tracked = self.beginnings(customer, "milestone")
        if at is None and tracked > since:
            return Missing("untracked")
        if what == "reached":
            return at is not None
        if what == "overdue_days":
            if at is not None:
                return 0.0
            if since == NEVER:
                return Missing("not_provided")
            return days_of(max(0, then.now - shift(since, spec["due"], self.book.zone)))
        if at is None:
            return Missing("never")
        if what == "reached_at":
            return Instant(at)
        if what == "days_since":
            return float((then.now - at) // DAY)
        return Missing("not_provided") if since == NEVER else days_of(max(0, at - since))

    def do_touchpoint(self, customer, spec):
        what = spec["touchpoint"]
        gap = self.uncovered("touchpoint")
        if gap:
            return gap

        def of(view):
            rows = [row for row in view.of("touchpoint", customer) if fits(row, "channel", spec.get("channel"))]
            return sorted(rows, key=lambda row: row["at"])
        if what in ("count", "reply_rate"):
            window = self.window_of(customer, spec, "touchpoint")
            if isinstance(window, Missing):
                return window
            then = self.looking_back(window[1])
            rows = [row for row in of(then) if row["at"] >= window[0]]
            if what == "count":
                return float(len(rows))
            replied = sum(then.dated(row, "replied_at") is not None for row in rows)
            return float(Fraction(replied, len(rows))) if rows else Missing("empty")
        then = self.state_at(customer, spec, "touchpoint")
        if isinstance(then, Missing):
            return then
        rows = of(then)
        if what == "days_since":
            return float((then.now - rows[-1]["at"]) // DAY) if rows else Missing("never")
        silent = 0
        for row in reversed(rows):
            if then.dated(row, "replied_at") is not None:
                break
            silent += 1
        return float(silent)

    def do_contact(self, customer, spec):
        gap = self.uncovered("contact")
        if gap:
            return gap
        then = self.state_at(customer, spec, "contact")
        if isinstance(then, Missing):
            return then
        chains = {}
        for row in sorted(then.of("contact", customer), key=lambda row: row["valid_from"]):
            chains.setdefault(row["id"], []).append(row)

        def inside(row):
            return row.get("active") is not False and fits(row, "role", spec.get("role"))
        if spec["contact"] == "active_count":
            return float(sum(inside(chain[-1]) for chain in chains.values()))
        left = []
        for chain in chains.values():
            if chain[0].get("active") is False and fits(chain[0], "role", spec.get("role")):
                left.append(chain[0]["valid_from"])
            left += [b["valid_from"] for a, b in zip(chain, chain[1:]) if inside(a) and not inside(b)]
        return float((then.now - max(left)) // DAY) if left else Missing("never")

    def do_announcement(self, customer, spec):
        gap = self.uncovered("announcement")
        if gap:
            return gap
        then = self.state_at(customer, spec, "announcement")
        if isinstance(then, Missing):
            return then
        rows = [row["at"] for row in then.rows["announcement"] if fits(row, "name", spec.get("name"))
                and fits(row, "kind", spec.get("kind"))]
        return float((then.now - max(rows)) // DAY) if rows else Missing("never")

    # ---- attributes ----

    def do_attribute(self, customer, spec):
        take = spec.get("take", "value")
        then = self.looking_back(self.moment(customer, spec)[0])
        if take == "value":
            value = then.attribute(customer, spec["attribute"])
            return Instant(value) if self.book.book["attributes"].get(spec["attribute"]) == "timestamp" and \
                not isinstance(value, Missing) else value
        rows = [row for row in then.of("attribute", customer) if row["name"] == spec["attribute"]]
        rows.sort(key=lambda r: NEVER if r["valid_from"] is None else r["valid_from"])
        if not rows:
            return Missing("not_provided")
        changes = [b["valid_from"] for a, b in zip(rows, rows[1:]) if a["value"] != b["value"]]
        if take == "days_since_change":
            return float((then.now - changes[-1]) // DAY) if changes else Missing("never")
        window = self.window_of(customer, spec, "attribute")
        if isinstance(window, Missing):
            return window
        inside = sum(window[0] <= at < window[1] for at in changes)
        return float(inside) if take == "changes" else inside > 0


class Ledger(twin.Ledger):
    """Movements with money converted at one rate."""

    def __init__(self, book, company, as_of, answers):
        self.answers = answers
        super().__init__(book, company, as_of)

    def line(self, customer):
        instants = set()
        for row in self.view.of("subscription", customer):
            instants |= {row["valid_from"], self.view.dated(row, "ended_at")}
            until = row.get("discount_until")
            if until is not None and until <= self.view.now and row.get("discount") is not None:
                instants.add(until)
        found = []
        for at in sorted(instants - {None}):
            rows = View.live(twin.Moment(self.view, at), customer)
            total = self.answers.worth_all(rows, at)
            here = any(row["status"] != "trial" for row in rows)
            found.append((at, here, None if isinstance(total, Missing) else total))
        return found

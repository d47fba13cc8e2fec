# SPDX-License-Identifier: MIT
"""Cohorts, engagement, activation and funnels of random companies, in plain Python from the definitions.

Everything is recomputed for every cell from lists of records: no index, no sum is carried from one cell to
the next. `python cohort_twin.py SEED` prints what differs.
"""
import random
import statistics
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

UTC = timezone.utc
DAY = timedelta(days=1)
ZONES = ["UTC", "Europe/Budapest", "America/New_York", "Pacific/Apia"]
TYPES = ["login", "export", "import", "invite"]
PLANS = ["basic", "pro", "team"]
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


# ---- a company ----

class Company:
    """Records of everybody, as dicts of lists by customer."""

    def __init__(self, seed):
        rng = self.rng = random.Random(seed)
        self.zone = ZoneInfo(rng.choice(ZONES))
        self.begin = datetime(2025, rng.randint(1, 6), rng.randint(1, 28), tzinfo=UTC)
        self.days = rng.choice([40, 120, 300])
        self.customers = [f"c{i:02}" for i in range(rng.randint(1, 25))]
        self.region = {c: rng.choice(["eu", "us", None]) for c in self.customers}
        self.subs = {c: self._subscriptions(c) for c in self.customers}
        self.events = {c: self._events() for c in self.customers}
        self.milestones = {c: self._milestone() for c in self.customers}

    def at(self, low=0.0, high=1.0):
        minutes = self.rng.randint(int(low * self.days * 1440), int(high * self.days * 1440))
        return self.begin + timedelta(minutes=minutes)

    def _subscriptions(self, customer):
        """Rows (id, plan, from, ended, amount), each of one state, or two with a price that changed."""
        rows = []
        for i in range(self.rng.choice([0, 1, 1, 1, 2, 3])):
            start = self.at()
            end = self.rng.choice([None, self.at()])
            if end is not None and end <= start:
                end = None
            amount = self.rng.choice([1000, 2500, 9900])
            key = f"{customer}-{i}"
            plan = self.rng.choice(PLANS)
            rows.append((key, plan, start, end, amount))
            change = start + DAY * self.rng.randint(2, 60)
            if self.rng.random() < 0.4 and (end is None or change < end):
                rows.append((key, plan, change, end, self.rng.choice([500, 2500, 20000])))
        return rows

    def _events(self):
        rows = []
        for _ in range(self.rng.choice([0, 3, 30, 120])):
            rows.append((self.rng.choice(TYPES), self.at(-0.2, 1.0), self.rng.choice([None, "ann", "bob"]),
                         float(self.rng.randint(0, 20))))
        return sorted(rows, key=lambda r: r[1])

    def _milestone(self):
        return self.at() if self.rng.random() < 0.5 else None

    def load(self, churn):
        """The store and the playbook of it."""
        store = churn.Store()
        customers = list(self.customers)
        store.add("customer", {"id": customers, "region": [self.region[c] for c in customers],
                               "since": [self.begin - DAY * 400] * len(customers)})
        subs = [(c, *row) for c in customers for row in self.subs[c]]
        if subs:
            store.add("subscription", {
                "customer": [s[0] for s in subs], "id": [s[1] for s in subs], "plan": [s[2] for s in subs],
                "valid_from": [s[3] for s in subs], "ended_at": [s[4] for s in subs],
                "amount": [s[5] / 100 for s in subs], "currency": ["USD"] * len(subs),
                "period": ["month"] * len(subs), "status": ["active"] * len(subs)})
        events = [(c, *row) for c in customers for row in self.events[c]]
        if events:
            store.add("event", {"customer": [e[0] for e in events], "type": [e[1] for e in events],
                                "at": [e[2] for e in events], "user": [e[3] for e in events],
                                "value": [e[4] for e in events]})
        stones = [(c, self.milestones[c]) for c in customers if self.milestones[c]]
        if stones:
            store.add("milestone", {"customer": [s[0] for s in stones], "name": ["live"] * len(stones),
                                    "reached_at": [s[1] for s in stones]})
        text = f"""
churn: 1
name: twin
time_zone: {self.zone.key}
currency: USD
attributes: {{region: string}}
loss: {{any: [subscription]}}
kpi:
  preset: chartmogul
  group_changes: instant
  activation: {{event: import, count: 2, within: 10d, retention: 30d}}
  value: {{milestone: live}}
"""
        return store, churn.Playbook.parse(text)

    # ---- what follows from the records ----

    def lives(self, customer):
        """Spans in which something is live, joined where they touch. Where nobody has a subscription all are
        customers for good."""
        if not any(self.subs.values()):
            return [[self.begin - DAY * 400, NEVER]]
        spans = {}
        for key, _, start, end, _ in self.subs[customer]:
            first = min(spans.get(key, (start,))[0], start)
            spans[key] = (first, end or NEVER)
        joined = []
        for start, end in sorted(spans.values()):
            if joined and start <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        return joined

    def alive(self, customer, t):
        """Just before t."""
        return any(start < t <= end for start, end in self.lives(customer))

    def mrr(self, customer, t):
        """Just before t."""
        newest = {}
        for key, _, start, end, amount in self.subs[customer]:
            if start < t:
                newest[key] = (amount, end)
        return sum(amount for amount, end in newest.values() if end is None or end >= t)

    def plan_at(self, customer, t):
        """Of the subscription with the most money at t; of equals the first by id."""
        newest = {}
        for key, plan, start, end, amount in self.subs[customer]:
            if start <= t:
                newest[key] = (amount, plan, end)
        live = [(-amount, key, plan) for key, (amount, plan, end) in newest.items() if end is None or end > t]
        return min(live)[2] if live else None


# ---- the calendar ----

def midnight(zone, day):
    """The first instant of a local day."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    # A day that is left out (Apia, 2011-12-30) does not come up here.
    return at


def unit_start(zone, at, unit):
    day = at.astimezone(zone).date()
    if unit == "week":
        day -= DAY * day.weekday()
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "quarter":
        day = day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    elif unit == "year":
        day = day.replace(day=1, month=1)
    return midnight(zone, day)


def next_unit(zone, start, unit):
    length = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
    return unit_start(zone, start + DAY * length + timedelta(hours=6), unit) if unit != "day" else midnight(
        zone, start.astimezone(zone).date() + DAY)


def units_from(zone, start, unit, until):
    """[start, end) of each unit that begins before `until`."""
    out = []
    while start < until:
        end = next_unit(zone, start, unit)
        out.append((start, end))
        start = end
    return out


# ---- cohorts ----

def cohorts(company, what, start, end, *, every, mode, by, as_of, start_events=()):
    """{(cohort, age): (members, size, numerator, denominator, observed, complete)}, and the averages by age."""
    zone = company.zone
    members = defaultdict(list)
    for c in company.customers:
        if what in ("gross_revenue", "net_revenue"):
            begins = [s for _, _, s, _, a in company.subs[c] if a > 0]
            begin = min(begins) if begins else None
        elif what == "activity" and start_events:
            begins = [at for kind, at, _, _ in company.events[c] if kind in start_events and at < as_of]
            begin = min(begins) if begins else None
        else:
            lives = company.lives(c)
            begin = lives[0][0] if lives else None
        if begin is None or not start <= begin < end or begin >= as_of:
            continue
        unit = unit_start(zone, begin, every)
        group = {"start": unit, "region": company.region[c], "plan": company.plan_at(c, begin)}[by]
        money = what in ("gross_revenue", "net_revenue")
        size = company.mrr(c, begin + timedelta(microseconds=1)) if money else 1
        left = []
        for u_start, u_end in units_from(zone, unit, every, as_of):
            left.append((u_end <= as_of, left_of(company, c, what, mode, begin, size, u_start, u_end, as_of)))
        members[group].append((size, left))
    cells, averages = {}, defaultdict(lambda: [0, 0])
    for group, people in members.items():
        for age in range(max(len(left) for _, left in people)):
            over = [(size, left[age][1]) for size, left in people if age < len(left) and left[age][0]]
            running = [(size, left[age][1]) for size, left in people if age < len(left) and not left[age][0]]
            counted = over or running
            cell = (len(people), sum(size for size, _ in people), sum(x for _, x in counted),
                    sum(size for size, _ in counted), len(over), len(over) == len(people))
            cells[group, age] = cell
            if cell[5]:
                averages[age][0] += cell[2]
                averages[age][1] += cell[3]
    return cells, {age: tuple(pair) for age, pair in averages.items()}


def left_of(company, c, what, mode, begin, size, u_start, u_end, as_of):
    at = min(u_end, as_of)
    if what == "gross_revenue":
        return min(company.mrr(c, at), size)
    if what == "net_revenue":
        return company.mrr(c, at)
    if what == "customers":
        if mode == "on":
            return int(company.alive(c, at))
        return int(any(a < as_of and b >= at for a, b in company.lives(c)) and any(
            company.alive(c, min(e, as_of)) for s, e in units_from(company.zone, u_start, UNIT[0], as_of)))
    last = u_end if mode == "on" else as_of
    return int(any(max(u_start, begin) <= t < min(last, as_of) for _, t, _, _ in company.events[c]))


UNIT = ["month"]


# ---- engagement ----

def day_of(company, at):
    return at.astimezone(company.zone).date()


def engagement(company, start, end, as_of):
    """What churn_engine_kpi() says of one period, by id."""
    until = min(end, as_of)
    last = day_of(company, until - timedelta(microseconds=1))
    first = day_of(company, start)
    days = (last - first).days + 1
    users, customers, events = {}, {}, 0
    for c in company.customers:
        # who counts: users, where any event names one; else the customer
        everything = [(at, user) for _, at, user, _ in company.events[c] if at < until]
        customers[c] = [at for at, _ in everything]
        named = {user for _, at, user, _ in company.events[c] if user and at < as_of}
        for user in named:
            users[c, user] = [at for at, who in everything if who == user]
        if not named:
            users[c, None] = customers[c]
        events += sum(start <= at for at, _ in everything)
    alive = [c for c in company.customers if any(a < until and b > start for a, b in company.lives(c))]
    active = [c for c in company.customers if any(at >= start for at in customers[c])]
    out = {"events": events, "active_customers": len(active)}
    for name, people in (("", users), ("_customers", customers)):
        per_day = sum(len({day_of(company, at) for at in times if at >= start}) for times in people.values())
        week = sum(any(day_of(company, at) > last - 7 * DAY for at in times) for times in people.values())
        month = [{day_of(company, at) for at in times if day_of(company, at) > last - 30 * DAY}
                 for times in people.values()]
        size = sum(map(bool, month))
        out["dau" + name] = per_day / days
        out["wau" + name] = week
        out["mau" + name] = size
        out["stickiness" + name] = sum(map(len, month)) / (30 * size) if size else None
        if not name:
            out["active_users"] = sum(any(at >= start for at in times) for times in people.values())
        else:
            out["active_days"] = per_day / len(active) if active else None
    out["events_per_customer"] = events / len(active) if active else None
    out["adoption"] = len(set(active) & set(alive)) / len(alive) if alive else None
    return out


def frequency(company, start, end, users):
    """{days: people}."""
    out = defaultdict(int)
    for c in company.customers:
        inside = [(day_of(company, at), user) for _, at, user, _ in company.events[c] if start <= at < end]
        if users:
            for who in {user for _, user in inside if user}:
                out[len({day for day, user in inside if user == who})] += 1
        elif inside or any(a < end and b > start for a, b in company.lives(c)):
            out[len({day for day, _ in inside})] += 1
    return dict(out)


def adoption(company, start, end):
    """{event: (used_by, customers, first_time, events, first_use)}."""
    alive = [c for c in company.customers if any(a < end and b > start for a, b in company.lives(c))]
    out = {}
    for kind in TYPES:
        used, new, count, first = 0, 0, 0, None
        for c in alive:
            times = [at for k, at, _, _ in company.events[c] if k == kind and at < end]
            inside = [at for at in times if at >= start]
            if inside:
                used += 1
                new += min(times) >= start
                count += len(inside)
                first = min(times) if first is None else min(first, min(times))
        out[kind] = (used, len(alive), new, count, first)
    return out


# ---- activation ----

def activation(company, start, end, as_of, count=2, within=10 * DAY, retention=30 * DAY):
    """activation_rate, retention_activated, retention_not_activated, time_to_value as (numerator, denominator)."""
    done = due = began = 0
    stayed = {True: [0, 0], False: [0, 0]}
    waits = []
    for c in company.customers:
        lives = company.lives(c)
        if not lives or not start <= lives[0][0] < min(end, as_of):
            continue
        begin = lives[0][0]
        began += 1
        seen = min(as_of, lives[0][1])
        reached = company.milestones[c]
        if reached is not None and reached < seen:
            waits.append((max(reached, begin) - begin, True))
        else:
            waits.append((seen - begin, False))
        if begin + within > as_of:
            continue
        due += 1
        times = [at for kind, at, _, _ in company.events[c] if kind == "import" and begin <= at < begin + within]
        active = len(times) >= count
        done += active
        if begin + retention <= as_of and company.alive(c, begin + within):
            stayed[active][1] += 1
            stayed[active][0] += company.alive(c, begin + retention)
    return {"activation_rate": (done, due), "retention_activated": tuple(stayed[True]),
            "retention_not_activated": tuple(stayed[False]), "time_to_value": median_wait(waits)}


def median_wait(waits):
    """The product-limit median in days, by counting who is at risk at each time anew."""
    survival = 1.0
    for day in sorted({w for w, reached in waits if reached}):
        at_risk = sum(w >= day for w, _ in waits)
        events = sum(w == day and reached for w, reached in waits)
        survival *= (at_risk - events) / at_risk
        if survival <= 0.5:
            return day / DAY
    return None


# ---- funnels ----

def funnel(company, steps, start, end, as_of, within, users, any_order):
    """A row a step: (reached, dropped, open, median days). Steps are (kind, least value) or ("live", None)."""
    entries = []
    for c in company.customers:
        whos = {u for _, _, u, _ in company.events[c] if u} if users else {None}
        for who in whos:
            marks = []
            for kind, least in steps:
                if kind == "live":
                    at = company.milestones[c]
                    marks.append([(at, "live")] if at is not None and start <= at < as_of else [])
                else:
                    marks.append([(at, i) for i, (k, at, user, value) in enumerate(company.events[c])
                                  if k == kind and (who is None or user == who) and value >= least
                                  and start <= at < as_of])
            best = None
            for first in [m for m in marks[0] if m[0] < end]:
                way = [first]
                for options in marks[1:]:
                    since = first[0] if any_order else way[-1][0]
                    fits = [m for m in options if m[0] >= since and m not in way
                            and (within is None or m[0] - first[0] <= within)]
                    if not fits:
                        break
                    way.append(min(fits, key=lambda m: m[0]))
                if best is None or len(way) > len(best):
                    best = way
            if best:
                times = [m[0] for m in best]
                for i in range(1, len(times)):
                    times[i] = max(times[i], times[i - 1])
                entries.append((within is not None and times[0] + within >= as_of, times))
    rows = []
    closed = [times for is_open, times in entries if not is_open]
    for i in range(len(steps)):
        reached = [times for times in closed if len(times) > i]
        waits = [(times[i] - times[i - 1]) / DAY for times in reached] if i else []
        before = sum(len(times) >= i for times in closed) if i else None
        rows.append((len(reached), before - len(reached) if i else None,
                     sum(len(times) > i for is_open, times in entries if is_open),
                     statistics.median(waits) if waits else None))
    return rows


# ---- beside the library ----

def close(a, b):
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))


def compare_cohorts(company, engine, rng, wrong):
    start = company.begin + DAY * rng.choice([0, 0, 10])
    end = company.begin + DAY * company.days
    what = rng.choice(["customers", "gross_revenue", "net_revenue", "activity"])
    money = what.endswith("revenue")
    every = rng.choice(["day", "week", "month", "quarter", "year"])
    mode = "on" if money else rng.choice(["on", "on_or_after"])
    by = rng.choice(["start", "start", "region", "plan"])
    as_of = end - DAY * rng.choice([0, 0, 7, 33])
    starts = ("export",) if what == "activity" and rng.random() < 0.5 and any(
        kind == "export" for rows in company.events.values() for kind, *_ in rows) else ()
    UNIT[0] = every
    want, averages = cohorts(company, what, start, end, every=every, mode=mode, by=by, as_of=as_of,
                             start_events=starts)
    table = engine.cohorts(what, start, end, every=every, mode=mode, by=None if by == "start" else by,
                           as_of=as_of, start_events=starts)
    scale = 100 if money else 1
    got, means = {}, {}
    for row in table:
        if row["average"]:
            means[row["age"]] = (round(row["numerator"] * scale), round(row["denominator"] * scale))
            continue
        key = row["cohort_start"] if by == "start" else row[by]
        got[key, row["age"]] = (row["members"], round(row["cohort_size"] * scale),
                                round(row["numerator"] * scale), round(row["denominator"] * scale),
                                row["observed"], row["complete"])
    about = f"cohorts {what} {every} {mode} by {by} {start} {end} as of {as_of} {starts}"
    for key in sorted(set(want) | set(got), key=str):
        if want.get(key) != got.get(key):
            wrong.append(f"{about}: {key}: twin {want.get(key)}, library {got.get(key)}")
    if averages != means:
        wrong.append(f"{about}: averages: twin {averages}, library {means}")


def compare_engagement(company, engine, rng, wrong):
    start = midnight(company.zone, day_of(company, company.begin + DAY * rng.randint(0, 20)))
    if rng.random() < 0.3:
        start += timedelta(hours=7)
    end = start + DAY * rng.choice([1, 7, 30, 60])
    as_of = end - DAY * rng.choice([0, 0, 0.5])
    want = engagement(company, start, end, as_of)
    for row in engine.kpi(list(want), start, end, as_of=as_of):
        if not close(row["value"], want[row["kpi"]]):
            wrong.append(f"{row['kpi']} {start} {end} {as_of}: twin {want[row['kpi']]}, library {row['value']}")
    for users in (False, True):
        want = frequency(company, start, as_of, users)
        table = engine.engagement(start, end, as_of=as_of, of="users" if users else "customers")
        got = {row["days"]: row["users" if users else "customers"] for row in table}
        if want != {days: n for days, n in got.items() if n}:
            wrong.append(f"frequency {users} {start} {as_of}: twin {want}, library {got}")
    want = adoption(company, start, as_of)
    table = engine.adoption(start, end, as_of=as_of)
    for row in table:
        got = tuple(row[name] for name in ("used_by", "customers", "first_time", "events", "first_use"))
        if want[row["event"]] != got:
            wrong.append(f"adoption {row['event']}: twin {want[row['event']]}, library {got}")


def compare_activation(company, engine, rng, wrong):
    start, end = company.begin, company.begin + DAY * company.days
    as_of = end - DAY * rng.choice([0, 5, 20])
    want = activation(company, start, end, as_of)
    for row in engine.kpi(list(want), start, end, as_of=as_of):
        expected = want[row["kpi"]]
        if row["kpi"] == "time_to_value":
            fits = close(expected, row["value"])
        else:
            fits = (row["numerator"] or 0, row["denominator"] or 0) == expected
        if not fits:
            wrong.append(f"{row['kpi']} as of {as_of}: twin {expected}, library {row}")


def compare_funnel(company, engine, rng, wrong):
    kinds = {kind for rows in company.events.values() for kind, *_ in rows}
    if not kinds:
        return
    users = rng.random() < 0.3
    steps = [(rng.choice(sorted(kinds)), rng.choice([0, 0, 12])) for _ in range(rng.randint(1, 4))]
    if not users and rng.random() < 0.3:
        steps.insert(rng.randint(0, len(steps)), ("live", None))
    start = company.begin + DAY * rng.randint(0, 5)
    end = company.begin + DAY * company.days * rng.choice([0.5, 1.0])
    as_of = company.begin + DAY * company.days
    within = rng.choice([None, DAY * 3, DAY * 20])
    any_order = rng.random() < 0.3
    want = funnel(company, steps, start, end, as_of, within, users, any_order)
    asked = [{"milestone": kind} if kind == "live" else
             {"event": kind, "where": f"value >= {least}.0"} if least else kind for kind, least in steps]
    table = engine.funnel(asked, start, end, as_of=as_of, within=within, any_order=any_order,
                          of="users" if users else "customers")
    got = [(row["reached"], row["drop_off"], row["open"], row["median_days"]) for row in table]
    got = got or [(0, None if i == 0 else 0, 0, None) for i in range(len(steps))]
    for i, (a, b) in enumerate(zip(want, got)):
        if a[:3] != b[:3] or not close(a[3], b[3]):
            wrong.append(f"funnel {asked} {start} {end} {as_of} {within} {users} {any_order}: step {i + 1}: "
                         f"twin {a}, library {b}")


def run(seed):
    """What differs for one random company."""
    import churn
    company = Company(seed)
    store, playbook = company.load(churn)
    wrong = []
    with store, playbook, churn.Engine(playbook, store) as engine:
        for _ in range(4):
            compare_cohorts(company, engine, company.rng, wrong)
        compare_engagement(company, engine, company.rng, wrong)
        compare_activation(company, engine, company.rng, wrong)
        for _ in range(3):
            compare_funnel(company, engine, company.rng, wrong)
    return wrong


if __name__ == "__main__":
    for number in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2] if len(sys.argv) > 2 else 1)):
        for line in run(number):
            print(number, line)

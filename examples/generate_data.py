#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the records of the sample company into examples/data.

    python3 examples/generate_data.py            # write the files
    python3 examples/generate_data.py --check    # fail if the files are not what would be written

The company sells a reporting tool to other companies, and its records run from 2024-12-01 to the
morning of 2026-02-01. What is in them was put there on purpose: PATTERNS says what, and planted.csv
says, customer by customer, what examples/playbooks/saas.yaml should find and when.

Everything follows from SEED through a generator of random numbers of our own (splitmix64), so that
the files are the same bytes on every machine and in every version of Python.
"""

import csv
import io
import os
import sys
from datetime import date, datetime, timedelta

SEED = 20260201
FIRST = date(2024, 12, 1)  # the first day with events, tickets, invoices and surveys
END = date(2026, 2, 1)  # the first day without

# pattern: (how many customers, what it is)
PATTERNS = {
    "healthy": (54, "regular use, tickets answered within days, paid in time; nothing fires"),
    "upsell": (10, "healthy, and buys more seats or a bigger plan"),
    "downgrade": (4, "healthy, and gives up seats"),
    "seasonal": (6, "schools: one fifth of the usual use in July and August, then as before"),
    "slow_decline": (20, "use falls over twelve weeks; fourteen have left, six are about to"),
    "support_storm": (10, "five tickets in four days, one of them open for weeks; four customers leave"),
    "failed_payments": (12, "two invoices in a row are not paid; some pay at last, some are cut off"),
    "never_started": (10, "signed up, never logged in; eight leave, two begin after weeks"),
    "win_back": (6, "left after a slow decline and came back months later"),
    "gone_quiet": (6, "from one day to the next nobody logs in; two have returned, three left"),
    "usage_drop": (5, "people log in as before but hardly make reports any more"),
    "detractor": (5, "a bad NPS answer from a customer who is otherwise well"),
    "new": (6, "signed up in the last weeks: too little is known for a score"),
}

OWNERS = ["ana", "bo", "cy", "dia"]
COUNTRIES = ["HU", "DE", "FR", "GB", "US", "PL"]
INDUSTRIES = ["logistics", "retail", "media", "health", "finance", "manufacturing"]
FIRST_NAMES = ("Alder Amber Basalt Birch Boreal Cedar Cobalt Coral Delta Ember Fjord Garnet Harbor "
               "Indigo Juniper Larch Linden Marble Meadow North Onyx Opal Orchard Quartz River "
               "Saffron Summit Tidal Umber Willow").split()
LAST_NAMES = "Analytics Foods Freight Health Labs Media Motors Partners Retail Works".split()
REASONS = ["price", "competitor", "missing_feature", "no_longer_needed", "poor_support"]

# plan: (dollars a month, dollars a seat and month, fewest seats, most seats)
PLANS = {"starter": (0, 39, 1, 3), "team": (200, 59, 4, 10), "enterprise": (3600, 129, 12, 20)}
EVERY_YEAR = 10  # an annual plan costs ten months


class Random:
    """splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014."""

    MASK = (1 << 64) - 1

    def __init__(self, *seeds):
        self.state = 0
        for seed in seeds:
            self.state = (self.state ^ seed) & self.MASK
            self.state = self.next()

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & self.MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & self.MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & self.MASK
        return z ^ (z >> 31)

    def between(self, low, high):
        """An integer from low to high, both included."""
        return low + self.next() % (high - low + 1)

    def pick(self, items):
        return items[self.next() % len(items)]

    def day(self, first, last):
        return first + timedelta(days=self.between(0, (last - first).days))


def add_months(day, months):
    """The same day of a later month; days after the 28th never start a subscription."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)


def stamp(day, minute=9 * 60):
    return f"{day.isoformat()}T{minute // 60:02d}:{minute % 60:02d}Z"


def dollars(cents):
    return f"{cents // 100}.{cents % 100:02d}"


def season(day, country):
    """Share of the usual use: less on weekends, in August and around Christmas."""
    share = 0.2 if day.weekday() >= 5 else 1.32
    if day.month == 8:
        share *= 0.7 if country in ("HU", "DE", "FR") else 0.85
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2):
        share *= 0.55
    return share


class Company:
    """All records that have been made so far."""

    HEADERS = {
        "customers": "id,name,since,owner,plan,seats,industry,country",
        "attributes": "customer,name,valid_from,value",
        "events": "customer,type,at,user",
        "subscriptions": "id,customer,valid_from,status,plan,amount,currency,period,seats,"
                         "trial_ends_at,renews_at,cancel_requested_at,ended_at",
        "invoices": "id,customer,issued_at,due_at,amount,currency,paid_at,failed_at,failure",
        "tickets": "id,customer,user,opened_at,first_response_at,closed_at,priority,category,csat",
        "surveys": "customer,kind,at,user,score,text",
        "churns": "customer,kind,at,reason,amount,currency",
        "marks": "source,through",
        "planted": "customer,pattern,from,finds,earliest,latest",
    }

    def __init__(self):
        self.rows = {name: [] for name in self.HEADERS}

    def add(self, kind, /, **fields):
        names = self.HEADERS[kind].split(",")
        unknown = set(fields) - set(names)
        assert not unknown, (kind, unknown)
        self.rows[kind].append([str(fields.get(name, "")) for name in names])

    def text(self, kind):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.HEADERS[kind].split(","))
        rows = self.rows[kind]
        if kind == "events":  # as a log would have them: in order of time
            rows = sorted(rows, key=lambda row: (row[2], row[0], row[1], row[3]))
        writer.writerows(rows)
        return out.getvalue()


class Customer:
    """One customer: who they are, and the story that their records will tell."""

    def __init__(self, company, number, pattern, ordinal):
        self.company = company
        self.number = number
        self.id = f"c{number:03d}"
        self.pattern = pattern
        self.ordinal = ordinal  # which one of its pattern, from 0
        self.random = Random(SEED, number)
        r = self.random
        self.plan = ["starter", "team", "team", "starter", "enterprise"][r.between(0, 4)]
        self.seats = r.between(PLANS[self.plan][2], PLANS[self.plan][3])
        self.country = r.pick(COUNTRIES)
        self.industry = "education" if pattern == "seasonal" else r.pick(INDUSTRIES)
        self.owner = OWNERS[number % 4]
        self.name = f"{FIRST_NAMES[number % 30]} {LAST_NAMES[(number * 7 + number // 30) % 10]}"
        self.annual = r.between(0, 3) == 0
        joined = pattern in ("never_started", "new") or (pattern == "healthy" and ordinal % 5 < 2)
        self.since = self.choose_since(joined)
        self.trial_days = 14 if joined else 0
        self.end = None  # the day on which the subscription ends
        self.requested = None
        self.back = None  # the day on which it begins again
        self.changes = []  # (day, plan, seats)
        self.fall = []  # (first day, last day, share at the first, share at the last, of what)
        self.failed = []  # days of invoices whose payment fails
        self.pays_late = False
        self.storm = None
        self.bad_answer = None  # (day, score)
        self.started = self.since  # when people begin to log in

    def choose_since(self, joined):
        r = self.random
        if self.pattern == "new":
            return r.day(date(2026, 1, 7), date(2026, 1, 24))
        if self.pattern == "never_started":
            return add_months(date(2025, 2, 3), self.ordinal) + timedelta(days=r.between(0, 20))
        if joined:
            day = r.day(date(2025, 2, 3), date(2025, 11, 20))
        else:
            day = r.day(date(2023, 3, 1), date(2024, 9, 28))
        return day.replace(day=min(day.day, 28))

    # ---- stories ----

    def plant(self, start, finds, earliest, latest):
        self.company.add("planted", customer=self.id, pattern=self.pattern, **{"from": start},
                         finds=finds, earliest=earliest, latest=latest)

    def period_end(self, day):
        """The first end of a paid period on or after a day."""
        end = self.since + timedelta(days=self.trial_days)
        step = 12 if self.annual else 1
        first, count = end, 0
        while end < day:
            count += step
            end = add_months(first.replace(day=min(first.day, 28)), count)
        return end

    def leave(self, day, notice):
        self.annual = False
        self.end = self.period_end(day)
        self.requested = self.end - timedelta(days=notice)
        if self.end < END:
            self.plant(self.requested, "movement:churn", self.end, self.end)
        else:
            self.end = self.requested = None

    def decline(self, start):
        self.fall.append((start, start + timedelta(days=84), 1.0, 0.1, "all"))
        self.fall.append((start + timedelta(days=84), END, 0.1, 0.1, "all"))

    def tell(self):
        getattr(self, "tell_" + self.pattern)()

    def tell_healthy(self):
        self.plant(self.since, "none", date(2025, 2, 1), date(2026, 2, 1))

    def tell_upsell(self):
        day = self.random.day(date(2025, 2, 10), date(2026, 1, 20))
        bigger = {"starter": "team", "team": "enterprise", "enterprise": "enterprise"}[self.plan]
        plan = bigger if self.ordinal % 3 == 0 else self.plan
        seats = max(self.seats + self.random.between(1, 3), PLANS[plan][2])
        self.changes.append((day, plan, seats))
        self.plant(day, "movement:expansion", day, day)

    def tell_downgrade(self):
        self.plan, self.seats = "team", 10
        day = self.random.day(date(2025, 3, 1), date(2025, 12, 10))
        self.changes.append((day, "team", self.random.between(5, 7)))
        self.plant(day, "movement:contraction", day, day)

    def tell_seasonal(self):
        first, last = date(2025, 7, 1), date(2025, 8, 31)
        self.fall.append((first, last, 0.2, 0.2, "all"))
        self.plant(first, "usage_drop", first + timedelta(days=10), first + timedelta(days=28))

    def tell_slow_decline(self):
        start = date(2025, 2, 17) + timedelta(days=15 * self.ordinal + self.random.between(0, 9))
        if self.ordinal >= 14:
            start = date(2025, 10, 6) + timedelta(days=6 * (self.ordinal - 14))
        self.decline(start)
        self.leave(start + timedelta(days=126), notice=self.random.between(5, 20))
        latest = self.end - timedelta(days=14) if self.end else END
        self.plant(start, "low_health", start + timedelta(days=21), latest)

    def tell_support_storm(self):
        start = date(2025, 2, 24) + timedelta(days=36 * self.ordinal + self.random.between(0, 5))
        start -= timedelta(days=start.weekday())  # storms break out on Mondays
        self.storm = start
        self.plant(start, "ticket_burst", start + timedelta(days=3), start + timedelta(days=3))
        self.plant(start, "stale_ticket", start + timedelta(days=6), start + timedelta(days=7))
        answer = start + timedelta(days=9)
        self.bad_answer = (answer, self.random.between(1, 4))
        self.plant(answer, "detractor", answer + timedelta(days=1), answer + timedelta(days=1))
        if self.ordinal % 5 < 2:
            self.fall.append((start + timedelta(days=14), start + timedelta(days=50), 1.0, 0.2, "all"))
            self.fall.append((start + timedelta(days=50), END, 0.2, 0.2, "all"))
            self.leave(start + timedelta(days=50), notice=self.random.between(3, 12))

    def tell_failed_payments(self):
        self.annual = False
        month = add_months(date(2025, 2, 1), min(self.ordinal, 10))
        first = month.replace(day=min(self.paying_from().day, 28))
        second = add_months(first, 1)
        self.failed = [first, second]
        self.plant(first, "payment_failed", first + timedelta(days=1), first + timedelta(days=1))
        self.plant(second, "low_health", second + timedelta(days=2), second + timedelta(days=4))
        self.pays_late = self.ordinal % 2 == 0
        if not self.pays_late and add_months(second, 1) < END:
            self.end = add_months(second, 1)
            self.plant(first, "movement:churn", self.end, self.end)

    def tell_never_started(self):
        due = self.since + timedelta(days=15)
        self.plant(self.since, "never_started", due, due)
        if self.ordinal in (3, 7):
            self.started = self.since + timedelta(days=30)
        else:
            self.started = END
            self.leave(self.since + timedelta(days=60), notice=2)

    def tell_win_back(self):
        start = date(2025, 2, 10) + timedelta(days=18 * self.ordinal)
        self.decline(start)
        self.leave(start + timedelta(days=126), notice=10)
        self.plant(start, "low_health", start + timedelta(days=21), self.end - timedelta(days=14))
        self.back = self.end + timedelta(days=self.random.between(50, 100))
        self.fall.append((self.back, END, 1.0, 1.0, "all"))
        self.plant(self.back, "movement:reactivation", self.back, self.back)

    def tell_gone_quiet(self):
        start = date(2025, 3, 10) + timedelta(days=60 * self.ordinal + self.random.between(0, 8))
        stays = self.ordinal % 2 == 1
        back = start + timedelta(days=self.random.between(24, 32)) if stays else END
        self.fall.append((start, back, 0.0, 0.0, "all"))
        if not stays:
            self.leave(start + timedelta(days=45), notice=self.random.between(3, 12))
        # Nobody may have logged in for up to five days before.
        self.plant(start, "gone_quiet", start + timedelta(days=5), start + timedelta(days=11))

    def tell_usage_drop(self):
        start = [date(2025, 3, 17), date(2025, 5, 5), date(2025, 6, 2), date(2025, 9, 22),
                 date(2025, 11, 3)][self.ordinal]
        self.fall.append((start, END, 0.1, 0.1, "actions"))
        self.plant(start, "usage_drop", start + timedelta(days=10), start + timedelta(days=28))

    def tell_detractor(self):
        day = self.random.day(date(2025, 2, 20), date(2026, 1, 20))
        self.bad_answer = (day, self.random.between(0, 6))
        self.plant(day, "detractor", day + timedelta(days=1), day + timedelta(days=1))

    def tell_new(self):
        self.plant(self.since, "band:unknown", date(2026, 2, 1), date(2026, 2, 1))

    # ---- records ----

    def records(self):
        self.company.add("customers", id=self.id, name=self.name, since=stamp(self.since, 8 * 60),
                         owner=self.owner, plan=self.plan, seats=self.seats,
                         industry=self.industry, country=self.country)
        for day, plan, seats in self.changes:
            if plan != self.plan:
                self.company.add("attributes", customer=self.id, name="plan",
                                 valid_from=stamp(day), value=plan)
            self.company.add("attributes", customer=self.id, name="seats",
                             valid_from=stamp(day), value=seats)
        self.subscriptions()
        self.invoices()
        self.events()
        self.tickets()
        self.surveys()
        self.churns()

    def cents(self, plan, seats):
        base, seat, _, _ = PLANS[plan]
        return (base + seat * seats) * 100 * (EVERY_YEAR if self.annual else 1)

    def plan_at(self, day):
        plan, seats = self.plan, self.seats
        for change, new_plan, new_seats in self.changes:
            if change <= day:
                plan, seats = new_plan, new_seats
        return plan, seats

    def paying_from(self):
        return self.since + timedelta(days=self.trial_days)

    def state(self, day, status, **more):
        plan, seats = self.plan_at(day)
        self.company.add("subscriptions", id="s" + self.id[1:], customer=self.id,
                         valid_from=stamp(day), status=status, plan=plan,
                         amount=dollars(self.cents(plan, seats)), currency="USD",
                         period="year" if self.annual else "month", seats=seats, **more)

    def subscriptions(self):
        paying = self.paying_from()
        if self.trial_days:
            self.state(self.since, "trial", trial_ends_at=stamp(paying))
        rows = [(paying, "active")] + [(day, "active") for day, _, _ in self.changes]
        if self.annual:
            start = paying.replace(day=min(paying.day, 28))
            rows += [(add_months(start, 12 * n), "active") for n in range(1, 4)
                     if add_months(start, 12 * n) < END]
        if self.failed and not self.pays_late:
            rows.append((self.failed[1] + timedelta(days=1), "past_due"))
        if self.back:
            rows.append((self.back, "active"))
        rows.sort()
        for at, (day, status) in enumerate(rows):
            ending = self.end and day < self.end and (at + 1 == len(rows) or rows[at + 1][0] > self.end)
            more = {}
            if self.annual:
                more["renews_at"] = stamp(self.period_end(day + timedelta(days=1)))
            if ending:
                more["ended_at"] = stamp(self.end)
                if self.requested:
                    more["cancel_requested_at"] = stamp(self.requested, 14 * 60)
            self.state(day, status, **more)

    def bill_days(self):
        """The first days of paid periods from FIRST on."""
        spans = [(self.paying_from(), self.end or END)]
        if self.back:
            spans.append((self.back, END))
        for start, end in spans:
            first = start.replace(day=min(start.day, 28))
            months = 0
            while add_months(first, months) < end:
                day = add_months(first, months) if months else start
                if day >= FIRST:
                    yield day
                months += 12 if self.annual else 1

    def invoices(self):
        r = Random(SEED, self.number, 1)
        for count, day in enumerate(self.bill_days(), 1):
            plan, seats = self.plan_at(day)
            fields = {"issued_at": stamp(day), "due_at": stamp(day + timedelta(days=14)),
                      "amount": dollars(self.cents(plan, seats)), "currency": "USD"}
            paid = day + timedelta(days=r.between(0, 9))
            if day in self.failed:
                fields["failed_at"] = stamp(day, 10 * 60 + r.between(0, 59))
                fields["failure"] = r.pick(["card_declined", "expired_card", "insufficient_funds"])
                paid = self.failed[1] + timedelta(days=12) if self.pays_late else None
            if paid and paid < END:
                fields["paid_at"] = stamp(paid, 11 * 60 + r.between(0, 200))
            self.company.add("invoices", id=f"i{self.id[1:]}-{count:02d}", customer=self.id, **fields)

    def present(self, day):
        """Whether they can use the product at all."""
        if day < self.started or day < self.since:
            return False
        return not self.end or day < self.end or bool(self.back and day >= self.back)

    def share(self, day, what):
        value = 1.0
        for first, last, low, high, of in self.fall:
            if first <= day < last and of in ("all", what):
                value = low + (high - low) * ((day - first).days / (last - first).days)
        return value

    def events(self):
        r = Random(SEED, self.number, 2)
        users = max(1, (self.seats * r.between(80, 100) + 50) // 100)
        strong = self.pattern in ("usage_drop", "seasonal")
        rates = [("login", max(r.between(12, 16) * 10, users * 13) / 280, "logins"),
                 ("action", (r.between(17, 19) if strong else r.between(10, 12)) / 28, "actions"),
                 ("invite", 0.4 / 28, "invites")]
        for kind, rate, what in rates:
            due = r.between(0, 99) / 100
            turn = r.between(0, users - 1)
            day = max(FIRST, self.since)
            while day < END:
                if self.present(day):
                    due += rate * season(day, self.country) * self.share(day, what)
                while due >= 1:
                    due -= 1
                    turn += 1
                    self.event(r, kind, day, turn % users)
                day += timedelta(days=1)

    def event(self, r, kind, day, user):
        if kind == "action":
            kind = "export" if r.between(0, 9) < 3 else "report_created"
        # Nothing happens before nine on the day on which a customer signs up or comes back.
        self.company.add("events", customer=self.id, type=kind,
                         at=stamp(day, r.between(9 * 60 + 5, 17 * 60)), user=f"u{user + 1}")

    def ticket(self, count, opened, answered_hours, closed_hours, priority, category, csat):
        start = datetime(opened.year, opened.month, opened.day, 9, 0)
        r = Random(SEED, self.number, 3, count)
        start += timedelta(minutes=r.between(0, 360))
        fields = {"opened_at": start.strftime("%Y-%m-%dT%H:%MZ")}
        for name, hours in (("first_response_at", answered_hours), ("closed_at", closed_hours)):
            at = start + timedelta(hours=hours, minutes=r.between(0, 59))
            if at.date() < END:
                fields[name] = at.strftime("%Y-%m-%dT%H:%MZ")
        if "closed_at" in fields and csat:
            fields["csat"] = csat
        self.company.add("tickets", id=f"t{self.id[1:]}-{count:02d}", customer=self.id,
                         user=f"u{r.between(1, max(1, self.seats))}", priority=priority,
                         category=category, **fields)

    def tickets(self):
        r = Random(SEED, self.number, 4)
        count = 0
        day = max(FIRST, self.since) + timedelta(days=r.between(3, 60))
        while day < END:
            near = self.storm and abs((day - self.storm).days) < 30
            if self.present(day) and not near:
                count += 1
                self.ticket(count, day, r.between(1, 8), r.between(10, 80),
                            r.pick(["low", "normal", "normal", "high"]),
                            r.pick(["how_to", "bug", "billing", "feature"]),
                            r.pick(["", "4", "5", "5"]))
            day += timedelta(days=r.between(25, 95))
        if self.storm:
            for nth, (late, hours) in enumerate([(0, 30), (0, r.between(340, 520)), (2, 50), (2, 70),
                                                 (3, 90)]):
                self.ticket(count + nth + 1, self.storm + timedelta(days=late), r.between(6, 40),
                            hours, "urgent" if nth == 1 else "high", "bug",
                            "1" if nth == 1 else r.pick(["", "2", "3"]))

    def surveys(self):
        r = Random(SEED, self.number, 5)
        day = max(FIRST, self.since) + timedelta(days=r.between(20, 75))
        while day < END:
            usual = self.share(day, "logins") > 0.6 or self.pattern == "seasonal"
            near = self.bad_answer and -60 < (day - self.bad_answer[0]).days < 150
            if self.present(day) and not near and r.between(0, 9) > 0:
                score = r.pick([7, 8, 8, 9, 9, 9, 10]) if usual else r.pick([2, 4, 5, 5, 6])
                self.answer(r, day, score)
            day += timedelta(days=r.between(140, 175))
        if self.bad_answer:
            self.answer(r, *self.bad_answer)

    def answer(self, r, day, score):
        good = ["", "", "Does what we need.", "Reports save us hours, thank you"]
        bad = ["Too slow, and nobody answers", "We were promised \"soon\", twice.",
               "Hard to use,\nhard to explain", ""]
        self.company.add("surveys", customer=self.id, kind="nps",
                         at=stamp(day, r.between(8 * 60, 16 * 60)),
                         user=f"u{r.between(1, self.seats)}", score=score,
                         text=r.pick(good if score >= 7 else bad))

    def churns(self):
        if not self.end:
            return
        r = Random(SEED, self.number, 6)
        involuntary = bool(self.failed)
        reason = "payment_failed" if involuntary else r.pick(REASONS)
        if self.pattern == "never_started":
            reason = "never_started"
        elif self.pattern == "support_storm":
            reason = "poor_support"
        plan, seats = self.plan_at(self.end)
        self.company.add("churns", customer=self.id,
                         kind="involuntary" if involuntary else "voluntary", at=stamp(self.end),
                         reason=reason, amount=dollars(self.cents(plan, seats)), currency="USD")


def build():
    company = Company()
    order = Random(SEED)
    patterns = [(name, n) for name, (count, _) in PATTERNS.items() for n in range(count)]
    for at in range(len(patterns) - 1, 0, -1):  # Fisher and Yates, so that ids tell nothing
        other = order.between(0, at)
        patterns[at], patterns[other] = patterns[other], patterns[at]
    for number, (pattern, ordinal) in enumerate(patterns, 1):
        customer = Customer(company, number, pattern, ordinal)
        customer.tell()
        customer.records()
    for source in ("product", "helpdesk", "billing", "surveys"):
        company.add("marks", source=source, through="2026-01-31T23:00Z")  # midnight in Budapest
    return company


def main(arguments):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    company = build()
    wrong = []
    for kind in Company.HEADERS:
        path = os.path.join(folder, kind + ".csv")
        data = company.text(kind).encode("utf-8")
        if "--check" in arguments:
            try:
                with open(path, "rb") as file:
                    if file.read() != data:
                        wrong.append(path)
            except OSError:
                wrong.append(path)
        else:
            os.makedirs(folder, exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
    for path in wrong:
        print(f"{path}: not what generate_data.py writes", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

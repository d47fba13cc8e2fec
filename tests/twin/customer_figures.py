# SPDX-License-Identifier: MIT
"""Figures about customers once more, in plain Python from their definitions (docs/reference/semantics.md).

Companies are random: subscriptions with states, churn records, touchpoints, invoices and spends, all instants
in microseconds of UTC. Nothing is shared with the library: losses, money and calendar are told anew, for the
policy that `BOOK` states.
"""

import math
import random
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
HOUR = DAY // 24
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
PAYS = ("active", "past_due")
LIVES = ("active", "past_due", "paused")
RATES = {"USD": Fraction(1), "EUR": Fraction(5, 4)}
MARGIN = 0.75
EARLY = 45 * DAY
SILENT = 1
BOOK = {"churn": 1, "name": "figures", "currency": "USD",
        "kpi": {"preset": "chartmogul", "group_changes": "instant", "gross_margin": MARGIN,
                "early_life": "45d", "silent_quarters": SILENT}}


def instant(at):
    return EPOCH + timedelta(microseconds=at)


def micros(when):
    return (when - EPOCH) // timedelta(microseconds=1)


def months(zone, year, first, count):
    """Where months begin."""
    return [micros(datetime(year + (first - 1 + i) // 12, (first - 1 + i) % 12 + 1, 1, tzinfo=ZoneInfo(zone)))
            for i in range(count + 1)]


def quarter_start(at, zone):
    local = instant(at).astimezone(ZoneInfo(zone))
    return micros(datetime(local.year, (local.month - 1) // 3 * 3 + 1, 1, tzinfo=ZoneInfo(zone)))


def day_of(at, zone):
    return instant(at).astimezone(ZoneInfo(zone)).date()


def round_half_away(value):
    return math.floor(value + Fraction(1, 2)) if value >= 0 else -math.floor(-value + Fraction(1, 2))


# ---- random companies ----

class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.zone = self.random.choice(["UTC", "Europe/Budapest", "America/New_York"])
        self.start = micros(datetime(2024, 1, 1, tzinfo=timezone.utc))
        self.end = self.start + 700 * DAY
        self.as_of = self.start + self.random.choice([300, 480, 600, 699]) * DAY + 7 * HOUR + 123
        self.reasons = ["price", "missing", "moved"]

    def at(self, low=None, high=None):
        low = self.start if low is None else low
        high = self.end if high is None else high
        days = max(0, (high - low) // DAY)
        return low + self.random.randint(0, days) * DAY + self.random.choice([0, 0, 5 * HOUR, 23 * HOUR])

    def chance(self, part):
        return self.random.random() < part

    def company(self):
        made = {"subscription": [], "churn": [], "touchpoint": [], "invoice": [], "spend": []}
        people = [f"c{n:02}" for n in range(self.random.choice([1, 2, 12, 30]))]
        for person in people:
            for n in range(self.random.choice([1, 1, 1, 2, 3])):
                made["subscription"] += self.subscription(f"{person}-{n}", person)
            for _ in range(self.random.choice([0, 0, 1, 2])):
                made["churn"].append({
                    "customer": person, "at": self.at(), "kind": self.random.choice(
                        ["voluntary", "involuntary", "downgrade", "pause"]),
                    "reason": self.random.choice([*self.reasons, None]),
                    "competitor": self.random.choice(["Rival", None, None])})
            for n in range(self.random.choice([0, 1, 4])):
                made["touchpoint"].append({
                    "id": f"{person}-t{n}", "customer": person, "at": self.at(),
                    "channel": self.random.choice(["email", "call"]),
                    "offer": self.random.choice(["20 % off", None])})
            for n in range(self.random.choice([0, 3, 8])):
                made["invoice"].append(self.invoice(f"{person}-i{n}", person))
        made["churn"] = list({(row["customer"], row["at"], row["kind"]): row for row in made["churn"]}.values())
        for n in range(self.random.choice([0, 3, 20])):
            made["spend"].append({"id": f"s{n}", "at": self.at(), "amount": self.random.randint(0, 500000),
                                  "currency": self.random.choice(list(RATES)),
                                  "channel": self.random.choice(["ads", "events", None])})
        return made

    def invoice(self, name, person):
        issued = self.at()
        paid = issued + self.random.randint(0, 40) * DAY if self.chance(0.8) else None
        back = paid + self.random.randint(0, 60) * DAY if paid and self.chance(0.2) else None
        amount = self.random.randint(1, 90000)
        return {"id": name, "customer": person, "issued_at": issued, "due_at": issued + 14 * DAY,
                "amount": amount, "currency": self.random.choice(list(RATES)), "paid_at": paid,
                "refunded": self.random.randint(1, amount) if back else None, "refunded_at": back}

    def subscription(self, name, person):
        """States one after the other; now and then with a gap in which nothing is live."""
        rows, at = [], self.at(high=self.start + 500 * DAY)
        period = self.random.choice(["month", "month", "year", "3 months", "week"])
        currency = self.random.choice(["USD", "USD", "EUR"])
        amount = self.random.randint(0, 20000)
        status = "trial" if self.chance(0.15) else "active"
        while at < self.end and len(rows) < 8:
            long = self.random.choice([30, 60, 90, 200, 365]) * DAY
            row = {"id": name, "customer": person, "valid_from": at, "status": status, "amount": amount,
                   "currency": currency, "period": period, "ended_at": None, "renews_at": None,
                   "ends_at": None, "cancel_requested_at": None, "auto_renew": None}
            rows.append(row)
            following = at + long
            if self.chance(0.5):
                row["renews_at"] = following
            if self.chance(0.25):
                row["ends_at"] = following
                row["auto_renew"] = self.random.choice([True, False, None])
            if self.chance(0.2):
                row["cancel_requested_at"] = self.random.randint(at, following) // HOUR * HOUR
                row["cancel_requested_at"] = max(row["cancel_requested_at"], at)
            ends = self.random.random()
            if ends < 0.3:
                row["ended_at"] = following if self.chance(0.6) else following - self.random.randint(1, 20) * DAY
                if self.chance(0.4):
                    break
                at = following + self.random.choice([0, 10, 29, 30, 31, 45, 75, 90, 120]) * DAY
                status = "active"
                continue
            at = following
            if ends < 0.45:
                status = self.random.choice(["past_due", "paused", "unpaid", "cancelled"])
            else:
                status = "active"
                if self.chance(0.5):
                    amount = self.random.randint(0, 20000)
                if self.chance(0.2):
                    period = self.random.choice(["month", "year", "3 months", "week"])
        return rows


# ---- what is known at as_of ----

def known(made, as_of):
    """Rows as somebody sees them at as_of: what dates itself later has not happened yet."""
    dated = {"subscription": ["ended_at", "cancel_requested_at"], "invoice": ["paid_at", "refunded_at"]}
    begins = {"subscription": "valid_from", "churn": "at", "touchpoint": "at", "invoice": "issued_at", "spend": "at"}
    seen = {}
    for kind, rows in made.items():
        seen[kind] = [{name: None if name in dated.get(kind, ()) and value is not None and value > as_of else value
                       for name, value in row.items()}
                      for row in rows if row[begins[kind]] < as_of]
    return seen


FRACTIONS = {"month": Fraction(1), "year": Fraction(1, 12), "3 months": Fraction(1, 3), "week": Fraction(52, 12)}
LENGTHS = {"month": Fraction(365, 12), "year": Fraction(365), "3 months": Fraction(365, 4), "week": Fraction(7)}


def state_money(row):
    if row["status"] not in PAYS:
        return 0
    own = round_half_away(row["amount"] * FRACTIONS[row["period"]])
    return round_half_away(own * RATES[row["currency"]])


class Customer:
    def __init__(self, name, seen, zone):
        self.name = name
        self.zone = zone
        self.states = defaultdict(list)
        for row in seen["subscription"]:
            if row["customer"] == name:
                self.states[row["id"]].append(row)
        for rows in self.states.values():
            rows.sort(key=lambda row: row["valid_from"])
            for row, after in zip(rows, [*rows[1:], None]):
                ends = [end for end in (row["ended_at"], after and after["valid_from"]) if end is not None]
                row["to"] = min(ends) if ends else math.inf
        self.rows = [row for name in sorted(self.states) for row in self.states[name]]
        self.churns = sorted((row for row in seen["churn"] if row["customer"] == name), key=lambda row: row["at"])
        self.touches = sorted((row for row in seen["touchpoint"] if row["customer"] == name),
                              key=lambda row: (row["at"], row["id"]))
        self.invoices = [row for row in seen["invoice"] if row["customer"] == name]
        self.lives = self.find_lives()

    def money(self, at):
        """MRR from an instant on."""
        return sum(state_money(row) for row in self.rows if row["valid_from"] <= at < row["to"])

    def before(self, at):
        return self.money(at - 1)

    def live(self, at):
        return any(row["status"] in LIVES and row["valid_from"] <= at < row["to"] for row in self.rows)

    def find_lives(self):
        spans = []
        for at in sorted({t for row in self.rows for t in (row["valid_from"], row["to"]) if t != math.inf}):
            open_now = bool(spans) and spans[-1]["to"] is None
            if self.live(at) and not open_now:
                spans.append({"from": at, "to": None})
            elif not self.live(at) and open_now:
                spans[-1]["to"] = at
                spans[-1].update(self.loss(at))
        return spans

    def loss(self, at):
        records = [row for row in self.churns if row["kind"] in ("voluntary", "involuntary")
                   and abs(row["at"] - at) <= 31 * DAY]
        order = {"voluntary": 0, "involuntary": 1}
        nearest = min(records, key=lambda row: (abs(row["at"] - at), row["at"], order[row["kind"]]), default=None)
        unpaid = False
        for rows in self.states.values():
            for row, after in zip(rows, [*rows[1:], None]):
                if row["status"] in LIVES and row["valid_from"] < at and row["to"] == at:
                    unpaid |= row["status"] == "past_due"
                    unpaid |= after is not None and after["valid_from"] == at and after["status"] == "unpaid"
        told = nearest is not None and nearest["kind"] == "involuntary"
        return {"kind": "involuntary" if told or unpaid else "voluntary", "mrr": self.before(at),
                "reason": nearest and nearest["reason"], "competitor": nearest and nearest["competitor"]}

    def life(self, at):
        """The life just before an instant."""
        for span in self.lives:
            if span["from"] < at and (span["to"] is None or span["to"] >= at):
                return span
        return None

    def lost_in(self, start, end):
        return [span for span in self.lives if span["to"] is not None and start <= span["to"] < end]

    # ---- movements ----

    def movements(self):
        """(at, kind, amount, decided, longer) of what moved; instants are groups of their own."""
        result, paid, gone = [], False, False
        instants = sorted({t for row in self.rows for t in (row["valid_from"], row["to"]) if t != math.inf})
        for at in instants:
            amount = self.money(at) - self.before(at)
            if self.money(at - 1) > 0:
                paid = True
            live = self.live(at)
            if amount:
                if not live:
                    kind = "churn"
                elif amount < 0:
                    kind = "contraction"
                elif not paid:
                    kind = "new"
                else:
                    kind = "reactivation" if gone else "expansion"
                result.append((at, kind, amount, *self.why(at, amount)))
            if self.money(at) > 0:
                paid, gone = True, False
            if not live and paid:
                gone = True
        return result

    def why(self, at, amount):
        """Whether somebody decided on it, and whether the billing period became longer."""
        decided, before, after = False, Fraction(0), Fraction(0)
        for rows in self.states.values():
            old = [row for row in rows if row["valid_from"] < at <= row["to"]]
            now = [row for row in rows if row["valid_from"] <= at < row["to"]]
            if old == now:
                continue
            change = sum(map(state_money, now)) - sum(map(state_money, old))
            if change * amount > 0:
                decided |= self.is_decided(old, now)
            before = max([before, *(LENGTHS[row["period"]] for row in old if row["status"] in PAYS)])
            after = max([after, *(LENGTHS[row["period"]] for row in now if row["status"] in PAYS)])
        return decided, 0 < before < after

    @staticmethod
    def is_decided(old, now):
        if not old or not now:
            return True  # ended or came beside others that live on
        return not {"paused", "unpaid"} & {old[0]["status"], now[0]["status"]}

    # ---- renewals ----

    def holds(self, row, at):
        return row["status"] in LIVES and row["valid_from"] < at <= row["to"]

    def announced(self, row, at):
        asked = row["cancel_requested_at"]
        return row["auto_renew"] is False or (asked is not None and asked < at)

    def renewals(self, as_of):
        """By day: (first instant, outcome, due, after)."""
        days = defaultdict(list)
        for row in self.rows:
            for due in {row["renews_at"], row["ends_at"]} - {None}:
                if self.holds(row, due):
                    days[day_of(due, self.zone)].append((due, *self.outcome(row, due, as_of), state_money(row)))
        result = []
        for day, parts in days.items():
            outcomes = {part[1] for part in parts}
            after = sum(part[2] for part in parts)
            outcome = "open" if "open" in outcomes else "renewed" if "renewed" in outcomes else "lost"
            if "lost" in outcomes:
                for row in self.begun(day, as_of):
                    after += state_money(row)
                    outcome = "renewed" if outcome == "lost" else outcome
            result.append((min(part[0] for part in parts), outcome, sum(part[3] for part in parts), after))
        return sorted(result)

    def begun(self, day, as_of):
        zone = ZoneInfo(self.zone)
        midnight = micros(datetime(day.year, day.month, day.day, tzinfo=zone))
        result = []
        for rows in self.states.values():
            for row in rows:
                if (row["status"] in LIVES and day_of(row["valid_from"], self.zone) == day
                        and row["valid_from"] < as_of and row["to"] > row["valid_from"]
                        and not any(self.holds(other, t) for other in rows for t in (midnight, row["valid_from"]))):
                    result.append(row)
        return result

    def outcome(self, row, due, as_of):
        if due >= as_of:
            return "open", 0
        rows = self.states[row["id"]]
        at = rows.index(row)
        while at + 1 < len(rows) and rows[at + 1]["valid_from"] <= due:
            at += 1
        for state in rows[at:]:
            ended = state["ended_at"]
            if state["valid_from"] >= as_of:
                break
            if state["status"] not in LIVES or (ended is not None and ended <= due):
                return "lost", 0
            waits = state["status"] == "past_due" or (state["ends_at"] == due and self.announced(state, due))
            if not waits:
                return "renewed", state_money(state)
            if ended is not None:
                return "lost", 0
        return "open", 0

    def scheduled(self, as_of):
        """(end, seen, row) of subscriptions that are announced to end."""
        result = []
        for row in self.rows:
            end = row["ends_at"] if row["ends_at"] is not None else row["renews_at"]
            if end is None:
                continue
            seen = min(end, as_of)
            if self.holds(row, seen) and self.announced(row, seen):
                result.append((end, seen, row))
        return result

    def leaves(self, start, end, as_of):
        ends = [(at, seen) for at, seen, _ in self.scheduled(as_of) if start <= at < end]
        if not ends:
            return False
        last, seen = max(ends)
        said = {row["id"] for at, _, row in self.scheduled(as_of) if at <= last}
        return all(row["id"] in said for row in self.rows if self.holds(row, seen))

    # ---- cash ----

    def paid(self, low, high):
        total = 0
        for row in self.invoices:
            if row["paid_at"] is not None and low <= row["paid_at"] < high:
                total += round_half_away(row["amount"] * RATES[row["currency"]])
            if row["refunded_at"] is not None and low <= row["refunded_at"] < high:
                total -= round_half_away(row["refunded"] * RATES[row["currency"]])
        return total


# ---- figures ----

class Cell(dict):
    """value, numerator, denominator, n, excluded: as far as the twin says something of them."""


def ratio(numerator, denominator, **more):
    value = numerator / denominator if denominator else None
    return Cell(value=value, numerator=numerator, denominator=denominator, **more)


def wilson(x, n, z=1.959963984540054):
    p = x / n
    middle, half = p + z * z / (2 * n), z * math.sqrt((p * (1 - p) + z * z / (4 * n)) / n)
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if x == 0 else low), (1.0 if x == n else high)


def gini(amounts):
    return sum(abs(a - b) for a in amounts for b in amounts) / (2 * len(amounts) * sum(amounts))


class Figures:
    def __init__(self, made, zone, bounds, as_of):
        self.as_of = as_of
        seen = known(made, as_of)
        self.provided = {kind: bool(rows) for kind, rows in made.items()}
        names = sorted({row["customer"] for kind in ("subscription", "churn", "touchpoint", "invoice")
                        for row in seen[kind]})
        self.people = [Customer(name, seen, zone) for name in names]
        self.spends = seen["spend"]
        self.periods = [(start, end, min(end, as_of)) for start, end in zip(bounds, bounds[1:])]
        self.zone = zone

    def all(self):
        """{(figure, period start): Cell}"""
        cells = {}
        for period in self.periods:
            made = {}
            for part in (self.ahead, self.losses, self.changes, self.early, self.silent, self.returns, self.value,
                         self.concentration):
                if period[0] < self.as_of or part == self.ahead:
                    made.update(part(*period))
            cells.update({(name, period[0]): cell for name, cell in made.items()})
        return cells

    def lost(self, start, until):
        return [(person, span) for person in self.people for span in person.lost_in(start, until)]

    def losses(self, start, end, until):
        lost = [span for _, span in self.lost(start, until)]
        there = [person for person in self.people if person.life(start)]
        gone = [person.lost_in(start, until)[-1]["kind"] for person in there if not person.life(until)]
        records = [row["kind"] for person in self.people for row in person.churns if start <= row["at"] < until]
        rivals = sum(span["competitor"] is not None for span in lost)
        return {
            "voluntary_lost": Cell(value=sum(span["kind"] == "voluntary" for span in lost)),
            "involuntary_lost": Cell(value=sum(span["kind"] == "involuntary" for span in lost)),
            "voluntary_churn": ratio(gone.count("voluntary"), len(there)),
            "involuntary_churn": ratio(gone.count("involuntary"), len(there)),
            "lost_mrr": Cell(value=sum(span["mrr"] for span in lost) / 100),
            "lost_share": ratio(len(lost), len(lost)),
            "competitor_lost": Cell(value=rivals),
            "competitor_share": ratio(rivals, len(lost)),
            "recorded_downgrades": Cell(value=records.count("downgrade")),
            "recorded_pauses": Cell(value=records.count("pause")),
        }

    def changes(self, start, end, until):
        moved = [(person, move) for person in self.people for move in person.movements()
                 if start <= move[0] < until and move[3]]
        downs = [(person, move) for person, move in moved if move[1] == "contraction"]
        ups = [(person, move) for person, move in moved if move[1] == "expansion"]
        longer = [move for _, move in downs if move[4]]
        there = {person for person in self.people if person.life(start)}
        return {
            "downgrades": Cell(value=len(downs)),
            "downsells": Cell(value=len(downs) - len(longer)),
            "extensions": Cell(value=len(longer)),
            "upgrades": Cell(value=len(ups)),
            "downgraded_customers": Cell(value=len({person for person, _ in downs})),
            "upgraded_customers": Cell(value=len({person for person, _ in ups})),
            "downgrade_rate": ratio(len(there & {person for person, _ in downs}), len(there)),
            "upgrade_rate": ratio(len(there & {person for person, _ in ups}), len(there)),
            "downsell_mrr": Cell(value=-sum(move[2] for _, move in downs if not move[4]) / 100),
            "extension_mrr": Cell(value=-sum(move[2] for move in longer) / 100),
            "upgrade_mrr": Cell(value=sum(move[2] for _, move in ups) / 100),
        }

    def early(self, start, end, until):
        cells = {}
        for name, within in (("early_churn", EARLY), ("early_churn_30", 30 * DAY), ("early_churn_90", 90 * DAY)):
            came = [person.lives[0] for person in self.people
                    if person.lives and start <= person.lives[0]["from"] < until]
            over = [span for span in came if span["from"] + within <= self.as_of]
            lost = sum(span["to"] is not None and span["to"] - span["from"] < within for span in over)
            cells[name] = ratio(lost, len(over), excluded=len(came) - len(over),
                                complete=end + within <= self.as_of)
        return cells

    def silent(self, start, end, until):
        since = quarter_start(until, self.zone)
        for _ in range(SILENT):
            since = quarter_start(since - 1, self.zone)
        paying = [person for person in self.people if person.life(until) and person.before(until) > 0]
        flat = [person for person in paying if person.life(until)["from"] < since and person.before(since) > 0
                and not any(since <= move[0] < until for move in person.movements())]
        return {
            "silent_customers": Cell(value=len(flat)),
            "silent_churn": ratio(len(flat), len(paying)),
            "silent_mrr": Cell(value=sum(person.before(until) for person in flat) / 100),
        }

    def returns(self, start, end, until):
        former = [person for person in self.people if not person.life(start)
                  and any(span["to"] is not None and span["to"] < start for span in person.lives)]
        back = [person for person in former
                if any(start <= span["from"] < until for span in person.lives[1:])]
        cells = {
            "reactivation_rate": ratio(len(back), len(former)),
            "winbacks": Cell(value=sum(start <= span["from"] < until
                                       for person in self.people for span in person.lives[1:])),
        }
        for days in (30, 60, 90):
            over = [(person, span) for person, span in self.lost(start, until)
                    if span["to"] + days * DAY <= self.as_of]
            won = [(person, after) for person, span in over for after in person.lives
                   if span["to"] <= after["from"] < span["to"] + days * DAY and after is not span]
            firsts = {(person.name, span["to"]): min(after["from"] for other, after in won if other is person
                                                   and span["to"] <= after["from"] < span["to"] + days * DAY)
                      for person, span in over
                      if any(other is person and span["to"] <= after["from"] < span["to"] + days * DAY
                             for other, after in won)}
            waiting = len(self.lost(start, until)) - len(over)
            cells[f"winback_rate_{days}"] = ratio(len(firsts), len(over), excluded=waiting,
                                                  complete=end + days * DAY <= self.as_of)
            value = sum(person.money(firsts[person.name, span["to"]]) for person, span in over
                        if (person.name, span["to"]) in firsts)
        cells["winback_value"] = Cell(value=value / 100, complete=end + 90 * DAY <= self.as_of)
        lost = sum(span["mrr"] for _, span in over)
        cells["winback_value_rate"] = ratio(value / 100, lost / 100, complete=end + 90 * DAY <= self.as_of)
        return cells

    def ahead(self, start, end, until):
        due = [renewal for person in self.people for renewal in person.renewals(self.as_of)
               if start <= renewal[0] < end]
        decided = [renewal for renewal in due if renewal[1] != "open"]
        renewed = sum(renewal[1] == "renewed" for renewal in decided)
        money = sum(renewal[2] for renewal in decided) / 100
        unsure = len(due) - len(decided)
        at = min(start, self.as_of)
        there = sum(person.life(at) is not None for person in self.people)
        leaving = sum(person.leaves(start, end, self.as_of) for person in self.people)
        ending = sum(state_money(row) for person in self.people for when, _, row in person.scheduled(self.as_of)
                     if start <= when < end)
        return {
            "renewals_due": Cell(value=len(due)),
            "renewals_due_mrr": Cell(value=sum(renewal[2] for renewal in due) / 100),
            "renewals_open": Cell(value=unsure),
            "renewals_open_mrr": Cell(value=sum(r[2] for r in due if r[1] == "open") / 100),
            "renewal_rate": ratio(renewed, len(decided), excluded=unsure),
            "renewal_rate_count": ratio(renewed, len(decided), excluded=unsure),
            "renewal_rate_gross": ratio(sum(min(r[2], r[3]) for r in decided) / 100, money, excluded=unsure),
            "renewal_rate_net": ratio(sum(r[3] for r in decided) / 100, money, excluded=unsure),
            "scheduled_customers": Cell(value=leaving),
            "scheduled_churn": ratio(leaving, there),
            "scheduled_churned_mrr": Cell(value=ending / 100),
        }

    def value(self, start, end, until):
        there = [person for person in self.people if person.life(start)]
        alive = [person for person in self.people if person.life(until)]
        gone = sum(not person.life(until) for person in there)
        new = sum(bool(person.lives) and start <= person.lives[0]["from"] < until for person in self.people)
        mrr = sum(person.before(until) for person in self.people) / 100
        arpa = mrr / len(alive) if alive else None
        spent = [round_half_away(row["amount"] * RATES[row["currency"]]) for row in self.spends
                 if start <= row["at"] < until]
        ltv = {}
        for name, share in (("ltv", MARGIN), ("ltv_revenue", 1)):
            cell = Cell(value=None)
            if arpa is not None and there:
                low, high = wilson(gone, len(there))
                cell = Cell(value=arpa * share / (gone / len(there)) if gone else None, low=arpa * share / high,
                            high=arpa * share / low if low else None)
            ltv[name] = cell
        cac = sum(spent) / 100 / new if self.provided["spend"] and new else None
        margin = arpa * MARGIN if arpa else None
        ever = [person for person in self.people if person.lives and person.lives[0]["from"] < until]
        over = [person for person in ever if not person.life(until)]
        cells = {
            **ltv,
            "acquisition_spend": Cell(value=sum(spent) / 100 if self.provided["spend"] else None),
            "cac": Cell(value=cac),
            "ltv_cac": Cell(value=ltv["ltv"]["value"] / cac if cac and ltv["ltv"]["value"] is not None else None),
            "payback": Cell(value=cac / margin if cac is not None and margin else None),
        }
        if self.provided["invoice"]:
            cells["collected"] = Cell(value=sum(person.paid(start, until) for person in self.people) / 100)
            cells["clv_realised"] = ratio(sum(person.paid(-math.inf, until) for person in ever) / 100, len(ever))
            cells["clv_realised_lost"] = ratio(sum(person.paid(-math.inf, until) for person in over) / 100,
                                               len(over))
        return cells

    def concentration(self, start, end, until):
        amounts = sorted((person.before(until) for person in self.people if person.before(until) > 0), reverse=True)
        total, n = sum(amounts), len(amounts)
        if not n:
            return {name: Cell(value=None) for name in ("pareto_share", "concentration_top10_share", "gini",
                                                        "largest_customer_share", "customers_for_80")}
        many = Fraction(n, 5)
        whole = math.floor(many)
        top = sum(amounts[:whole]) + (many - whole) * amounts[whole] if whole < n else sum(amounts)
        few = next(k for k in range(1, n + 1) if sum(amounts[:k]) * 5 >= total * 4)
        return {
            "pareto_share": Cell(value=float(top / total)),
            "concentration_top10_share": Cell(value=sum(amounts[:10]) / total),
            "largest_customer_share": Cell(value=amounts[0] / total),
            "gini": Cell(value=gini(amounts)),
            "customers_for_80": ratio(few, n),
        }

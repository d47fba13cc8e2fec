# SPDX-License-Identifier: MIT
"""The ledger of movements of MRR, from its definitions in docs/reference/semantics.md, slow and obvious.

Times are microseconds, money is integers of minor units, fractions are exact. Nothing is shared with the library.
"""

from fractions import Fraction

DAY = 86_400_000_000
HOUR = DAY // 24
FOREVER = 1 << 62

PERIOD = {"day": ("d", 1), "week": ("w", 1), "month": ("m", 1), "quarter": ("m", 3), "year": ("y", 1)}

PRESETS = {
    "chartmogul": {"refunds": "subtract", "group_changes": "hour"},
    "stripe": {"discounts": "forever"},
    "profitwell": {"same_period": "ignore", "free": "exclude", "group_changes": "day"},
    "smsb": {},
    "fightchurn": {"reactivation_within": 0, "unpaid": "include", "paused": "include", "usage_based": "include",
                   "refunds": "subtract"},
}
STANDARD = {
    "recognition": "end", "reactivation_within": FOREVER, "reactivation_after": 0, "same_period": "include",
    "discounts": "subtract", "trials": "exclude", "past_due": "include", "unpaid": "exclude", "paused": "exclude",
    "usage_based": "exclude", "free": "include", "refunds": "ignore", "tax": Fraction(0), "fx": "constant",
    "group_changes": "instant",
}


def policy_of(preset, **switches):
    return {**STANDARD, **PRESETS[preset], **switches}


def half_away(value):
    """A fraction to the nearest integer, halves away from zero."""
    size = (2 * abs(value) + 1) // 2
    return int(size if value >= 0 else -size)


def period_fraction(period):
    """How many of a month's worth one charge is."""
    words = period.split()
    unit, count = PERIOD[words[-1].rstrip("s")]
    count *= int(words[0]) if len(words) == 2 else 1
    return {"d": Fraction(365, 12), "w": Fraction(52, 12), "m": Fraction(1), "y": Fraction(1, 12)}[unit] / count


class Subscription:
    """The states of one subscription of a customer, as known."""

    def __init__(self, name, rows, policy):
        self.name, self.policy = name, policy
        self.rows = sorted(rows, key=lambda row: row["valid_from"])

    def state(self, at):
        """The state in force at an instant with its end; None."""
        found = None
        for i, row in enumerate(self.rows):
            if row["valid_from"] <= at:
                found = i
        if found is None:
            return None
        row = self.rows[found]
        end = self.rows[found + 1]["valid_from"] if found + 1 < len(self.rows) else FOREVER
        if row.get("ended_at") is not None:
            end = min(end, row["ended_at"])
        asked = row.get("cancel_requested_at")
        if self.policy["recognition"] == "request" and asked is not None:
            end = min(end, asked)
        return row if at < end else None

    def last(self, at):
        """The state that began last, whether or not it is over."""
        return max((row for row in self.rows if row["valid_from"] <= at), key=lambda row: row["valid_from"], default=None)

    def instants(self):
        """Where a spell may begin."""
        for row in self.rows:
            yield from (row[f] for f in ("valid_from", "ended_at", "discount_until", "cancel_requested_at")
                        if row.get(f) is not None)

    def counts(self, row):
        status = row["status"]
        switch = {"trial": "trials", "past_due": "past_due", "unpaid": "unpaid", "paused": "paused"}.get(status)
        if status == "cancelled" or (switch and self.policy[switch] == "exclude"):
            return False
        return not (row.get("usage_based") and self.policy["usage_based"] == "exclude")

    def own(self, at):
        """Monthly money in the subscription's currency; None where it counts nothing."""
        row = self.state(at)
        if row is None or row.get("amount") is None or not self.counts(row):
            return 0
        charge, discount = row["amount"], row.get("discount")
        if charge < 0 and self.policy["refunds"] == "ignore":
            return 0
        if self.discounted(at) and charge > 0:
            charge = max(0, charge - discount)
        return half_away(charge * period_fraction(row["period"]) / (1 + self.policy["tax"]))

    def discounted(self, at):
        row = self.state(at)
        if row is None or row.get("discount") is None:
            return False
        until = row.get("discount_until")
        return {"ignore": False, "forever": until is None, "subtract": until is None or at < until}[self.policy["discounts"]]

    def live(self, at):
        """Whether it makes a customer: live and no trial."""
        row = self.state(at)
        if row is None:
            return False
        switch = {"trial": "trials", "unpaid": "unpaid"}
        living = {"active", "paused", "past_due"}
        living |= {status for status, name in switch.items() if self.policy[name] == "include"}
        if row["status"] not in living:
            return False
        return self.policy["free"] == "include" or self.own(at) != 0


KEYS = ("plan", "product", "currency")
NOTHING = {"state": None, "own": 0, "money": 0, "unknown": False, "live": False, "discounted": False, "last": None}


def shares(weights, whole):
    """`whole` divided among weights, cumulatively rounded, halves up."""
    total, run, given = sum(weights), 0, 0
    for weight in weights:
        run += weight
        upto = (2 * whole * run + total) // (2 * total)
        yield upto - given
        given = upto


class Ledger:
    """The movements of one customer at instants before `until`, from all rows that are known."""

    def __init__(self, rows, policy, rates, until, next_midnight, month_of, split=(), reporting="USD"):
        names = sorted({row["id"] for row in rows}, key=str.encode)
        self.subs = [Subscription(name, [r for r in rows if r["id"] == name], policy) for name in names]
        self.policy, self.rates, self.until, self.split, self.reporting = policy, rates, until, split, reporting
        self.next_midnight, self.month_of = next_midnight, month_of

    # ---- spells ----

    def rate(self, currency, at):
        """From minor units to minor units; None: there is none."""
        if currency == self.reporting:
            return Fraction(1)
        known = [(t, r) for c, t, r in self.rates if c == currency and (t <= at or self.policy["fx"] == "constant")]
        return max(known)[1] if known else None

    def convert(self, own, currency, at):
        if own == 0:
            return 0
        rate = self.rate(currency, at)
        return None if rate is None else half_away(own * rate)

    def spell(self, sub, at):
        state = sub.state(at)
        if state is None:
            return {**NOTHING, "last": sub.last(at)}
        own = sub.own(at)
        money = self.convert(own, state.get("currency"), at)
        return {"state": state, "own": own, "money": money or 0, "unknown": money is None, "live": sub.live(at),
                "discounted": sub.discounted(at),
                "last": state}

    def changes(self):
        """(instant, number of the subscription, spell before, spell), in order."""
        found = []
        rates = {t for _, t, _ in self.rates} if self.policy["fx"] == "historic" else set()
        for i, sub in enumerate(self.subs):
            before = NOTHING
            for at in sorted(set(sub.instants()) | rates):
                spell = self.spell(sub, at)
                if self.differs(before, spell):
                    found.append((at, i, before, spell))
                before = spell
        return sorted((c for c in found if c[0] < self.until), key=lambda c: c[:2])

    @staticmethod
    def differs(a, b):
        if any(a[k] != b[k] for k in ("money", "live", "unknown")):
            return True
        return bool(b["money"]) and any(a["state"].get(k) != b["state"].get(k) for k in KEYS)

    def groups(self):
        group, end = [], None
        for change in self.changes():
            if group and change[0] >= end:
                yield group
                group = []
            if not group:
                end = self.end = {"instant": change[0] + 1, "hour": change[0] + HOUR,
                       "day": self.next_midnight(change[0])}[self.policy["group_changes"]]
            group.append(change)
        if group:
            yield group

    # ---- rows of a group ----

    def value(self, spell):
        return tuple(spell["state"].get(k) for k in self.split)

    def rate_rows(self, group):
        """What rates did to each subscription; the money of each spell afterwards."""
        done = {}
        for at, i, before, _ in group:
            if self.policy["fx"] != "historic" or not before["own"]:
                continue
            currency = before["state"].get("currency")
            worth = self.convert(before["own"], currency, at)
            if worth is not None and worth != before["money"]:
                key = (i, self.value(before))
                done[key] = done.get(key, 0) + worth - before["money"]
        return done

    def legs(self, group, rates):
        """What each subscription adds to each value, without rates; {value: {subscription: amount}}."""
        first, last, found, self.order = {}, {}, {}, []
        for _, i, before, after in group:
            first.setdefault(i, before)
            last[i] = after
        for i in first:
            for spell, sign in ((first[i], -1), (last[i], 1)):
                if spell["money"]:
                    self.order.append((i, self.value(spell)))
                    place = found.setdefault(self.value(spell), {})
                    place[i] = place.get(i, 0) + sign * spell["money"]
        for (i, value), amount in rates.items():
            self.order.append((i, value))
            place = found.setdefault(value, {})
            place[i] = place.get(i, 0) - amount
        return found

    @staticmethod
    def netted(legs):
        """The side that wins keeps its shares of what is left; {subscription: amount}."""
        net = sum(legs.values())
        if net == 0:
            return {}
        winners = sorted(i for i, d in legs.items() if d * net > 0)
        sign = 1 if net > 0 else -1
        parts = shares([abs(legs[i]) for i in winners], abs(net))
        return {i: sign * part for i, part in zip(winners, parts) if part}

    def rows_of(self, group):
        """(kind or None, subscription, value, amount): segments, rates, and the movement, whose kind is not known yet."""
        rates = self.rate_rows(group)
        left = {value: self.netted(legs) for value, legs in self.legs(group, rates).items()}
        out, into, rest = [], [], []
        flat = sorted(((i, value, d) for value, legs in left.items() for i, d in legs.items()),
                      key=lambda leg: (leg[0], self.order.index((leg[0], leg[1]))))
        falls = [x for x in flat if x[2] < 0]
        rises = [x for x in flat if x[2] > 0]
        lost, won = -sum(x[2] for x in falls), sum(x[2] for x in rises)
        moved = min(lost, won)
        for legs, total, sign, rows in ((falls, lost, -1, out), (rises, won, 1, into)):
            parts = shares([abs(x[2]) for x in legs], moved) if total else []
            for (i, value, d), part in zip(legs, parts):
                if part:
                    rows.append(("segment_out" if sign < 0 else "segment_in", i, value, sign * part))
                if d - sign * part:
                    rest.append((None, i, value, d - sign * part))
        money = [("currency", i, value, amount) for (i, value), amount in rates.items() if amount]
        money.sort(key=lambda row: row[1])
        return out + into + money + sorted(rest, key=lambda row: row[1])

    # ---- the story ----

    def moves(self):
        self.paid, self.gone, self.gone_at, self.mrr = False, False, None, 0
        rows, live, lost_rows = [], {}, []
        life = None  # what was before the life that goes on, and its rows
        for group in self.groups():
            at = group[0][0]
            for _, i, _, after in group:
                live[i] = after
            alive = sum(s["live"] for s in live.values())
            unknown = any(s["unknown"] for s in live.values())
            was = (self.paid, self.gone, self.gone_at)
            made = self.rows_of(group)
            change = sum(row[3] for row in made if row[0] is None)
            mrr = self.mrr + sum(row[3] for row in made)
            kind = self.kind(change, mrr, alive, at)
            soon = self.gone and at - self.gone_at < self.policy["reactivation_after"]
            if kind == "expansion" and change > 0 and mrr > 0 and soon:
                for row in lost_rows:
                    row["kind"] = "contraction" if row["kind"] == "churn" else row["kind"]
            told = [self.row(at, group, row, kind) for row in made]
            rows += told
            if life is not None:
                life[2].extend(told)
            pays = mrr > 0 or unknown
            if pays:
                if (not self.paid or self.gone) and not (self.gone and soon):
                    life = (at, was, list(told))
                self.paid, self.gone = True, False
            if self.paid and alive == 0 and not self.gone:
                self.gone, self.gone_at = True, at
                lost_rows = told
                if self.policy["same_period"] == "ignore" and life is not None:
                    begun, before, own = life
                    if self.month_of(begun) == self.month_of(at) and sum(r["amount"] for r in own) == 0:
                        ids = {id(r) for r in own}
                        rows = [r for r in rows if id(r) not in ids]
                        self.paid, self.gone, self.gone_at = before
                life = None
        run = 0
        for row in rows:
            row["before"], run = run, run + row["amount"]
            row["after"] = run
        return rows

    def kind(self, change, mrr, alive, at):
        if change == 0:
            return None
        if change < 0:
            return "contraction" if alive else "churn"
        if mrr <= 0:
            return "expansion"
        if not self.paid:
            return "new"
        if not self.gone:
            return "expansion"
        gap = at - self.gone_at
        if gap < self.policy["reactivation_after"]:
            return "expansion"
        return "new" if self.policy["reactivation_within"] == 0 or gap > self.policy["reactivation_within"] \
            else "reactivation"

    def row(self, at, group, made, kind):
        what, i, value, amount = made
        mine = [c for c in group if c[1] == i]
        before, after = self.spell(self.subs[i], at - 1), self.spell(self.subs[i], min(self.end, self.until) - 1)
        # the last that counted, at that value
        spells = [s for c in mine for s in (c[2], c[3]) if s["money"] and (not self.split or self.value(s) == value)]
        shown = spells[-1] if spells else after
        self.mrr += amount
        return {"at": at, "subscription": self.subs[i].name, "plan": (shown["state"] or {}).get("plan"),
                "kind": what or kind, "amount": amount,
                "cause": {"currency": "rate", "segment_in": "switch", "segment_out": "switch"}.get(what) or
                self.cause(before, after, kind, group)}

    # ---- why ----

    def cause(self, before, after, kind, group):
        old, new = before["state"], after["state"]
        if not before["money"]:
            if not self.paid:
                return "start"
            if old is not None and old["status"] in ("paused", "past_due", "unpaid"):
                return "resume" if old["status"] == "paused" else "paid"
            if self.gone:
                return "return"
            return self.what_differs(before, after) if old is not None and old["status"] == "active" else "added"
        if not after["money"]:
            if new is None or new["status"] == "cancelled":
                asked = after["last"]["status"] == "cancelled" or after["last"].get("cancel_requested_at") is not None
                return "removed" if kind != "churn" else "cancel" if asked else "end"
            if new["status"] in ("paused", "past_due", "unpaid"):
                return "pause" if new["status"] == "paused" else "unpaid"
        return self.what_differs(before, after)

    @staticmethod
    def what_differs(before, after):
        old, new = before["state"], after["state"]
        for cause, names in (("plan", ("plan", "product")), ("period", ("period",)), ("seats", ("seats",)),
                             ("price", ("amount", "currency", "usage_based"))):
            if any(old.get(n) != new.get(n) for n in names):
                return cause
        if before["discounted"] and not after["discounted"]:
            return "discount_end"
        return "discount" if after["discounted"] else "price"

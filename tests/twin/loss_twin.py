# SPDX-License-Identifier: MIT
"""Losses by their definition, instant by instant, from nothing but the records: a second opinion on
`loss:`, written from docs/reference/semantics.md (Loss) and not from the library.

Instants are whole microseconds since 1970. A company is a dict of lists; the playbook's `loss:` comes
as a small dict: any, gap, involuntary, zone, conditions.
"""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NEAR = 31 * DAY


def micros(when):
    return (when - EPOCH) // timedelta(microseconds=1)


def instant(us):
    return EPOCH + timedelta(microseconds=us)


def local_date(us, zone):
    return instant(us).astimezone(ZoneInfo(zone)).date()


def midnight(date, zone):
    return micros(datetime(date.year, date.month, date.day, tzinfo=ZoneInfo(zone)))


def later(us, span, zone):
    """An instant and a span as `14d`, `36h` or `3cd`."""
    if span.endswith("cd"):
        there = instant(us).astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=int(span[:-2]))
        return micros(there.replace(tzinfo=ZoneInfo(zone)))
    return us + int(span[:-1]) * {"d": DAY, "h": DAY // 24}[span[-1]]


class Customer:
    """One customer of a company, as known at `as_of`."""

    def __init__(self, company, name, loss, as_of):
        self.company, self.name, self.loss, self.as_of = company, name, loss, as_of
        self.zone = loss["zone"]
        self.since = company["since"][name]
        mine = lambda kind: [row for row in company[kind] if row["customer"] == name]
        known = lambda row: row.get("known_at", row["at"]) <= as_of
        self.states = sorted((row for row in mine("subscription") if row["at"] <= as_of and known(row)),
                             key=lambda row: (row["id"], row["at"]))
        self.records = sorted((row for row in mine("churn") if row["at"] < as_of and known(row)
                               and row["kind"] in ("voluntary", "involuntary")), key=lambda row: row["at"])
        self.tell()

    # ---- subscriptions ----

    def state(self, subscription, at):
        rows = [row for row in self.states if row["id"] == subscription and row["at"] <= at]
        return rows[-1] if rows else None

    def is_live(self, subscription, at):
        row = self.state(subscription, at)
        if row is None or row["status"] not in ("active", "paused", "past_due"):
            return False
        end = row.get("ended_at")
        return end is None or end > self.as_of or at < end

    def lives(self, at):
        return {row["id"] for row in self.states if self.is_live(row["id"], at)}

    # ---- conditions ----

    def metric(self, at):
        """Logins of the last days, as they stood at an instant; None: unknown."""
        start = at - self.loss["window"] * DAY
        if start < self.since:
            return None
        logins = [row for row in self.company["event"] if row["at"] < at and row.get("known_at", row["at"]) <= at]
        if self.loss["max_lag"] is not None and at - max(row["at"] for row in logins) > self.loss["max_lag"] * DAY:
            return None
        return sum(row["customer"] == self.name and row["at"] >= start for row in logins)

    def level(self, at):
        rows = [row for row in self.company["attribute"] if row["customer"] == self.name and row["at"] <= at
                and row.get("known_at", row["at"]) <= at]
        return max(rows, key=lambda row: row["at"])["value"] if rows else None

    def judge(self, what, at):
        """True, False, or None where it is not known."""
        sort, bound = what
        value = self.metric(at) if sort == "logins" else self.level(at)
        return None if value is None else value < bound

    # ---- the story ----

    def tell(self):
        """All that happens, in order; who says since when that the customer is lost."""
        happens = {}

        def note(at, what):
            if at <= self.as_of:
                happens.setdefault(at, []).append(what)

        for row in self.states:
            note(row["at"], ("look",))
            if row.get("ended_at") is not None:
                note(row["ended_at"], ("look",))
        for row in self.records:
            note(row["at"], ("record", row))
        date = local_date(self.since, self.zone)
        while True:
            at = midnight(date, self.zone)
            date += timedelta(days=1)
            if at > self.as_of:
                break
            if at >= self.since:
                note(at, ("midnight",))
        self.says = {"subscription": None, "record": None}
        self.heard = set()
        self.held = {}
        self.clock = {}
        self.held_since = None
        self.losses, self.started, self.unknown = [], [], 0
        for at in sorted(happens):
            self.happen(at, happens[at])
        gap = self.loss["gap"]
        self.losses = [loss for loss in self.losses
                       if gap is None or loss["back"] is None or loss["back"] > later(loss["at"], gap, self.zone)]

    def happen(self, at, what):
        before, now = self.lives(at - 1), self.lives(at)
        if now - before:
            self.started.append(at)
            self.says = {"subscription": None, "record": None}
            self.heard.add("subscription")
            self.held, self.clock = {}, {}
            self.settle(at, None)
        if before and not now:
            self.say("subscription", at, at)
        for thing in what:
            if thing[0] == "record":
                self.say("record", at, thing[1])
        if ("midnight",) in what:
            self.conditions(at)
        self.settle(at, None)

    def say(self, who, at, what):
        self.heard.add(who)
        if self.says[who] is None:
            self.says[who] = (at, what)
        if who in self.loss["any"]:
            self.settle(at, (who, what))

    def conditions(self, at):
        for number, condition in enumerate(self.loss["conditions"]):
            truth = self.judge(condition["when"], at)
            self.unknown += truth is None
            if truth is False:
                self.held.pop(number, None)
                self.clock.pop(number, None)
            elif truth:
                since = self.clock.setdefault(number, at)
                if number not in self.held and at >= later(since, condition["for"], self.zone):
                    self.held[number] = at
                    self.settle(at, ("condition", at))

    def settle(self, at, why):
        """Is the customer lost, all that was said considered."""
        self.held_since = (self.held_since or min(self.held.values())) if self.held else None
        lost = bool(self.held) or any(self.says[who] is not None for who in ("subscription", "record")
                                      if who in self.loss["any"])
        open_one = self.losses and self.losses[-1]["back"] is None
        if lost and not open_one:
            self.losses.append({"at": at, "why": why, "back": None})
        elif not lost and open_one:
            self.losses[-1]["back"] = at

    # ---- answers ----

    def churned(self):
        return bool(self.losses) and self.losses[-1]["back"] is None

    def last(self):
        return self.losses[-1] if self.losses else None

    def kind(self, at, why):
        if why[0] == "record":
            return why[1]["kind"]
        near = [(abs(row["at"] - at), row["at"], i) for i, row in enumerate(self.records) if abs(row["at"] - at) <= NEAR]
        if near and self.records[min(near)[2]]["kind"] == "involuntary":
            return "involuntary"
        if self.loss["involuntary"] is not None:
            return "involuntary" if self.judge(self.loss["involuntary"], at) else "voluntary"
        return "involuntary" if self.unpaid(at) else "voluntary"

    def unpaid(self, at):
        """A subscription that ended at the instant was past due, or became unpaid."""
        for name in self.lives(at - 1) - self.lives(at):
            row, now = self.state(name, at - 1), self.state(name, at)
            if row["status"] == "past_due" or (now is not row and now["status"] == "unpaid"):
                return True
        return False

    def reason(self, at, why):
        if why[0] == "record":
            return why[1].get("reason")
        near = [(abs(row["at"] - at), row["at"], i) for i, row in enumerate(self.records) if abs(row["at"] - at) <= NEAR]
        return self.records[min(near)[2]].get("reason") if near else None

    def alive(self, at):
        """A customer just before an instant."""
        began = [start for start in self.started if start < at]
        if not self.states and not self.loss["paying"] and self.since < at:
            began.append(self.since)
        return bool(began) and not any(loss["at"] < at and (loss["back"] is None or at <= loss["back"])
                                       for loss in self.losses)

    def disagreement(self):
        """(by_subscription, by_record, by_condition) with since when, or None where they agree."""
        lost = {who: self.says[who] is not None for who in ("subscription", "record")}
        condition = bool(self.held) if self.loss["conditions"] else None
        if len({lost["subscription"], lost["record"], *([] if condition is None else [condition])}) == 1:
            return None
        return {"by_subscription": lost["subscription"] if "subscription" in self.heard else None,
                "by_record": lost["record"] if "record" in self.heard else None,
                "by_condition": condition, "unknown": self.unknown,
                "subscription_at": self.says["subscription"] and self.says["subscription"][0],
                "record_at": self.says["record"] and self.says["record"][0],
                "condition_at": self.held_since}

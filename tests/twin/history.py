# SPDX-License-Identifier: MIT
"""What becomes of a store by a random history of loads, corrections, retractions, swapped slices, erasures
and merges: a model of include/churn/store.h, erase.h and read.h, as plain as the text.

A record is a chain of versions by `known_at`: {known: row or GONE}.
"""

import twin
from twin import NEVER

GONE = "gone"

#: What a field that dates itself says along with itself.
DATED = {"invoice": {"paid_at": [], "failed_at": ["failure"], "refunded_at": ["refunded"]},
         "ticket": {"first_response_at": [], "closed_at": ["csat"], "reopened_at": []},
         "touchpoint": {"opened_at": [], "clicked_at": [], "replied_at": [], "outcome_at": ["outcome"]},
         "subscription": {"ended_at": [], "cancel_requested_at": []}}


def content(row):
    return {key: value for key, value in row.items() if key not in ("known_at", "again") and value is not None and value != {}}


class Model(twin.Company):
    """twin.Company whose chains are made by operations."""

    def __init__(self):
        super().__init__({})
        self.number = 0
        self.loaded = set()

    @property
    def customers(self):
        found = set(self.chains["customer"])
        for kind in twin.OWNED:
            for chain in self.chains[kind].values():
                found |= {row["customer"] for row in chain.values() if row != GONE}
        return found

    @customers.setter
    def customers(self, value):
        pass

    def was_loaded(self, kind):
        return kind in self.loaded

    def held(self, chain, at):
        """The version that holds at an instant, GONE, or None."""
        versions = [known for known in chain if known <= at]
        return chain[max(versions)] if versions else None

    def known(self, kind, as_of):
        for chain in self.chains[kind].values():
            row = self.held(chain, as_of)
            if row not in (None, GONE):
                yield row

    def newest(self, kind):
        for chain in self.chains[kind].values():
            if chain[max(chain)] != GONE:
                yield chain[max(chain)]

    def count(self, kind):
        """All versions of each record; to say the same again makes none."""
        return sum(row != GONE and not row.get("again") for chain in self.chains[kind].values() for row in chain.values())

    def known_of(self, kind, row):
        """When a row counts from."""
        if row.get("known_at") is not None:
            return row["known_at"]
        happened = row.get(twin.HAPPENED[kind])
        return NEVER if happened is None or kind == "customer" else happened

    # ---- loads ----

    def key(self, kind, row):
        self.number += 1
        return twin.key_of(kind, row, self.number)

    def add(self, kind, rows, known_at=None):
        """One call; the rows differ in key and known_at. Returns what the report counts."""
        self.loaded.add(kind)
        told = dict.fromkeys(("seen", "added", "updated", "unchanged", "rewrote_history"), 0)
        for row in rows:
            row = {**row, "known_at": row["known_at"] if row.get("known_at") is not None else known_at}
            told["seen"] += 1
            told[self.place(kind, self.key(kind, row), row, told)] += 1
        return told

    def place(self, kind, key, row, told):
        chain = self.chains[kind].setdefault(key, {})
        known = self.known_of(kind, row)
        before = chain.get(known)
        if before not in (None, GONE) and content(before) == content(row):
            return "unchanged"
        if row.get("known_at") is None:  # it replaces the record for all dates
            was = bool(chain)
            chain.clear()
            chain[known] = row
            told["rewrote_history"] += was
            return "updated" if was else "added"
        if before is not None:
            chain[known] = row
            self.settle(chain)
            return "updated"
        held = self.held(chain, known)
        chain[known] = row
        self.settle(chain)
        return "unchanged" if held not in (None, GONE) and content(held) == content(row) else "added"

    def settle(self, chain):
        """Which versions say what the one before them says: only something that comes between makes them count."""
        held = GONE
        for known in sorted(chain):
            row = chain[known]
            if row != GONE:
                again = held != GONE and content(held) == content(row)
                chain[known] = row = {**row, "again": again}
            held = row

    def retract(self, kind, key, known_at):
        """What becomes of one row: retracted, unchanged, or rejected."""
        chain = self.chains[kind].get(key)
        if not chain:
            return "rejected"
        if known_at is None:
            del self.chains[kind][key]
            return "retracted"
        held = self.held(chain, known_at)
        if held is None:
            return "rejected"
        if held == GONE:
            return "unchanged"
        chain[known_at] = GONE
        self.settle(chain)
        return "retracted"

    def replace(self, kind, rows, start, end, types, known_at):
        """The rows take the place of the slice; every instant of a record is the same in all its versions."""
        self.loaded.add(kind)
        named, told = set(), dict.fromkeys(("added", "updated", "unchanged", "rewrote_history"), 0)
        loose = {}
        for key, chain in self.chains[kind].items():  # events without id are known by all that they say
            if key[0] == "row" and isinstance(key, tuple):
                row = next(iter(chain.values()))
                loose.setdefault(repr(sorted(content(row).items())), []).append(key)
        outside = {key for key, chain in self.chains[kind].items() if not self.inside(kind, chain, start, end, types)}
        for row in rows:
            row = {**row, "known_at": known_at}
            key = self.key(kind, row)
            if isinstance(key, tuple) and key[0] == "row":
                same = loose.get(repr(sorted(content(row).items())), [])
                same = [k for k in same if known_at is None or self.held(self.chains[kind][k], known_at) not in (None, GONE)]
                same = [k for k in same if k not in named]
                if same:
                    named.add(same[0])
                    told["unchanged"] += 1
                    continue
            named.add(key)
            chain = self.chains[kind].get(key, {})
            held = self.held(chain, known_at if known_at is not None else max(chain, default=NEVER))
            if held not in (None, GONE) and content(held) == content(row):
                told["unchanged"] += 1
                continue
            told[self.place(kind, key, row, told)] += 1
        gone = 0
        for key in [k for k in self.chains[kind] if k not in named and k not in outside]:
            chain = self.chains[kind][key]
            if known_at is None and chain and chain[max(chain)] == GONE:
                continue  # it went before, and stays as it was
            if chain and self.retract(kind, key, known_at) == "retracted":
                gone += 1
        told["retracted"] = gone
        return told

    def inside(self, kind, chain, start, end, types):
        row = next((row for row in chain.values() if row != GONE), None)
        if row is None:
            return False
        at = row[twin.HAPPENED[kind]]
        return start <= at < end and (not types or row["type"] in types)

    # ---- taking out ----

    def erase(self, customers):
        for customer in customers:
            self.chains["customer"].pop(customer, None)
            for kind in twin.OWNED:
                self.drop(kind, lambda row, customer=customer: row["customer"] == customer)

    def drop(self, kind, meant):
        for key, chain in list(self.chains[kind].items()):
            if any(row != GONE and meant(row) for row in chain.values()):
                del self.chains[kind][key]

    def erase_user(self, user):
        self.drop("contact", lambda row: row["id"] == user)
        for kind in ("event", "ticket", "survey", "touchpoint"):
            for chain in self.chains[kind].values():
                for known, row in chain.items():
                    if row != GONE and row.get("user") == user:
                        chain[known] = {**row, "user": None}
                        if kind in ("ticket", "survey"):
                            chain[known]["text"] = None
        for key in [key for key in self.chains["survey"] if isinstance(key, tuple) and key[2:3] == (user,)]:
            self.chains["survey"][key[0], key[1], None, key[3]] = self.chains["survey"].pop(key)

    def merge(self, one, into):
        """Every record of `one` becomes one of `into`."""
        since = [next(iter(self.chains["customer"][c].values()))["since"]
                 for c in (one, into) if c in self.chains["customer"]]
        self.chains["customer"].pop(one, None)
        if since:
            self.chains["customer"][into] = {NEVER: {"id": into, "since": min(since), "known_at": None}}
        names = {key[1] for key in self.chains["attribute"] if key[0] == into}
        for kind in twin.OWNED:
            for key, chain in list(self.chains[kind].items()):
                if not any(row != GONE and row["customer"] == one for row in chain.values()):
                    continue
                del self.chains[kind][key]
                moved = {known: row if row == GONE else {**row, "customer": into} for known, row in chain.items()}
                new = (into, *key[1:]) if key[0] == one and isinstance(key, tuple) else key
                if (kind == "attribute" and key[1] in names) or new in self.chains[kind]:
                    continue
                self.chains[kind][new] = moved

    # ---- reading back ----

    def rows(self, kind, as_of=None):
        """What churn_store_records() gives, without order, as far as the rows say it."""
        if as_of is None:
            return [content(row) for row in self.newest(kind)]
        view = twin.View(self, as_of)
        found = []
        for row in view.rows[kind]:
            row = dict(row)
            for field, along in DATED.get(kind, {}).items():
                if row.get(field) is not None and row[field] > as_of:
                    row[field] = None
                if row.get(field) is None:
                    row.update(dict.fromkeys(along))
            found.append(content(row))
        return found

# SPDX-License-Identifier: MIT
"""Random histories of a store beside history.py.

    python compare_history.py FIRST COUNT

Every few operations the records that can be read back are compared, now and at earlier `as_of`; at the end the
metrics, too. Then the same versions are loaded in other orders and other batches, which must not show.
"""

import datetime
import random

import churn
import compare
import compare_deep
import deep
import history
import random_company
import random_deep
import twin
from history import content
from random_company import moment
from twin import DAY

KEYS = {"attribute": ["customer", "name", "valid_from"], "subscription": ["id", "valid_from"],
        "contact": ["id", "valid_from"], "churn": ["customer", "at", "kind"], "milestone": ["customer", "name"],
        "rate": ["currency", "at"], "announcement": ["name", "at"], "customer": ["id"]}
KINDS = twin.KINDS


class Past(compare_deep.DeepCase):
    """A store with a random history."""

    def __init__(self, seed):
        self.seed, self.problems, self.log = seed, [], []
        self.chance = random.Random(seed * 31 + 7)
        self.maker = random_deep.DeepMaker(seed)
        self.pool = self.unique(self.maker.company())
        self.spec = self.maker.playbook()
        self.book = twin.Book(self.spec)
        self.playbook = churn.Playbook.parse(random_company.playbook_text(self.spec))
        self.store = churn.Store(time_zone=self.maker.zone_name)
        self.model = self.company = history.Model()
        self.dates = self.maker.dates(3)
        self.last = None
        self.on_step = lambda: None

    @staticmethod
    def unique(records):
        """One row a record; corrections are made on the way."""
        made = {}
        for kind in KINDS:
            seen, made[kind] = set(), []
            for number, row in enumerate(records.get(kind, [])):
                key = twin.key_of(kind, row, number)
                if key not in seen:
                    seen.add(key)
                    made[kind].append({k: v for k, v in row.items() if k != "attributes"})
                    if kind == "customer":
                        made[kind][-1].update(since=row["since"] if row["since"] is not None else 0, known_at=None)
                    if kind == "subscription" and row["amount"] is None:
                        made[kind][-1].update(currency=None, period=None, discount=None)
                    if kind == "milestone":
                        made[kind][-1].update(known_at=None)
        return made

    # ---- operations ----

    def run(self):
        for step in range(self.chance.randint(4, 24)):
            name = self.chance.choices(["add", "reload", "retract", "replace", "erase", "erase_user", "merge"],
                                       [55, 10, 14, 14, 3, 3, 4])[0]
            getattr(self, "do_" + name)()
            self.on_step()
            if step % 5 == 4:
                self.compare_records()
            if self.problems:
                break
        if not self.problems:
            self.compare_records()
        if not self.problems:
            self.compare_metrics()
        if not self.problems:
            self.orders()
        if not self.problems:
            self.forget()
        if self.problems:
            self.problems[0] += "\n    after " + "\n    ".join(str(line)[:400] for line in self.log[-40:])
        return self.problems

    def compare_metrics(self):
        self.engine = churn.Engine(self.playbook, self.store)
        super().run()

    def some_kind(self):
        return self.chance.choice([*KINDS, "event", "event", "ticket", "subscription", "attribute"])

    def fresh(self, kind):
        many = self.chance.choice([1, 3, 10, 40])
        rows, self.pool[kind] = self.pool[kind][:many], self.pool[kind][many:]
        return rows

    def do_add(self):
        kind = self.some_kind()
        rows = self.fresh(kind)
        taken = {twin.key_of(kind, row, n) for n, row in enumerate(rows)}
        for _ in range(self.chance.choice([0, 1, 3])):
            row = self.corrected(kind)
            if row is not None and twin.key_of(kind, row, 0) not in taken:
                taken.add(twin.key_of(kind, row, 0))
                rows.append(row)
        self.load(kind, rows)

    def do_reload(self):
        if self.last:
            self.load(*self.last)

    def load(self, kind, rows):
        if not rows:
            return
        self.last = kind, rows
        self.log.append(("add", kind, rows))
        told = self.model.add(kind, rows)
        reports = random_deep.put(self.store, kind, rows)
        if kind not in ("attribute", "customer"):
            self.told("add " + kind, reports[0], told)

    def told(self, where, report, told):
        bad = {key: (getattr(report, key), value) for key, value in told.items() if getattr(report, key) != value}
        if bad:
            self.differ("report", where, list(bad), [v[0] for v in bad.values()], [v[1] for v in bad.values()])

    def corrected(self, kind):
        """A record that is there, with something else in it."""
        rows = [row for row in self.model.newest(kind) if row.get("id") is not None or kind in KEYS]
        if not rows or kind in ("customer", "milestone"):
            return None
        row = dict(self.chance.choice(rows))
        field, values = {"event": ("value", [1.0, 2.0, None]), "ticket": ("category", ["bug", "billing", None]),
                         "subscription": ("seats", [1, 7, None]), "invoice": ("amount", [5, 700]),
                         "survey": ("score", [1.0, 9.0]), "churn": ("reason", ["price", None]),
                         "contact": ("role", ["champion", "admin", None]), "touchpoint": ("channel", ["email", "call"]),
                         "rate": ("rate", [0.5, 2.0]), "announcement": ("kind", ["release", None]),
                         "spend": ("amount", [7, 8]), "attribute": ("value", self.values(row))}[kind]
        row[field] = self.chance.choice(values)
        at = row[twin.HAPPENED[kind]]
        row["known_at"] = self.chance.choice([None, *(at + n * DAY for n in (-1, 0, 1, 2, 5, 9, 30))])
        return row

    @staticmethod
    def values(row):
        return {"vip": [True, False], "seats": [1.0, 5.0]}.get(row.get("name"), ["red", "blue"])

    def do_retract(self):
        kind = self.some_kind()
        keys = [key for key in self.model.chains[kind] if not (isinstance(key, tuple) and key[0] == "row")
                and not (kind == "survey" and isinstance(key, tuple))]
        if not keys:
            return
        key = self.chance.choice(keys)
        fields = KEYS.get(kind, ["id"])
        row = dict(zip(fields, key if isinstance(key, tuple) else [key]))
        at = next((r for r in self.model.chains[kind][key].values() if r != history.GONE), {})
        known = self.chance.choice([None, *((at.get(twin.HAPPENED[kind]) or 0) + n * DAY for n in (-1, 0, 1, 4, 12))])
        self.log.append(("retract", kind, row, known))
        said = self.model.retract(kind, key, known)
        report = self.store.retract(kind, random_deep.columns_of([row]), known_at=moment(known))
        self.told("retract " + kind, report, {**dict.fromkeys(("retracted", "unchanged", "rejected"), 0), said: 1})

    def do_replace(self):
        kind = self.chance.choice(["event", "event", "ticket", "survey", "touchpoint", "subscription", "invoice", "rate"])
        start = self.maker.at() - 5 * DAY
        end = start + self.chance.choice([3, 10, 40, 200]) * DAY
        types = self.chance.sample(random_company.EVENTS, 2) if kind == "event" and self.chance.random() < 0.5 else []
        rows = [row for row in self.model.newest(kind) if self.chance.random() < 0.7]
        rows += [row for row in [self.corrected(kind)] if row is not None]
        rows += self.fresh(kind)
        seen, kept = set(), []
        for number, row in enumerate(rows):
            key = twin.key_of(kind, row, number)
            if key not in seen and start <= row[twin.HAPPENED[kind]] < end and (not types or row["type"] in types):
                seen.add(key)
                kept.append({**row, "known_at": None})
        known = self.chance.choice([None, end + self.chance.choice([-DAY, 0, DAY, 50 * DAY])])
        self.replace(kind, kept, start, end, types, known)

    def replace(self, kind, kept, start, end, types, known):
        self.log.append(("replace", kind, kept, start, end, types, known))
        told = self.model.replace(kind, kept, start, end, types, known)
        report = self.store.replace(
            kind, random_deep.columns_of(random_deep.flat(kind, kept)) if kept else self.nothing(kind), start=moment(start), end=moment(end), types=types,
            known_at=moment(known), money="minor", strict=True)
        told.pop("rewrote_history")
        self.told("replace " + kind, report, told)

    def nothing(self, kind):
        needed = {"event": ["customer", "type", "at"], "ticket": ["id", "customer", "opened_at"],
                  "survey": ["customer", "kind", "at", "score"], "touchpoint": ["id", "customer", "at", "channel"],
                  "subscription": ["id", "customer", "valid_from", "status"],
                  "invoice": ["id", "customer", "issued_at", "due_at", "amount", "currency"],
                  "rate": ["currency", "at", "rate"]}[kind]
        return {name: [] for name in needed}

    def do_erase(self):
        who = self.chance.sample(self.maker.ids, 1)
        self.log.append(("erase", who))
        self.model.erase(who)
        self.store.erase(who)

    def do_erase_user(self):
        users = [row["id"] for row in self.model.newest("contact")] + ["u", "v"]
        user = self.chance.choice(users)
        self.log.append(("erase_user", user))
        self.model.erase_user(user)
        self.store.erase_user(user)

    def do_merge(self):
        there = [c for c in self.maker.ids if c in self.model.customers]
        if len(there) < 2:
            return
        one, into = self.chance.sample(there, 2)
        self.log.append(("merge", one, into))
        self.model.merge(one, into)
        self.store.merge(one, into=into)
        self.last = None
        for kind in KINDS:
            self.pool[kind] = [row for row in self.pool[kind] if row.get("customer", row.get("id")) != one]

    # ---- what is there ----

    def compare_records(self):
        for at in [None, *self.dates]:
            for kind in KINDS[1:]:
                table = self.store.records(kind, as_of=moment(at))
                theirs = sorted((repr(self.plain(kind, row)) for row in table.to_dicts()))
                ours = sorted(repr(self.wanted(kind, row)) for row in self.model.rows(kind, at))
                if theirs != ours:
                    self.differ("records", at, kind, [t for t in theirs if theirs.count(t) > ours.count(t)][:3],
                                [o for o in ours if ours.count(o) > theirs.count(o)][:3])
                    return
                span = self.store.span(kind, as_of=moment(at))
                if span.records != len(ours):
                    self.differ("span", at, kind, span.records, len(ours))
        for kind in KINDS[1:]:
            if kind != "attribute" and self.store.record_count(kind) != self.model.count(kind):
                self.differ("count", None, kind, self.store.record_count(kind), self.model.count(kind))

    @staticmethod
    def plain(kind, row):
        found = {}
        for name, value in row.items():
            if isinstance(value, datetime.datetime):
                value = twin.micros_of(value)
            if value is not None and name not in ("known_at", "known_until"):
                found[name] = value
        if kind == "attribute":
            of = {"bool": "truth", "double": "number", "string": "value"}
            sort = found.pop("type", None)
            value = found.get(of.get(sort))
            for name in ("truth", "number", "time", "value"):
                found.pop(name, None)
            if value is not None:
                found["value"] = value
        return Past.alike(found)

    @staticmethod
    def alike(found):
        if found.get("active") is True:
            del found["active"]
        if found.get("period") == "quarter":
            found["period"] = "3 months"
        return sorted(found.items())

    @staticmethod
    def wanted(kind, row):
        found = {name: value for name, value in row.items() if name != "props"}
        found.update({"props." + name: value for name, value in (row.get("props") or {}).items()})
        return Past.alike(found)

    # ---- retention ----

    def forget(self):
        """What is forgotten is over: questions from then on that do not look back further are answered as before."""
        before = self.maker.at()
        later = sorted({before, before + 1, *(at for at in self.dates if at >= before), before + 9 * DAY})
        self.log.append(("forget", before))
        was = [self.answers(at) for at in later]
        self.store.forget(moment(before))
        for at, old in zip(later, was):
            new = self.answers(at)
            rest = {row["customer"] for kind in twin.OWNED for row in self.store.records(kind, as_of=moment(at)).to_dicts()}
            gone = {key[0] for key in set(old) - set(new)} & rest
            if gone or set(new) - set(old):
                self.differ("forget", at, "customers", sorted({k[0] for k in new}), sorted({k[0] for k in old}))
                return
            for (customer, name), value in old.items():
                if (customer, name) in new and self.is_of_now(self.book.metrics[name], at, before) and new[customer, name] != value:
                    self.differ("forget", (before, at), (customer, self.book.metrics[name]), new[customer, name], value)

    def answers(self, at):
        sources = {name: {key: value for key, value in source.items() if key != "max_lag"}
                   for name, source in self.spec["sources"].items()}  # what is forgotten keeps no source fresh
        text = random_company.playbook_text({**self.spec, "sources": sources})
        engine = churn.Engine(churn.Playbook.parse(text), self.store)
        reasons = {(r["customer"], r["metric"]): r["reason"] for r in engine.missing(at).to_dicts()}
        return {(row["customer"], name): (row[name], reasons.get((row["customer"], name)))
                for row in engine.metrics(at).to_dicts() for name in self.book.metrics}

    @staticmethod
    def is_of_now(spec, at, before):
        """Whether a metric looks back no further than an instant."""
        if "offset" in spec or "align" in spec or spec.get("zone") == "customer":
            return False
        if spec.get("agg", "").startswith("days_since"):  # counted from when tracking began, where there is none
            return False
        window = spec.get("window", "")
        if window[:1].isdigit() and window[-1] in "dhw" and "c" not in window:
            return at - twin.duration(window) >= before and spec.get("take") != "changed" and "survey" not in spec
        of_now = {"ticket": ["open_count", "oldest_open_days", "unanswered_count"], "contact": ["active_count"],
                  "invoice": ["overdue_days", "overdue_amount", "open_amount"],
                  "subscription": ["mrr", "arr", "seats", "plan", "active", "discount_share", "days_to_renewal",
                                   "renews_at", "trial_days_left", "cancel_requested"]}
        if "attribute" in spec:
            return "take" not in spec
        return not window and any(spec.get(kind) in names for kind, names in of_now.items())

    # ---- order ----

    def orders(self):
        """All versions that there are, in any order and any batches: the same store, the same answers."""
        rows = {kind: [{**row, "known_at": known if known != twin.NEVER else None}
                       for chain in self.model.chains[kind].values() for known, row in chain.items()
                       if row != history.GONE] for kind in KINDS}
        for kind in KINDS:
            rows[kind] = self.telling(kind, rows[kind])
        said = set()
        for _ in range(3):
            store = churn.Store(time_zone=self.maker.zone_name)
            batches = []
            for kind in KINDS:
                self.chance.shuffle(rows[kind])
                size = self.chance.choice([1, 3, 1000])
                batches += [(kind, rows[kind][first:first + size]) for first in range(0, len(rows[kind]), size)]
            self.chance.shuffle(batches)
            for kind, some in batches:
                random_deep.put(store, kind, some)
                if self.chance.random() < 0.1:
                    random_deep.put(store, kind, [row for row in some if kind != "event" or row.get("id")])
            engine = churn.Engine(self.playbook, store)
            said.add((store.hash(), repr([engine.metrics(at).to_dicts() for at in self.dates])))
        if len(said) > 1:
            self.differ("orders", None, "", len({s[0] for s in said}), len({s[1] for s in said}))

    @staticmethod
    def telling(kind, rows):
        """Versions that say something else than the one before: others are none."""
        chains = {}
        for number, row in enumerate(rows):
            chains.setdefault(twin.key_of(kind, row, number), []).append(row)
        kept = []
        for chain in chains.values():
            chain.sort(key=lambda row: twin.NEVER if row["known_at"] is None else row["known_at"])
            said = []
            for row in chain:
                if not any(content(other) == content(row) for other in kept[len(kept) - len(said):]):
                    kept.append(row)
                    said.append(row)
        return kept


def run(seed):
    return Past(seed).run()


if __name__ == "__main__":
    compare.tell(run)

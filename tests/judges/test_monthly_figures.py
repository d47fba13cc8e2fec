# SPDX-License-Identifier: MIT
"""Monthly figures of random companies, counted again in the plainest way there is: levels at the ends of months, by
plan, by an attribute and by a segment, and whether groups add up to the whole.

CHURN_TWIN_CASES and CHURN_TWIN_SEED say how many companies, and which.
"""
import math
import os
import random
from collections import defaultdict
from datetime import datetime, timezone

import pytest

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "12"))
SEEDS = range(FIRST, FIRST + COUNT)
DAY = 86_400_000_000
BOOK = """
churn: 1
name: months
time_zone: UTC
currency: USD
kpi: {preset: smsb, churn_rate: %s, returners: %s}
attributes: {size: string}
metrics: [{id: mrr, subscription: mrr}]
segments: [{id: big, when: 'metric.mrr > 100'}]
"""


def micros(year, month, day=1):
    return int(datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, day, tzinfo=timezone.utc).timestamp()) * 1_000_000


MONTHS = [micros(2024, 1 + i) for i in range(10)]


class Company:
    def __init__(self, seed):
        rng = random.Random(seed)
        self.states = []  # (subscription, customer, from, plan, minor units)
        self.sizes = defaultdict(list)
        names = [f"c{i:02}" for i in range(rng.choice([1, 3, 25]))]
        when = lambda: micros(2023, 10) + rng.randrange(330) * DAY + rng.choice([0, 0, 9]) * DAY // 24  # noqa: E731
        for customer in names:
            for n in range(rng.choice([1, 1, 2, 3])):
                for at in sorted({when() for _ in range(rng.choice([1, 2, 4, 7]))} | ({MONTHS[3]} if rng.random() < .2 else set())):
                    money = 0 if rng.random() < 0.3 else rng.randrange(1, 30000)
                    self.states.append((f"{customer}-{n}", customer, at, rng.choice(["basic", "pro", None]), money))
            for at in {when() for _ in range(rng.choice([0, 1, 3]))}:
                self.sizes[customer].append((at, rng.choice(["s", "l"])))
            self.sizes[customer].sort()
        self.customers = sorted({state[1] for state in self.states})
        self.names = names

    def engine(self, **words):
        store = churn.Store(time_zone="UTC")
        ts = pa.timestamp("us", tz="UTC")
        store.add("customer", {"id": self.names}, strict=True)
        sizes = [(c, at, size) for c, rows in self.sizes.items() for at, size in rows]
        if sizes:
            store.add("customer", pa.table({"id": [r[0] for r in sizes], "valid_from": pa.array([r[1] for r in sizes], ts),
                                            "size": [r[2] for r in sizes]}), strict=True)
        rows = self.states
        store.add("subscription", pa.table({
            "id": [r[0] for r in rows], "customer": [r[1] for r in rows], "valid_from": pa.array([r[2] for r in rows], ts),
            "plan": pa.array([r[3] for r in rows], pa.string()), "amount": [r[4] for r in rows],
            "status": ["active" if r[4] else "cancelled" for r in rows]}),
            constants={"currency": "USD", "period": "month"}, money="minor", strict=True)
        return churn.Engine(churn.Playbook.parse(BOOK % (words.get("churn_rate", "start"), words.get("returners", "retained"))),
                            store)

    # ---- levels: just before an instant ----

    def live(self, customer, at, seen=False):
        """{subscription: (plan, money)}; with `seen` also what begins at that instant."""
        out = {}
        for name, owner, start, plan, money in sorted(self.states, key=lambda s: (s[0], s[2])):
            if owner == customer and (start < at or seen and start == at):
                out[name] = (plan, money)
        return {name: state for name, state in out.items() if state[1]}

    def mrr(self, customer, at):
        return sum(money for _, money in self.live(customer, at).values())

    def steps(self, customer, start, end):
        """(instant, before, after, paid ever before) of each change of money."""
        for at in sorted({s[2] for s in self.states if s[1] == customer and start <= s[2] < end}):
            before, after = self.mrr(customer, at), sum(m for _, m in self.live(customer, at, True).values())
            if before != after:
                yield at, before, after, any(s[4] and s[2] < at for s in self.states if s[1] == customer)

    # ---- groups ----

    def size(self, customer, at, end):
        rows = self.sizes[customer]
        past = [value for since, value in rows if since < at or not end and since == at]
        return past[-1] if past else rows[0][1] if rows else None

    def big(self, customer, at, end):
        had = any(s[1] == customer and (s[2] < at or not end and s[2] == at) for s in self.states)
        money = sum(m for _, m in self.live(customer, at, not end).values())
        return ("true" if money > 10000 else "false") if had else None

    def group(self, by, customer, start, end, at_end):
        if by is None:
            return "all"
        return (self.size if by == "size" else self.big)(customer, end if at_end else start, at_end)

    # ---- figures ----

    def movements(self, customer, start, end):
        out = defaultdict(int)
        for _, before, after, paid in self.steps(customer, start, end):
            kind = ("new" if not paid else "reactivation") if before == 0 else "churn" if after == 0 else \
                "expansion" if after > before else "contraction"
            out[kind] += abs(after - before)
            out["#" + kind] += 1
        return out

    def figures(self, by, at_end, churn_rate, returners):
        cells = defaultdict(lambda: defaultdict(int))
        for start, end in zip(MONTHS, MONTHS[1:]):
            for customer in self.customers:
                key = (start, self.group(by, customer, start, end, at_end))
                moved = self.movements(customer, start, end)
                first, last = self.mrr(customer, start), self.mrr(customer, end)
                cell = cells[key]
                for kind, amount in moved.items():
                    cell[kind] += amount
                cell["start"] += first
                cell["end"] += last
                cell["customers"] += last > 0
                cell["there"] += first > 0
                left = first > 0 and moved["#churn"] > 0
                stays = last > 0 and not (returners == "lost" and left)
                if first > 0:
                    cell["kept"] += stays
                    cell["gone"] += last == 0
                    cell["held"] += min(first, last) if stays else 0
                    cell["now"] += last if stays else 0
                elif moved["#new"] or moved["#reactivation"]:
                    cell["came"] += 1
                    cell["came_gone"] += last == 0
        out = {}
        for key, c in cells.items():
            new_too = churn_rate == "start_and_new"
            lost, start = c["churn"] + c["contraction"], c["start"]
            base = c["there"] + (c["came"] if new_too else 0)
            money = start + (c["new"] if new_too else 0)
            ratio = lambda a, b: a / b if b else None  # noqa: E731
            out[key] = {
                "mrr": c["end"] / 100, "new_mrr": c["new"] / 100, "expansion_mrr": c["expansion"] / 100,
                "contraction_mrr": c["contraction"] / 100, "churned_mrr": c["churn"] / 100,
                "reactivation_mrr": c["reactivation"] / 100, "customers": c["customers"],
                "new_customers": c["#new"], "lost_customers": c["#churn"], "reactivated_customers": c["#reactivation"],
                "logo_churn": ratio(c["gone"] + (c["came_gone"] if new_too else 0), base),
                "gross_mrr_churn": ratio(lost, money),
                "net_mrr_churn": ratio(lost - c["expansion"] - c["reactivation"], money),
                "grr": ratio(c["held"], start), "nrr": ratio(c["now"], start), "logo_retention": ratio(c["kept"], c["there"]),
                "grr_movements": ratio(start - lost, start),
                "quick_ratio": ratio(c["new"] + c["expansion"] + c["reactivation"], lost),
                "crr": ratio(c["customers"] - c["came"], c["there"]),
                "arpa": ratio(c["end"] / 100, c["customers"]),
            }
        return out


EMPTY = {**dict.fromkeys("mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr customers new_customers "
                         "lost_customers reactivated_customers".split(), 0.0)}
NAMES = list(EMPTY) + "logo_churn gross_mrr_churn net_mrr_churn grr nrr logo_retention grr_movements quick_ratio crr arpa".split()


def micro(moment):
    return int(moment.timestamp()) * 1_000_000


def asked(engine, by, **how):
    rows = engine.kpi(NAMES, MONTHS[0], MONTHS[-1], every="month", by=by, **how).to_dicts()
    for row in rows:
        assert (row["value"] is None) == (row["missing"] is not None), row
        assert row["value"] is None or math.isfinite(row["value"]), row
    return {(micro(row["period_start"]), row[by] if by else "all", row["kpi"]): row["value"] for row in rows}


def near(a, b):
    return a == b or a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_months_by_group(seed):
    company, rng = Company(seed), random.Random(seed)
    words = {"churn_rate": rng.choice(["start", "start_and_new"]), "returners": rng.choice(["retained", "lost"])}
    engine, wrong = company.engine(**words), []
    for by, name in ((None, None), ("size", "size"), ("big", "segment.big")):
        for at_end in (False, True) if by else (False,):
            got = asked(engine, name, by_at="end" if at_end else "start")
            want = company.figures(by, at_end, **words)
            groups = {key[1] for key in want} | {key[1] for key in got}
            for start in MONTHS[:-1]:
                for group in groups:
                    cells = want.get((start, group), {})
                    for kpi in NAMES:
                        a, b = got.get((start, group, kpi)), cells.get(kpi)
                        a, b = (0.0 if x is None and kpi in EMPTY else x for x in (a, b))
                        if not near(a, b):
                            wrong.append((name, at_end, start, group, kpi, a, b))
    assert wrong == [], words


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_add_up(seed):
    company = Company(seed)
    engine = company.engine()
    whole = asked(engine, None)
    for by in ("plan", "size", "segment.big", "start_month", "currency"):
        for at in ("start", "end"):
            total = defaultdict(float)
            for (start, _, kpi), value in asked(engine, by, by_at=at).items():
                total[start, kpi] += value or 0
            for (start, _, kpi), value in whole.items():
                if kpi in EMPTY:
                    assert near(total[start, kpi], value), (by, at, start, kpi)


@pytest.mark.parametrize("seed", SEEDS)
def test_money_of_plans_is_that_of_their_subscriptions(seed):
    company = Company(seed)
    got = asked(company.engine(), "plan")
    for end, start in zip(MONTHS[1:], MONTHS):
        sums = defaultdict(int)
        for customer in company.customers:
            for plan, money in company.live(customer, end).values():
                sums[plan] += money
        for plan in ("basic", "pro", None):
            assert near(got.get((start, plan, "mrr")) or 0.0, sums[plan] / 100), (start, plan)


@pytest.mark.parametrize("seed", SEEDS)
def test_daily_rates_and_rolling_windows(seed):
    company = Company(seed)
    engine = company.engine(churn_rate="daily")
    got = engine.kpi(["logo_churn", "gross_mrr_churn"], MONTHS[2], MONTHS[6], every="month").to_dicts()
    for row in got:
        rate = 0.0
        begun = False
        for at in range(micro(row["period_start"]), micro(row["period_end"]), DAY):
            moves = [company.movements(c, at, at + DAY) for c in company.customers]
            first = [company.mrr(c, at) for c in company.customers]
            base = sum(x > 0 for x in first) if row["kpi"] == "logo_churn" else sum(first)
            if base:
                begun = True
                rate += (sum(1 for c, x in zip(company.customers, first) if x and not company.mrr(c, at + DAY)) / base
                         if row["kpi"] == "logo_churn" else sum(m["churn"] + m["contraction"] for m in moves) / base)
        assert near(row["value"], rate if begun else None), row
    for row in engine.kpi(["new_mrr", "churned_mrr", "mrr"], MONTHS[2], MONTHS[5], rolling=30, step=11).to_dicts():
        start, end = micro(row["period_start"]), micro(row["period_end"])
        assert end - start == 30 * DAY and (end - MONTHS[2]) % (11 * DAY) == 0
        moves = [company.movements(c, start, end) for c in company.customers]
        want = sum(company.mrr(c, end) for c in company.customers) if row["kpi"] == "mrr" else \
            sum(m["new" if row["kpi"] == "new_mrr" else "churn"] for m in moves)
        assert near(row["value"], want / 100), row

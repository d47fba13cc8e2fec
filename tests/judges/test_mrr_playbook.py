# SPDX-License-Identifier: MIT
"""The months of dbt Labs' MRR playbook: every figure of every month beside the rule of its model, and beside the truths that come
with the data (its SOURCE.md)."""
from collections import defaultdict

import pytest
from shared_data import folder, rows

churn = pytest.importorskip("churn")
FOLDER = folder("mrr_playbook", "subscription_periods.csv")
START, END = "2017-09-01", "2020-03-01"
MONTHS = [f"{m // 12}-{m % 12 + 1:02}-01" for m in range(2017 * 12 + 8, 2020 * 12 + 2)]
MOVES = ["new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr"]


@pytest.fixture(scope="module")
def periods():
    return list(rows(FOLDER / "subscription_periods.csv"))


@pytest.fixture(scope="module")
def engine(periods):
    store = churn.Store(time_zone="UTC")
    for row in periods:
        store.add_subscription(f"s{row['subscription_id']}", f"c{row['customer_id']}", plan="p", amount=100 * int(row["monthly_amount"]),
                               currency="USD", status="active", period="month", valid_from=f"{row['start_date']}T00:00:00Z",
                               ended_at=f"{row['end_date']}T00:00:00Z")
    return churn.Engine(churn.Playbook.parse("{churn: 1, name: dbt, time_zone: UTC, currency: USD, loss: {any: [subscription]}}"), store)


@pytest.fixture(scope="module")
def money(periods):
    """MRR by month and customer: a month counts if start <= first of month < end."""
    out = {}
    for month in MONTHS:
        out[month] = defaultdict(int)
        for row in periods:
            if row["start_date"] <= month < row["end_date"]:
                out[month][row["customer_id"]] += int(row["monthly_amount"])
    return out


def table_of(engine, kpis, **options):
    out = defaultdict(dict)
    for row in engine.kpi(kpis, START, END, every="month", **options):
        out[f"{row['period_start']:%Y-%m-%d}"][row["kpi"]] = row
    return out


def moves(money):
    """The rule of the model, month by month."""
    out, seen, before = {}, set(), {}
    for month in MONTHS:
        now, sums = money[month], dict.fromkeys(MOVES, 0)
        for customer in set(now) | set(before):
            change = now.get(customer, 0) - before.get(customer, 0)
            if change > 0:
                kind = "expansion_mrr" if customer in before else "reactivation_mrr" if customer in seen else "new_mrr"
                sums[kind] += change
            elif change < 0:
                sums["contraction_mrr" if customer in now else "churned_mrr"] -= change
        out[month], before = sums, dict(now)
        seen |= set(now)
    return out


def test_sums_of_the_source(engine):
    got = {row["kpi"]: row["value"] for row in engine.kpi(MOVES + ["mrr"], START, END)}
    assert got == {"new_mrr": 2295, "expansion_mrr": 660, "reactivation_mrr": 150, "contraction_mrr": 555, "churned_mrr": 2550, "mrr": 0}


def test_months_of_the_source(engine):
    got = table_of(engine, ["mrr", "customers", "grr", "nrr", "logo_churn"])
    assert (got["2018-12-01"]["mrr"]["value"], got["2018-12-01"]["customers"]["value"]) == (585, 12)
    assert (got["2019-06-01"]["mrr"]["value"], got["2019-11-01"]["mrr"]["value"], got["2019-11-01"]["customers"]["value"]) == (1135, 1840, 42)
    assert [round(got["2019-08-01"][k]["value"], 4) for k in ("grr", "nrr", "logo_churn")] == [.8407, .8407, .1154]
    assert (got["2019-08-01"]["logo_churn"]["numerator"], got["2019-08-01"]["logo_churn"]["denominator"]) == (3, 26)
    assert [round(got["2019-06-01"][k]["value"], 4) for k in ("grr", "nrr")] == [.9689, 1.1244]


def test_every_month(engine, money):
    got, truth, before = table_of(engine, MOVES + ["mrr", "customers", "grr", "nrr", "logo_churn", "gross_mrr_churn"]), moves(money), {}
    for month in MONTHS:
        now, start = money[month], sum(before.values())
        assert {k: got[month][k]["value"] for k in MOVES} == truth[month], month
        assert (got[month]["mrr"]["value"], got[month]["customers"]["value"]) == (sum(now.values()), len(now)), month
        kept = {c: now.get(c, 0) for c in before}
        terms = {k: (got[month][k]["numerator"], got[month][k]["denominator"]) for k in ("grr", "nrr", "logo_churn", "gross_mrr_churn")}
        assert terms == {"grr": (sum(min(v, before[c]) for c, v in kept.items()), start), "nrr": (sum(kept.values()), start),
                         "logo_churn": (sum(v == 0 for v in kept.values()), len(before)),
                         "gross_mrr_churn": (truth[month]["contraction_mrr"] + truth[month]["churned_mrr"], start)}, month
        before = dict(now)


def test_a_policy_without_returns_calls_them_new(engine, money):
    """Of these data the presets differ in that alone."""
    for policy in ("stripe", "profitwell", "smsb", "fightchurn"):
        got = table_of(engine, MOVES, policy=policy)
        for month, truth in moves(money).items():
            if policy == "fightchurn":
                truth = truth | {"new_mrr": truth["new_mrr"] + truth["reactivation_mrr"], "reactivation_mrr": 0}
            assert {k: got[month][k]["value"] for k in MOVES} == truth, (policy, month)


def test_it_adds_up(engine):
    total = engine.reconciliation(START, END).to_dicts()[0]
    assert (total["start"], total["end"], total["difference"]) == (0, 0, 0)
    assert sum(row["amount"] for row in engine.movements(START, END).to_dicts()) == 0

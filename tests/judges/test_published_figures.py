# SPDX-License-Identifier: MIT
"""What vendors and makers of data sets print, computed from records: worked examples of definitions, the month table of
dbt's MRR playbook, RavenStack and the monthly churn of the simulated social network."""
import csv
from collections import defaultdict
from datetime import datetime, timezone

import pytest
from shared_data import DAY, SHARED, instant

churn = pytest.importorskip("churn")
pa = pytest.importorskip("pyarrow")
TS = pa.timestamp("us", tz="UTC")


def engine(rows, **kpi):
    """Rows of subscription, customer, start, status, amount in minor units, period, end, discount, discount_until."""
    store = churn.Store(time_zone="UTC")
    names = ("id", "customer", "valid_from", "status", "amount", "period", "ended_at", "discount", "discount_until")
    table = {name: [row[i] if i < len(row) else None for row in rows] for i, name in enumerate(names)}
    for name in ("valid_from", "ended_at", "discount_until"):
        table[name] = pa.array(table[name], TS)
    for name in ("amount", "discount"):
        table[name] = pa.array(table[name], pa.int64())
    store.add("subscription", pa.table(table), constants={"currency": "USD"}, money="minor", strict=True)
    words = ", ".join(f"{key}: {value}" for key, value in kpi.items())
    return churn.Engine(churn.Playbook.parse(f"churn: 1\nname: p\ntime_zone: UTC\ncurrency: USD\nkpi: {{{words}}}\n"), store)


def figures(made, names, start, end, **how):
    return {row["kpi"]: row for row in made.kpi(names, start, end, **how).to_dicts()}


def values(made, names, start, end, **how):
    return {name: row["value"] for name, row in figures(made, names, start, end, **how).items()}


JAN, FEB = instant("2025-01-01"), instant("2025-02-01")


def active(name, at, amount, period="month", *more):
    return (name, name.split("/")[0], at, "active", amount, period, *more)


# ---- worked examples of vendors ----

def test_chartmogul_counts_2000_a_year_as_166_67_a_month():
    made = engine([active("a", JAN, 200_000, "year")], preset="chartmogul")
    assert values(made, "mrr", JAN, FEB)["mrr"] == 166.67


def test_chartmogul_expansion_contraction_churn_and_return():
    steps = [active("a", JAN + n * DAY, amount) for n, amount in enumerate([10_000, 16_000, 10_000])]
    steps.append(("a", "a", JAN + 5 * DAY, "cancelled", 0, "month"))
    steps.append(active("a", JAN + 9 * DAY, 10_000))
    moves = engine(steps, preset="chartmogul").movements(JAN, FEB).to_dicts()
    assert [(m["kind"], m["amount"]) for m in moves] == [("new", 10_000), ("expansion", 6_000), ("contraction", -6_000),
                                                         ("churn", -10_000), ("reactivation", 10_000)]


def test_chartmogul_churn_of_20_percent_gross_and_10_net():
    rows = [active("gone", JAN - DAY, 1_000, "month", JAN + 3 * DAY), active("less", JAN - DAY, 5_000),
            active("less", JAN + DAY, 4_000), active("more", JAN - DAY, 4_000), active("more", JAN + DAY, 5_000)]
    got = values(engine(rows, preset="chartmogul"), ["gross_mrr_churn", "net_mrr_churn"], JAN, FEB)
    assert got == {"gross_mrr_churn": 0.2, "net_mrr_churn": 0.1}


def test_chartmogul_net_churn_of_a_day_for_consumers():
    # 1 - (120 - 10) / 100: MRR 120 in the evening, 10 of them new.
    rows = [active("a", JAN - DAY, 10_000), active("a", JAN + DAY // 2, 11_000), active("b", JAN + 1, 1_000)]
    got = values(engine(rows, preset="chartmogul", churn_rate="daily"), ["net_mrr_churn"], JAN, JAN + DAY)
    assert got["net_mrr_churn"] == pytest.approx(-0.1, abs=1e-12)


def test_stripe_adds_up_monthly_and_yearly_plans_to_12500():
    rows = [active(f"m{n}", JAN, 10_000) for n in range(100)] + [active(f"y{n}", JAN, 60_000, "year") for n in range(50)]
    assert values(engine(rows, preset="stripe"), "mrr", JAN, FEB)["mrr"] == 12_500


def test_stripe_divides_churn_by_old_and_new_customers():
    # 100 at the start, 20 come, 5 of the old and 1 of the new go: 6 of 120.
    rows = [active(f"o{n}", JAN - DAY, 1_000, "month", JAN + DAY if n < 5 else None) for n in range(100)]
    rows += [active(f"n{n}", JAN + DAY, 1_000, "month", JAN + 2 * DAY if n < 1 else None) for n in range(20)]
    assert values(engine(rows, preset="stripe"), "logo_churn", JAN, FEB)["logo_churn"] == 0.05
    assert values(engine(rows, preset="chartmogul"), "logo_churn", JAN, FEB)["logo_churn"] == 0.05
    row = figures(engine(rows, preset="stripe"), "logo_churn", JAN, FEB)["logo_churn"]
    assert (row["numerator"], row["denominator"]) == (6, 120)


def test_profitwell_counts_120_a_year_less_10_percent_as_9():
    made = engine([active("a", JAN, 12_000, "year", None, 1_200)], preset="profitwell")
    assert values(made, "mrr", JAN, FEB)["mrr"] == 9


def test_profitwell_ignores_who_comes_and_goes_within_a_month():
    rows = [active("a", JAN - DAY, 1_000), active("b", JAN + DAY, 1_000, "month", JAN + 9 * DAY)]
    kpis = ["new_customers", "lost_customers", "new_mrr", "churned_mrr"]
    assert set(values(engine(rows, preset="profitwell"), kpis, JAN, FEB).values()) == {0}
    assert set(values(engine(rows, preset="stripe"), kpis, JAN, FEB).values()) == {1, 10}


def test_five_percent_a_month_is_45_964_a_year():
    rows = [active(f"c{n}", JAN - DAY, 1_000, "month", JAN + DAY if n < 5 else None) for n in range(100)]
    made = engine(rows, preset="chartmogul")
    assert values(made, "logo_churn_annual", JAN, FEB, every="month")["logo_churn_annual"] == pytest.approx(1 - 0.95**12, abs=1e-12)
    of_days = values(made, "logo_churn_annual", JAN, JAN + 30 * DAY)["logo_churn_annual"]
    assert round(of_days, 5) == 0.46424


def test_smsb_retention_is_of_the_closed_cohort():
    # Expands by 50, then contracts by 30: movements say (100 - 30) / 100, the cohort keeps all of its 100.
    rows = [active("a", JAN - DAY, 10_000), active("a", JAN + DAY, 15_000), active("a", JAN + 2 * DAY, 12_000),
            active("new", JAN + DAY, 9_900)]
    got = values(engine(rows, preset="smsb"), ["grr", "nrr", "grr_movements", "nrr_movements"], JAN, FEB)
    assert got == {"grr": 1, "nrr": 1.2, "grr_movements": 0.7, "nrr_movements": 1.2}


# ---- dbt's MRR playbook ----

def lines(name, file):
    path = SHARED / "data" / name / file
    if not path.exists():
        pytest.skip(f"{file} is not in {path.parent}")
    with open(path, encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def first(year, month):
    return int(datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=timezone.utc).timestamp()) * 1_000_000


def test_the_month_table_of_the_mrr_playbook():
    periods = lines("mrr_playbook", "subscription_periods.csv")
    rows = [(p["subscription_id"], p["customer_id"], instant(p["start_date"]), "active", int(p["monthly_amount"]) * 100, "month",
             instant(p["end_date"])) for p in periods]
    made = engine(rows, preset="smsb", group_changes="instant")
    months = [first(2017, 9 + n) for n in range(31)]
    paid = [defaultdict(int) for _ in months]  # what each customer pays in a month: start <= first < end
    for p in periods:
        for n, at in enumerate(months):
            if instant(p["start_date"]) <= at < instant(p["end_date"]):
                paid[n][p["customer_id"]] += int(p["monthly_amount"])
    names = ["mrr", "customers", "new_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr", "reactivation_mrr", "grr", "nrr",
             "logo_churn"]
    got = {(row["kpi"], int(row["period_start"].timestamp()) * 1_000_000): row["value"]
           for row in made.kpi(names, months[0], months[-1], every="month").to_dicts()}
    ever, sums = set(), defaultdict(int)
    for n in range(30):
        before, now = (paid[n - 1] if n else {}), paid[n]
        want = dict.fromkeys(names, 0.0)
        want["mrr"], want["customers"] = sum(now.values()), len(now)
        for customer in before.keys() | now.keys():
            a, b = before.get(customer, 0), now.get(customer, 0)
            if a != b:
                kind = ("new_mrr" if customer not in ever else "reactivation_mrr") if a == 0 else "churned_mrr" if b == 0 else \
                    "expansion_mrr" if b > a else "contraction_mrr"
                want[kind] += abs(b - a)
                sums[kind] += abs(b - a)
            ever |= {customer} if b else set()
        base = sum(before.values())
        want["grr"] = sum(min(a, now.get(c, 0)) for c, a in before.items()) / base if base else None
        want["nrr"] = sum(now.get(c, 0) for c in before) / base if base else None
        want["logo_churn"] = sum(c not in now for c in before) / len(before) if before else None
        assert {name: got[name, months[n]] for name in names} == pytest.approx(want, abs=1e-12), n
    assert sums == {"new_mrr": 2295, "expansion_mrr": 660, "reactivation_mrr": 150, "contraction_mrr": 555, "churned_mrr": 2550}
    assert [got["mrr", first(*at)] for at in ((2018, 12), (2019, 6), (2019, 11))] == [585, 1135, 1840]
    assert [got["customers", first(*at)] for at in ((2018, 12), (2019, 11))] == [12, 42]
    printed = {("grr", 8): 0.8407, ("nrr", 8): 0.8407, ("logo_churn", 8): 0.1154, ("grr", 6): 0.9689, ("nrr", 6): 1.1244}
    assert {key: round(got[key[0], first(2019, key[1])], 4) for key in printed} == printed


# ---- RavenStack ----

@pytest.fixture(scope="module")
def ravenstack():
    return lines("ravenstack", "ravenstack_subscriptions.csv")


def stack(subscriptions, owner):
    return engine([(s["subscription_id"], s[owner], instant(s["start_date"]), "trial" if s["is_trial"] == "TRUE" else "active",
                    int(s["mrr_amount"]) * 100, "month", instant(s["end_date"]) if s["end_date"] else None)
                   for s in subscriptions], preset="chartmogul", trials="include")


def test_money_and_retention_of_ravenstack(ravenstack):
    made = stack(ravenstack, "account_id")
    for day, mrr in {"2023-06-30": 242_921, "2023-12-31": 1_262_113, "2024-06-30": 3_833_405, "2024-12-31": 10_159_608}.items():
        assert values(made, "mrr", instant(day), instant(day) + DAY)["mrr"] == mrr
    got = figures(made, ["nrr", "grr", "logo_retention", "paying_customers", "logo_churn", "customers"], instant("2024-01-01"),
                  instant("2025-01-01"))
    assert round(100 * got["nrr"]["value"], 2) == 292.27 and got["nrr"]["denominator"] == 1_262_113
    assert round(100 * got["grr"]["value"], 2) == 99.59
    assert got["logo_retention"]["value"] == 1 and got["logo_churn"]["value"] == 0
    assert got["customers"]["value"] == 500
    before = values(made, "paying_customers", instant("2023-12-31"), instant("2024-01-01"))
    assert before["paying_customers"] == 185


def test_churn_of_subscriptions_of_ravenstack(ravenstack):
    made = stack(ravenstack, "subscription_id")  # each a customer of its own
    assert values(made, "customers", instant("2024-12-31"), instant("2025-01-01"))["customers"] == 4_514
    for month, lost, there in ((11, 51, 3_215), (12, 90, 3_754)):
        row = figures(made, "logo_churn", first(2024, month), first(2024, month + 1))["logo_churn"]
        assert (row["numerator"], row["denominator"]) == (lost, there), month


# ---- the simulated social network ----

def test_monthly_churn_of_the_social_network():
    rows = [(s["account_id"], s["account_id"], instant(s["start_date"]), "active", round(float(s["mrr"]) * 100), "month",
             instant(s["end_date"])) for s in lines("fightchurn_socialnet7", "subscription.csv")]
    made = engine(rows, preset="fightchurn")
    # Active on the 1st is who has begun by then: levels are those just before an instant.
    for month, lost, there, mrr in ((2, 70, 1_002, 10_020), (3, 37, 1_035, 10_350), (4, 31, 1_106, 11_060), (5, 16, 1_197, 11_970)):
        start, end = first(2020, month) + 1, first(2020, month + 1) + 1
        row = figures(made, "logo_churn", start, end)["logo_churn"]
        assert (row["numerator"], row["denominator"]) == (lost, there)
        assert figures(made, "nrr", start, end)["nrr"]["denominator"] == mrr

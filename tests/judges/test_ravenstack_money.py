# SPDX-License-Identifier: MIT
"""Money, retention and lives of the RavenStack data beside the truths that come with it (its SOURCE.md)."""
import pytest
from shared_data import folder, rows

churn = pytest.importorskip("churn")
FOLDER = folder("ravenstack", "ravenstack_subscriptions.csv")
BOOK = "{churn: 1, name: ravenstack, time_zone: UTC, currency: USD, loss: {any: [%s]}}"
AS_OF = "2024-12-31T00:00:01Z"  # the source counts what is at midnight of the day


def midnight(day):
    return f"{day}T00:00:00Z" if day else None


@pytest.fixture(scope="module")
def subscriptions():
    return list(rows(FOLDER / "ravenstack_subscriptions.csv"))


def engine_of(subscriptions, customer, trials):
    store = churn.Store(time_zone="UTC")
    for row in subscriptions:
        status = "trial" if trials and row["is_trial"] == "TRUE" else "active"
        more = {"ended_at": midnight(row["end_date"])} if row["end_date"] else {}
        store.add_subscription(row["subscription_id"], row[customer], plan=row["plan_tier"], amount=100 * int(row["mrr_amount"]), currency="USD",
                               status=status, period="month", valid_from=midnight(row["start_date"]), **more)
    return churn.Engine(churn.Playbook.parse(BOOK % "subscription"), store)


@pytest.fixture(scope="module")
def company(subscriptions):
    return engine_of(subscriptions, "account_id", True)


@pytest.fixture(scope="module")
def each(subscriptions):
    """Every subscription a customer of its own."""
    return engine_of(subscriptions, "subscription_id", False)


def test_mrr(company, each):
    for day, mrr, live in (("2023-06-30", 242_921, 135), ("2023-12-31", 1_262_113, 648), ("2024-06-30", 3_833_405, 1_742),
                           ("2024-12-31", 10_159_608, 4_514)):
        span = ("2023-01-01", f"{day}T00:00:01Z")
        assert company.kpi("mrr", *span)[0]["value"] == mrr
        assert [row["value"] for row in each.kpi(["mrr", "customers"], *span)] == [mrr, live]
    assert sum(row["value"] for row in company.kpi("mrr", "2023-01-01", AS_OF, by="plan")) == 10_159_608


def test_retention_of_a_year(company):
    got = {row["kpi"]: row for row in company.kpi(["nrr", "grr", "logo_retention", "paying_customers"], "2023-12-31T00:00:01Z", AS_OF)}
    assert round(got["nrr"]["value"], 4) == 2.9227
    assert round(got["grr"]["value"], 4) == .9959
    assert got["logo_retention"]["value"] == 1
    assert company.kpi("paying_customers", "2023-01-01", "2023-12-31T00:00:01Z")[0]["value"] == 185


def test_a_month_of_subscription_churn(each):
    got = [(row["numerator"], row["denominator"]) for row in each.kpi("logo_churn", "2024-11-01", "2025-01-01", every="month")]
    assert got == [(51, 3_215), (90, 3_754)]


def test_lives_of_subscriptions(each):
    rows_of = each.survival(AS_OF, of="subscriptions", times=[30, 90, 180, 365])
    assert [round(row["survival"], 6) for row in rows_of] == [.955166, .921519, .891011, .847334]
    summary = each.survival_summary(AS_OF, of="subscriptions")[0]
    assert (summary["n"], summary["events"], summary["median"]) == (5_000, 486, None)


def test_lives_of_accounts(subscriptions):
    """Three accounts churn on the day of their signup: a life of no day to the source, no customer to the library."""
    store, signup, first = churn.Store(time_zone="UTC"), {}, {}
    for row in rows(FOLDER / "ravenstack_accounts.csv"):
        signup[row["account_id"]] = row["signup_date"]
        store.add_customer(row["account_id"], since=midnight(row["signup_date"]))
    for row in rows(FOLDER / "ravenstack_churn_events.csv"):
        first[row["account_id"]] = min(first.get(row["account_id"], "9"), row["churn_date"])
        store.add_churn(row["account_id"], at=midnight(row["churn_date"]), kind="voluntary", reason=row["reason_code"])
    engine = churn.Engine(churn.Playbook.parse(BOOK % "record"), store)
    assert sum(signup[account] == day for account, day in first.items()) == 3
    assert engine.survival_summary(AS_OF)[0]["n"] == 497
    got = [row["survival"] * 497 / 500 for row in engine.survival(AS_OF, times=[30, 90, 180, 365])]
    assert [round(value, 6) for value in got] == [.817021, .615901, .470010, .287344]
    before, at = (row["survival"] * 497 / 500 for row in engine.survival(AS_OF, times=[150, 151]))
    assert at <= .5 < before  # the median of the source is 151 days

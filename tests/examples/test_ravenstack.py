# SPDX-License-Identifier: MIT
"""The RavenStack review against the numbers that come with the data, and against a second, slow and
obvious computation of every metric and score of its playbook.

Nothing of the computation comes from the library: csv, datetime and the rules as the documentation
states them.
"""
import csv
import math
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest
from programs import ROOT, SHARED, python

FOLDER = SHARED / "data" / "ravenstack"
PLAYBOOK = ROOT / "examples" / "playbooks" / "ravenstack.yaml"
PROGRAM = ROOT / "examples" / "ravenstack.py"
TABLES = ("accounts", "subscriptions", "feature_usage", "support_tickets", "churn_events")
DATES = ("2024-07-01", "2025-01-01")
MRR = {"2023-06-30": 242_921, "2023-12-31": 1_262_113, "2024-06-30": 3_833_405, "2024-12-31": 10_159_608}

pytestmark = pytest.mark.skipif(not (FOLDER / "ravenstack_accounts.csv").exists(),
                                reason=f"the RavenStack data are not in {FOLDER}")

churn = pytest.importorskip("churn")
sys.path.insert(0, str(ROOT / "examples"))


def day(text):
    return datetime.fromisoformat(text)


def clock(text):
    """An instant, the hour perhaps without its zero."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M")


def days(count):
    return timedelta(days=count)


def whole_days(span):
    return float(span // days(1))


# ---- the second computation ----

class Account:
    """One account with its records, as plain Python."""

    def __init__(self, row):
        self.id = row["account_id"]
        self.since = day(row["signup_date"])
        self.flag = row["churn_flag"] == "TRUE"
        self.uses = []  # (at, beta, count, errors)
        self.subscriptions = []  # (start, end or None, trial, mrr, seats)
        self.tickets = []  # (opened, closed)
        self.ratings = []  # (at, score)
        self.losses = []  # at

    def mrr_at(self, at):
        if not any(start <= at for start, *_ in self.subscriptions):
            return None
        return float(sum(mrr for start, end, trial, mrr, _ in self.live(at) if not trial))

    def live(self, at):
        return [sub for sub in self.subscriptions
                if sub[0] <= at and (sub[1] is None or sub[1] > at)]

    def pays_at(self, at):
        return any(not trial for _, _, trial, _, _ in self.live(at))

    def used(self, begin, end, clip=True):
        begin = max(begin, self.since) if clip else begin
        return [use for use in self.uses if begin <= use[0] < end]

    def trend(self, at):
        begins = [begin for begin in (at - days(30 * n) for n in range(6, 0, -1)) if begin >= self.since]
        counts = [len(self.used(begin, begin + days(30))) for begin in begins]
        if len(counts) < 3 or sum(counts) == 0:
            return None
        centre, mean = (len(counts) - 1) / 2, sum(counts) / len(counts)
        slope = (sum((i - centre) * count for i, count in enumerate(counts))
                 / sum((i - centre) ** 2 for i in range(len(counts))))
        return slope / mean

    def metrics(self, at):
        recent = self.used(at - days(90), at)
        uses = float(sum(count for _, _, count, _ in recent))
        errors = float(sum(count for _, _, _, count in recent))
        before = None
        if at - days(180) >= self.since:
            before = float(sum(use[2] for use in self.used(at - days(180), at - days(90))))
        ever = [use[0] for use in self.uses if use[0] < at]
        opened = [ticket for ticket in self.tickets if ticket[0] < at]
        open_now = [ticket[0] for ticket in opened if ticket[1] > at]
        since_30 = max(at - days(30), self.since)
        rated = max((rating for rating in self.ratings if rating[0] < at), default=None)
        mrr, mrr_before = self.mrr_at(at), self.mrr_at(at - days(90))
        seats = float(sum(sub[4] for sub in self.live(at))) if mrr is not None else None
        return {
            "uses_90d": uses,
            "uses_before": before,
            "usage_change": None if before is None or before < 20 else (uses - before) / before,
            "active_days_90d": float(len({use[0] for use in recent})),
            "days_since_use": whole_days(at - (max(ever) if ever else self.since)),
            "busiest_90d": max((float(use[2]) for use in recent), default=None),
            "beta_90d": float(sum(use[1] for use in recent)),
            "usage_trend": self.trend(at),
            "errors_90d": errors,
            "error_rate": errors / uses if uses >= 10 else None,
            "open_tickets": float(len(open_now)),
            "oldest_ticket": (at - min(open_now)) / days(1) if open_now else 0.0,
            "tickets_30d": float(sum(since_30 <= ticket[0] for ticket in opened)),
            "csat": rated[1] if rated and rated[0] >= at - days(180) else None,
            "mrr": mrr,
            "mrr_before": mrr_before,
            "mrr_change": (None if mrr is None or mrr_before is None or mrr_before < 100
                           else (mrr - mrr_before) / mrr_before),
            "paid_seats": seats,
            "price_per_seat": mrr / seats if seats else None,
            "age": whole_days(at - self.since),
            "flagged": self.flag if at >= day("2024-12-31") else None,
        }


def line(points, value):
    """On straight lines between points, flat beyond the first and the last."""
    if value <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return points[-1][1]


def stair(points, value):
    return [y for x, y in points if x <= value][-1]


HEALTH = [
    (45, [("uses_90d", 2, line, [(0, 0), (20, 40), (60, 80), (100, 100)]),
          ("days_since_use", 2, line, [(7, 100), (30, 50), (60, 0)]),
          ("usage_trend", 1, line, [(-0.3, 0), (0, 60), (0.2, 100)])]),
    (15, [("error_rate", 1, line, [(0, 100), (0.05, 60), (0.2, 0)])]),
    (15, [("oldest_ticket", 1, line, [(0, 100), (1, 60), (3, 0)]),
          ("tickets_30d", 1, stair, [(0, 100), (1, 80), (2, 40), (3, 0)])]),
    (10, [("csat", 1, line, [(1, 0), (3, 30), (4, 70), (5, 100)])]),
    (15, [("mrr_change", 1, line, [(-0.5, 0), (0, 60), (0.5, 100)])]),
]


def health(metrics):
    """Score, band and coverage; what is missing leaves its weight to the rest of its group, and a
    group of which all is missing leaves its to the other groups."""
    points = weights = known = 0.0
    for weight, factors in HEALTH:
        there = [(w, curve(shape, metrics[name])) for name, w, curve, shape in factors
                 if metrics[name] is not None]
        if there:
            points += weight * sum(w * y for w, y in there) / sum(w for w, _ in there)
            weights += weight
            known += weight * sum(w for w, _ in there) / sum(factor[1] for factor in factors)
    coverage = known / sum(weight for weight, _ in HEALTH)
    if coverage < 0.5:
        return None, "unknown", coverage
    score = points / weights
    if metrics["mrr"] == 0:
        score = min(score, 40)
    return score, "green" if score >= 70 else "yellow" if score >= 45 else "red", coverage


def rows(name):
    with open(FOLDER / f"ravenstack_{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def accounts():
    accounts = {row["account_id"]: Account(row) for row in rows("accounts")}
    owners = {}
    for row in rows("subscriptions"):
        owners[row["subscription_id"]] = account = accounts[row["account_id"]]
        account.subscriptions.append((
            day(row["start_date"]), day(row["end_date"]) if row["end_date"] else None,
            row["is_trial"] == "TRUE", int(row["mrr_amount"]), int(row["seats"])))
    for row in rows("feature_usage"):
        owners[row["subscription_id"]].uses.append((
            day(row["usage_date"]), row["is_beta_feature"] == "True", int(row["usage_count"]),
            int(row["error_count"])))
    for row in rows("support_tickets"):
        account, closed = accounts[row["account_id"]], clock(row["closed_at"])
        account.tickets.append((day(row["submitted_at"]), closed))
        if row["satisfaction_score"]:
            account.ratings.append((closed, float(row["satisfaction_score"])))
    for row in rows("churn_events"):
        accounts[row["account_id"]].losses.append(day(row["churn_date"]))
    return accounts


# ---- the library ----

class Loaded:
    def __init__(self):
        import ravenstack
        self.program = ravenstack
        self.playbook = churn.Playbook.load(PLAYBOOK)
        self.store, self.load = ravenstack.open_store(self.playbook, FOLDER)
        self.engine = churn.Engine(self.playbook, self.store)


@pytest.fixture(scope="module")
def loaded():
    return Loaded()


@pytest.fixture(scope="module")
def printed():
    return python(PROGRAM, FOLDER).decode()


def same(got, wanted):
    if got is None or wanted is None:
        return got is wanted
    return got == wanted or (not isinstance(wanted, bool)
                             and math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-12))


# ---- tests ----

def test_the_playbook_passes_its_tests():
    playbook = churn.Playbook.load(PLAYBOOK)
    report = playbook.test()
    assert not playbook.warnings
    assert report, str(report)
    assert report.passed >= 30


def test_every_row_is_loaded(loaded):
    counts = {(table, what): (report.seen, report.added, report.rejected)
              for table, _, what, report in loaded.load.reports}
    assert counts == {
        ("accounts", "accounts"): (500, 500, 0),
        ("accounts", "churn_flag"): (500, 500, 0),
        ("subscriptions", "subscriptions"): (5000, 5000, 0),
        ("feature_usage", "use, beta_use"): (25000, 25000, 0),
        ("feature_usage", "error"): (7731, 7731, 0),
        ("support_tickets", "tickets"): (2000, 2000, 0),
        ("support_tickets", "ratings"): (1175, 1175, 0),
        # Two records of one account on one day are one loss.
        ("churn_events", "losses as recorded"): (600, 599, 0),
    }
    assert loaded.load.odd_usage() == (19_142, 290, 13_198)


def test_mrr_at_the_four_dates_is_what_the_data_say(loaded, accounts):
    for date, expected in MRR.items():
        figure = loaded.program.company(loaded.engine, "mrr", date, date)
        metrics = loaded.engine.metrics(date)
        assert figure == expected
        assert sum(value for value in metrics["mrr"] if value is not None) == expected
        assert sum(account.mrr_at(day(date)) or 0 for account in accounts.values()) == expected
        paying = sum(account.pays_at(day(date)) for account in accounts.values())
        assert loaded.program.company(loaded.engine, "customers", date, date) == paying


def test_retention_of_2024_is_what_the_data_say(loaded):
    table = loaded.engine.kpi(["nrr", "grr", "logo_churn"], "2024-01-01", "2025-01-01",
                              as_of="2025-01-01")
    nrr, grr, logo_churn = table["value"]
    assert round(nrr * 100, 2) == 292.27
    assert round(grr * 100, 2) == 99.59
    assert logo_churn == 0
    assert table["denominator"] == [1_262_113, 1_262_113, 185]


def test_the_mean_rating_is_what_the_data_say(loaded):
    ratings = loaded.load.ratings()
    assert round(ratings["mean"], 5) == 3.98128
    assert ratings["answers"] == 1175


def test_flags_records_and_subscriptions_disagree_as_the_data_say(loaded, accounts):
    as_of = loaded.playbook.time("2025-01-01")
    says = loaded.program.who_is_lost(loaded.load, loaded.engine, as_of)
    assert [sum(map(bool, column)) for column in zip(*says.values())] == [110, 352, 75, 0]
    for account in accounts.values():
        last = max(account.losses, default=None)
        began = [start for start, end, trial, _, _ in account.subscriptions
                 if not trial and start != end]
        holds = last is not None and not any(start > last for start in began)
        assert says[account.id] == (account.flag, len(account.losses), holds, False)


@pytest.mark.parametrize("date", DATES)
def test_metrics_are_those_of_a_second_computation(loaded, accounts, date):
    got = {row["customer"]: row for row in loaded.engine.metrics(date)}
    expected = {account.id: account.metrics(day(date)) for account in accounts.values()
                if account.since <= day(date)}
    assert got.keys() == expected.keys()
    assert len(got) == {"2024-07-01": 348, "2025-01-01": 500}[date]
    wrong = [(customer, name, got[customer][name], value)
             for customer, metrics in expected.items() for name, value in metrics.items()
             if not same(got[customer][name], value)]
    assert not wrong, wrong[:10]
    known = Counter(name for metrics in expected.values() for name, value in metrics.items()
                    if value is not None)
    assert len(known) >= 20 and min(known.values()) >= 50, known  # or nothing was compared


@pytest.mark.parametrize("date", DATES)
def test_scores_are_those_of_a_second_computation(loaded, accounts, date):
    got = {row["customer"]: row for row in loaded.engine.scores(date, score="health")}
    bands = Counter()
    for account in accounts.values():
        if account.since > day(date):
            continue
        score, band, coverage = health(account.metrics(day(date)))
        row = got[account.id]
        bands[band] += 1
        assert row["band"] == band, account.id
        assert math.isclose(row["coverage"], coverage, abs_tol=1e-6), account.id
        assert score is None or math.isclose(row["value"], score, abs_tol=1e-6), account.id
    assert bands["green"] > 100 and bands["yellow"] > 50 and bands["red"] >= 10


def test_explanations_add_up_to_the_score(loaded):
    scores = {row["customer"]: row["value"] for row in loaded.engine.scores(DATES[1], score="health")}
    for customer, score in list(scores.items())[:50]:
        lines = loaded.engine.explain(customer, DATES[1], score="health")
        micro = [round(row["contribution"] * 1e6) for row in lines if row["kind"] != "missing"]
        assert sum(micro) == round(score * 1e6)


def test_months_are_those_of_a_second_computation(loaded, accounts):
    starts = [datetime(2024, month, 1) for month in range(1, 13)] + [datetime(2025, 1, 1)]
    names = ["customers", "mrr", "logo_churn", "grr", "nrr"]
    got = defaultdict(dict)
    for row in loaded.engine.kpi(names, "2024-01-01", "2025-01-01", every="month", as_of="2025-01-01"):
        got[row["period_start"].replace(tzinfo=None)][row["kpi"]] = row["value"]
    for start, end in zip(starts, starts[1:]):
        # Just before an instant: what begins at it is not there yet, what ends at it still is.
        just = timedelta(microseconds=1)
        before, after = start - just, end - just
        paying = [account for account in accounts.values() if account.pays_at(before)]
        cohort = sum(account.mrr_at(before) for account in paying)
        kept = sum(min(account.mrr_at(before), account.mrr_at(after)) for account in paying)
        now = sum(account.mrr_at(after) for account in paying)
        expected = {
            "customers": sum(account.pays_at(after) for account in accounts.values()),
            "mrr": sum(account.mrr_at(after) or 0 for account in accounts.values()),
            "logo_churn": sum(not account.pays_at(after) for account in paying) / len(paying),
            "grr": kept / cohort,
            "nrr": now / cohort,
        }
        for name in names:
            assert same(got[start][name], expected[name]), (start, name)


def test_what_is_printed(printed):
    for part in ("RECORDS", "FIGURES", "WHO IS LOST?", "CUSTOMERS BY health", "AT RISK, BY VALUE",
                 "ACTIONS WAITING", "TWELVE MONTHS, in USD"):
        assert f"\n{part}" in f"\n{printed}", part
    for date, mrr in MRR.items():
        assert f"{date}   MRR {mrr:>10,}.00" .replace(" ", "") in printed.replace(" ", "")
    for text in ("NRR of 2024: 292.27%", "GRR of 2024: 99.59%", "mean CSAT: 3.98128 of 1,175 ratings",
                 "110 by the account's flag, 352 by churn records, 0 by subscriptions",
                 "disagree about 387 of 500 customers", "19,142 rows of usage fall before"):
        assert text in printed
    assert sum(text.endswith(("  live", "  ended")) for text in printed.splitlines()) == 20
    assert "  and 367 more\n" in printed
    assert "\n10. A-" in printed
    assert printed.count("= score") == 10


def test_a_run_from_a_state_prints_the_same(printed, tmp_path):
    state = ["--state", tmp_path / "state", "--from", "2024-01-01"]
    python(PROGRAM, FOLDER, *state, "--as-of", "2024-10-01")
    assert python(PROGRAM, FOLDER, *state).decode() == printed


def test_the_order_of_rows_does_not_matter(printed, tmp_path):
    for name in TABLES:
        header, *lines = (FOLDER / f"ravenstack_{name}.csv").read_bytes().splitlines(keepends=True)
        (tmp_path / f"ravenstack_{name}.csv").write_bytes(header + b"".join(reversed(lines)))
    assert python(PROGRAM, tmp_path).decode() == printed


def test_a_folder_without_the_data_is_an_error(tmp_path):
    with pytest.raises(AssertionError, match="ravenstack_accounts.csv"):
        python(PROGRAM, tmp_path)

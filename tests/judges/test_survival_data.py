# SPDX-License-Identifier: MIT
"""Survival of public data sets, to the digits that their makers and two other programs printed."""
import csv
import datetime
import gzip
import math

import pytest

churn = pytest.importorskip("churn")
from churn import statistics  # noqa: E402
from shared_data import SHARED  # noqa: E402

DATA = SHARED / "data"


def rows_of(folder, name, delimiter=","):
    path = DATA / folder / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def close(value, printed):
    """Within half a unit of the last digit that is printed."""
    digits = len(printed.partition(".")[2])
    assert abs(value - float(printed)) <= 0.5000001 * 10 ** -digits, f"{value} beside {printed}"


def at(time, event, times, **more):
    return statistics.survival(time, event, times=times, **more).column("survival")


def chi2(time, event, group, **more):
    row = statistics.survival_test(time, event, group, **more).row(0)
    return row["chi2"], row["p"]


def columns(rows, *names):
    return [[float(row[name]) for row in rows] for name in names]


# ---- data sets of lifelines ----

def test_waltons():
    rows = rows_of("survival", "waltons_dataset.csv")
    time, event = columns(rows, "T", "E")
    group = [row["group"] for row in rows]
    summary = statistics.survival_summary(time, event).row(0)
    assert (summary["n"], summary["events"], summary["median"]) == (163, 156, 56)
    medians = {row["group"]: row["median"] for row in statistics.survival_summary(time, event, group=group).to_dicts()}
    assert medians == {"control": 58, "miR-137": 26}
    curve = statistics.survival(time, event, times=[20, 40, 60])
    for value, printed in zip(curve.column("survival"), (".913650", ".777837", ".311524"), strict=True):
        close(value, printed)
    close(curve.column("se")[1], ".032657")
    close(chi2(time, event, group)[0], "122.2491")


def test_lung():
    rows = rows_of("survival", "lung.csv")
    time, event = columns(rows, "time", "status")
    summary = statistics.survival_summary(time, event, interval="log").row(0)
    assert (summary["n"], summary["events"], summary["median"]) == (228, 165, 310)
    assert (summary["median_low"], summary["median_high"]) == (285, 363)
    log_log = statistics.survival_summary(time, event).row(0)
    assert (log_log["median_low"], log_log["median_high"]) == (284, 361)
    for value, printed in zip(at(time, event, [30, 90, 180, 365]), (".956140", ".881579", ".721671", ".409242"), strict=True):
        close(value, printed)
    sex = [row["sex"] for row in rows]
    close(chi2(time, event, sex)[0], "10.326741954886")
    by_sex = statistics.survival_summary(time, event, group=sex, interval="log").to_dicts()
    assert [(row["median"], row["median_low"], row["median_high"]) for row in by_sex] == [(270, 212, 310), (426, 348, 550)]


def test_lung_by_ecog():
    """therneau/survival, tests/Examples/survival-Ex.Rout.save."""
    rows = [row for row in rows_of("survival", "lung.csv") if row["ph.ecog"] and float(row["ph.ecog"]) < 3]
    time, event = columns(rows, "time", "status")
    ecog = [int(float(row["ph.ecog"])) for row in rows]
    table = statistics.survival_summary(time, event, group=ecog, interval="log", horizon=730)
    found = table.to_dicts()
    assert [(row["median"], row["median_low"], row["median_high"]) for row in found] == \
        [(394, 348, 574), (306, 268, 429), (199, 156, 288)]
    assert [(row["q25"], row["median"], row["q75"]) for row in found] == [(285, 394, 655), (181, 306, 550), (105, 199, 351)]
    for row, (mean, se) in zip(found, (("429", "32.2"), ("366", "22.4"), ("256", "30.0")), strict=True):
        close(row["restricted_mean"], mean)
        close(row["rm_se"], se)


def test_others_of_lifelines():
    rossi = rows_of("survival", "rossi.csv")
    time, event = columns(rossi, "week", "arrest")
    assert (len(time), sum(event)) == (432, 114)
    close(at(time, event, [52])[0], ".736111")
    larynx = rows_of("survival", "larynx.csv")
    time, event = columns(larynx, "time", "death")
    assert sum(event) == 50
    for value, printed in zip(at(time, event, [1, 5]), (".844444", ".531260"), strict=True):
        close(value, printed)
    time, event = columns(rows_of("survival", "regression.csv"), "T", "E")
    summary = statistics.survival_summary(time, event).row(0)
    assert summary["events"] == 189
    close(summary["median"], "9.2207")
    dd = rows_of("survival", "dd.csv")
    time, event = columns(dd, "duration", "observed")
    summary = statistics.survival_summary(time, event).row(0)
    assert (summary["n"], summary["events"], summary["median"]) == (1808, 1468, 4)
    close(chi2(time, event, [row["regime"] for row in dd])[0], "322.5991")
    time, event = columns(rows_of("survival", "kidney_transplant.csv"), "time", "death")
    assert (len(time), sum(event)) == (863, 140)
    close(at(time, event, [365])[0], ".919704")
    gbsg2 = rows_of("survival", "gbsg2.csv")
    time, event = columns(gbsg2, "time", "cens")
    summary = statistics.survival_summary(time, event).row(0)
    assert (summary["events"], summary["median"]) == (299, 1807)
    close(chi2(time, event, [row["horTh"] for row in gbsg2])[0], "8.5648")
    lymphoma = rows_of("survival", "lymphoma.csv")
    time, event = columns(lymphoma, "Time", "Censor")
    value, p = chi2(time, event, [row["Stage_group"] for row in lymphoma])
    close(value, "6.70971")
    close(p, "0.0096")
    g3 = rows_of("survival", "g3.csv")
    time = [float(row["time"]) for row in g3]
    event = [int(row["event"].strip().lower() in ("true", "1")) for row in g3]
    value, p = chi2(time, event, [row["group"] for row in g3])
    close(value, "6.0629")
    close(p, "0.0138")


def test_stanford_heart_enters_late():
    """Whoever enters late is not at risk before: beside a count by hand."""
    rows = rows_of("survival", "stanford_heart.csv")
    start, stop, event = columns(rows, "start", "stop", "event")
    for row in statistics.survival(stop, event, entry=start).to_dicts():
        assert row["n_risk"] == sum(a < row["time"] <= b for a, b in zip(start, stop))
        assert row["n_event"] == sum(b == row["time"] and e > 0 for b, e in zip(stop, event))


# ---- tests of groups that were published ----

def test_bs704():
    """SciPy's logrank and Boston University's BS704."""
    first = [8, 12, 26, 14, 21, 27, -8, -32, -20, -40]
    second = [33, 28, 41, -48, -48, -25, -37, -48, -25, -43]
    time = [abs(t) for t in first + second]
    event = [int(t > 0) for t in first + second]
    value, p = chi2(time, event, [1] * len(first) + [2] * len(second))
    close(value, "6.91598157449")
    close(p, "0.008542873404")


LEUKAEMIA = ([6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35],
             [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])


@pytest.mark.parametrize("test, printed", [("log-rank", "16.792940989217"), ("gehan", "13.457852049631"),
                                           ("tarone-ware", "15.123575301873"), ("peto", "14.084139866857")])
def test_leukaemia_of_kleinbaum_and_klein(test, printed):
    treated, placebo = LEUKAEMIA
    time = [abs(t) for t in treated + placebo]
    event = [int(t > 0) for t in treated + placebo]
    close(chi2(time, event, [0] * 21 + [1] * 21, test=test)[0], printed)


# ---- customers ----

def test_telco():
    rows = rows_of("telco_ibm", "Telco-Customer-Churn.csv")
    time = [int(row["tenure"]) for row in rows]
    event = [int(row["Churn"] == "Yes") for row in rows]
    assert (len(rows), sum(event)) == (7043, 1869)
    times = [1, 6, 12, 24, 36, 48, 60, 72]
    printed = ".945961 .884826 .843200 .788736 .748545 .708840 .664404 .592790".split()
    for value, text in zip(at(time, event, times), printed, strict=True):
        close(value, text)
    monthly = [i for i, row in enumerate(rows) if row["Contract"] == "Month-to-month"]
    values = at([time[i] for i in monthly], [event[i] for i in monthly], [12, 24, 72])
    for value, text in zip(values, (".7031", ".5859", ".1290"), strict=True):
        close(value, text)


def days(text):
    return datetime.date.fromisoformat(text).toordinal()


def test_ravenstack():
    end = days("2024-12-31")
    subscriptions = rows_of("ravenstack", "ravenstack_subscriptions.csv")
    time = [days(row["end_date"] or "2024-12-31") - days(row["start_date"]) for row in subscriptions]
    event = [int(row["end_date"] != "") for row in subscriptions]
    times = [30, 90, 180, 365]
    for value, text in zip(at(time, event, times), (".955166", ".921519", ".891011", ".847334"), strict=True):
        close(value, text)
    assert statistics.survival_summary(time, event).row(0)["median"] is None
    first = {}
    for row in rows_of("ravenstack", "ravenstack_churn_events.csv"):
        day = days(row["churn_date"])
        first[row["account_id"]] = min(day, first.get(row["account_id"], day))
    accounts = rows_of("ravenstack", "ravenstack_accounts.csv")
    time = [first.get(row["account_id"], end) - days(row["signup_date"]) for row in accounts]
    event = [int(row["account_id"] in first) for row in accounts]
    for value, text in zip(at(time, event, times), (".817021", ".615901", ".470010", ".287344"), strict=True):
        close(value, text)
    assert statistics.survival_summary(time, event).row(0)["median"] == 151


def test_socialnet7():
    end = "2020-06-01"
    first, last = {}, {}
    for row in rows_of("fightchurn_socialnet7", "subscription.csv"):
        account = row["account_id"]
        first[account] = min(row["start_date"], first.get(account, row["start_date"]))
        last[account] = max(row["end_date"], last.get(account, row["end_date"]))
    event = [int(last[account] <= end) for account in first]
    assert (len(first), sum(event)) == (1470, 155)
    time = [days(min(last[account], end)) - days(first[account]) for account in first]
    for value, text in zip(at(time, event, [31, 62, 90, 180]), (".927439", ".902869", ".901972"), strict=False):
        close(value, text)
    assert max(time) == 152 and at(time, event, [180]) == [None]  # nobody was watched for longer
    close(statistics.survival_summary(time, event).row(0)["survival"], ".876870")


def test_fader_hardie():
    """A cohort that was followed without censoring: the survival is the share of the paper's table."""
    rows = rows_of("fader_hardie_sbg", "survival_percent.csv")
    for name in ("high_end_pct", "regular_pct"):
        left = [float(row[name]) for row in rows]
        lost = [a - b for a, b in zip(left, left[1:])]
        time, event = list(range(1, len(left))) + [len(left) - 1], [1] * len(lost) + [0]
        values = at(time, event, range(1, len(left)), weight=[*lost, left[-1]])
        assert all(math.isclose(value, pct / 100, rel_tol=1e-12) for value, pct in zip(values, left[1:]))

# SPDX-License-Identifier: MIT
"""Every survival number that R's package computed of its own data sets, to 1e-9; and published ones to their digits."""
import csv
import json
import math

import pytest

churn = pytest.importorskip("churn")
from churn import statistics  # noqa: E402
from shared_data import SHARED  # noqa: E402

GOLDEN = SHARED / "golden" / "survival"
if not (GOLDEN / "golden.json").exists():
    pytest.skip(f"golden.json is not in {GOLDEN}", allow_module_level=True)
TRUTH = json.loads((GOLDEN / "golden.json").read_text())
NONE = float("nan")


def table(name):
    with open(GOLDEN / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(rows, name):
    return [float(row[name]) for row in rows]


def texts(rows, name):
    return None if name is None else [row[name] for row in rows]


def near(got, want, what):
    assert len(got) == len(want), what
    for row, (mine, theirs) in enumerate(zip(got, want)):
        if mine is None or theirs is None:
            assert mine is None and theirs is None, f"{what}, row {row}: {mine} beside {theirs}"
        else:
            assert math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9), f"{what}, row {row}: {mine} beside {theirs}"


# name: file, time, event, entry, weight, group
SETS = {
    "aml": ("aml", "time", "status", None, None, "x"),
    "aml_all": ("aml", "time", "status", None, None, None),
    "ovarian_rx": ("ovarian", "futime", "fustat", None, None, "rx"),
    "veteran_celltype": ("veteran", "time", "status", None, None, "celltype"),
    "veteran_all": ("veteran", "time", "status", None, None, None),
    "veteran_weighted_by_age": ("veteran", "time", "status", None, "age", None),
    "heart_entry_exit_by_transplant": ("heart", "stop", "event", "start", None, "transplant"),
    "mgus2_any_by_sex": ("mgus2", "etime", "kind", None, None, "sex"),
}


def arguments(name):
    file, time, event, entry, weight, group = SETS[name]
    rows = table(file)
    return (rows, numbers(rows, time), [int(float(row[event]) > 0) for row in rows],
            {"entry": None if entry is None else numbers(rows, entry),
             "weight": None if weight is None else numbers(rows, weight)}, texts(rows, group))


def order(golden, groups):
    """R's groups, in its order, which for factors is not that of their texts."""
    return [None] if not golden["strata"] else [key.partition("=")[2] for key in golden["strata"]]


def of_groups(result, names):
    """The rows of a result in another order of its groups."""
    return [row for name in names for row in result.to_dicts() if row["group"] == name]


@pytest.mark.parametrize("golden", TRUTH["kaplan_meier"], ids=lambda golden: golden["name"])
def test_curves_are_those_of_r(golden):
    rows, time, event, more, group = arguments(golden["name"])
    names = order(golden, group)
    for interval, truth in golden["ci"].items():
        result = statistics.survival(time, event, **more, group=group, interval=interval)
        mine = of_groups(result, names)
        for column, theirs in (("time", "time"), ("n_risk", "n_risk"), ("n_event", "n_event"), ("n_censored", "n_censor"),
                               ("survival", "survival"), ("cumulative_hazard", "cumhaz"), ("ch_se", "std_cumhaz")):
            near([row[column] for row in mine], golden[theirs], f"{golden['name']} {column}")
        se = [None if row["se"] is None else row["se"] / row["survival"] for row in mine]
        near(se, golden["std_err_log"], "se of log S")
        near([row["low"] for row in mine], truth["lower"], f"{interval} low")
        near([row["high"] for row in mine], truth["upper"], f"{interval} high")
        quantiles = of_groups(statistics.survival_quantiles(time, event, **more, group=group, interval=interval), names)
        near([row["time"] for row in quantiles], truth["quantile"], f"{interval} quantile")
        near([row["low"] for row in quantiles], truth["quantile_lower"], f"{interval} quantile low")
        near([row["high"] for row in quantiles], truth["quantile_upper"], f"{interval} quantile high")
        summary = of_groups(statistics.survival_summary(time, event, **more, group=group, interval=interval), names)
        near([row["median"] for row in summary], truth["quantile"][1::3], "median")
        near([row["q25"] for row in summary], truth["quantile"][0::3], "q25")
        near([row["q75"] for row in summary], truth["quantile"][2::3], "q75")
        near([row["median_low"] for row in summary], truth["quantile_lower"][1::3], "median low")
        near([row["median_high"] for row in summary], truth["quantile_upper"][1::3], "median high")
        if more["entry"] is None and more["weight"] is None:
            near([row["n"] for row in summary], golden["n"] if isinstance(golden["n"], list) else [golden["n"]], "n")


MEANS = {"aml by x": ("aml", ["Maintained", "Nonmaintained"]),
         "veteran by celltype": ("veteran_celltype", ["squamous", "smallcell", "adeno", "large"]),
         "mgus2 by sex": ("mgus2_any_by_sex", ["F", "M"])}


@pytest.mark.parametrize("golden", TRUTH["rmst"], ids=lambda golden: golden["name"])
def test_restricted_means_are_those_of_r(golden):
    name, names = MEANS[golden["name"]]
    rows, time, event, more, group = arguments(name)
    for value in golden["values"]:
        mine = of_groups(statistics.survival_summary(time, event, group=group, horizon=value["tau"]), names)
        near([row["restricted_mean"] for row in mine], value["rmean"], "mean")
        near([row["rm_se"] for row in mine], value["se"], "se")


TESTS = {"aml": ("aml", "time", "status", "x", None, ["Maintained", "Nonmaintained"]),
         "veteran_celltype": ("veteran", "time", "status", "celltype", None, ["squamous", "smallcell", "adeno", "large"]),
         "mgus2_sex": ("mgus2", "etime", "kind", "sex", None, ["F", "M"]),
         "veteran_trt_strata_celltype": ("veteran", "time", "status", "trt", "celltype", ["1", "2"])}


@pytest.mark.parametrize("golden", TRUTH["log_rank"], ids=lambda golden: f"{golden['name']}-{golden['rho']}")
def test_tests_are_those_of_r(golden):
    file, time, event, group, strata, names = TESTS[golden["name"]]
    rows = table(file)
    result = statistics.survival_test(numbers(rows, time), numbers(rows, event), texts(rows, group),
                                      strata=texts(rows, strata), test="fleming-harrington", rho=golden["rho"])
    mine = of_groups(result, names)
    near([row["observed"] for row in mine], golden["observed"], "observed")
    near([row["expected"] for row in mine], golden["expected"], "expected")
    near([row["n"] for row in mine], golden["n"], "n")
    near([mine[0]["chi2"], mine[0]["p"]], [golden["chisq"], golden["p"]], "chi2 and p")
    if golden["rho"] == 0:
        plain = statistics.survival_test(numbers(rows, time), numbers(rows, event), texts(rows, group),
                                         strata=texts(rows, strata)).to_dicts()
        near([plain[0]["chi2"]], [golden["chisq"]], "log-rank")


@pytest.mark.parametrize("which", ["all", "sex"])
def test_competing_risks_are_those_of_r(which):
    golden = TRUTH["aalen_johansen"][which]
    rows = table("mgus2")
    time, kind = numbers(rows, "etime"), [int(row["kind"]) for row in rows]
    group = texts(rows, "sex" if which == "sex" else None)
    result = statistics.competing_risks(time, kind, group=group).to_dicts()
    curve = statistics.survival(time, kind, group=group).to_dicts()
    near([row["survival"] for row in curve], [state[0] for state in golden["pstate"]], "still there")
    for number in (1, 2):
        mine = [row for row in result if row["kind"] == number]
        near([row["time"] for row in mine], golden["time"], "time")
        near([row["n_risk"] for row in mine], golden["n_risk"], "n_risk")
        near([row["incidence"] for row in mine], [state[number] for state in golden["pstate"]], f"incidence {number}")
        near([row["se"] for row in mine], [se[number] for se in golden["std_err"]], f"se {number}")


# ---- printed digits ----

def close(value, printed):
    """Within half a unit of the last digit that is printed."""
    digits = len(printed.partition(".")[2])
    assert abs(value - float(printed)) <= 0.5000001 * 10 ** -digits, f"{value} beside {printed}"


def test_start_stop_curve_of_therneau_and_grambsch():
    """survival's tests/survtest.R, test2."""
    start, stop = [1, 2, 5, 2, 1, 7, 3, 4, 8, 8], [2, 3, 6, 7, 8, 9, 9, 9, 14, 17]
    event = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    rows = statistics.survival(stop, event, entry=start).to_dicts()
    assert [row["n_risk"] for row in rows] == [2, 3, 5, 4, 4, 5, 2, 1]
    assert [row["n_event"] for row in rows] == [1, 1, 1, 1, 1, 2, 0, 0]
    near([row["survival"] for row in rows], [1 / 2, 1 / 3, 4 / 15, 1 / 5, 3 / 20, 9 / 100, 9 / 100, 9 / 100], "S")


def test_aml_as_r_3_8_prints_it():
    rows = [row for row in table("aml") if row["x"] == "Maintained"]
    curve = statistics.survival(numbers(rows, "time"), numbers(rows, "status"), interval="log").to_dicts()
    events = [row for row in curve if row["n_event"] > 0]
    near([row["survival"] for row in events],
         [.90909090909, .81818181818, .71590909091, .61363636364, .49090909091, .36818181818, .18409090909], "S")
    near([row["se"] for row in events], [.086678417204, .11629129983, .13966497056, .15263233103, .16419326722,
                                         .16266888583, .15349274579], "se")
    near([row["low"] for row in events], [.75413384508, .6192489874, .48842628742, .3768670595, .2548599512, .1548771179,
                                          .035917898489], "low")
    close(events[-1]["cumulative_hazard"], "1.4087662338")


def test_ovarian():
    rows = table("ovarian")
    curve = statistics.survival(numbers(rows, "futime"), numbers(rows, "fustat")).to_dicts()
    printed = ".962 .923 .885 .846 .808 .769 .731 .688 .642 .596 .546 .497".split()
    events = [row for row in curve if row["n_event"] > 0]
    for row, text in zip(events, printed, strict=True):
        close(row["survival"], text)
    close(events[0]["se"], ".0377")
    close(events[-1]["se"], ".1051")
    test = statistics.survival_test(numbers(rows, "futime"), numbers(rows, "fustat"), texts(rows, "rx")).to_dicts()
    close(test[0]["chi2"], "1.0627398613")
    close(test[0]["p"], ".30259111699")
    close(test[0]["expected"], "5.2335310171")
    close(test[1]["expected"], "6.7664689829")

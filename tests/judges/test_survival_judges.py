# SPDX-License-Identifier: MIT
"""Survival beside lifelines where it is installed, and what must hold of any data."""
import math
import random

import pytest

churn = pytest.importorskip("churn")
from churn import statistics  # noqa: E402


def sample(seed, n, kinds=1, fine=False, late=False):
    choose = random.Random(seed)
    rows = []
    for _ in range(n):
        time = choose.expovariate(0.02) if fine else choose.randrange(1, 60)
        entry = choose.uniform(0, time) if fine else choose.randrange(0, time)
        rows.append((time, choose.randrange(kinds + 1), entry if late and choose.random() < 0.6 else None,
                     choose.choice("abc"), choose.choice("xy"), choose.randrange(1, 5)))
    return [list(column) for column in zip(*rows)]


def near(mine, theirs, tolerance=1e-9):
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs):
        assert (a is None and b is None) or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance), f"{a} beside {b}"


SAMPLES = [(seed, fine, late) for seed in range(8) for fine in (False, True) for late in (False, True)]


@pytest.mark.parametrize("seed, fine, late", SAMPLES)
def test_lifelines_finds_the_same(seed, fine, late):
    lifelines = pytest.importorskip("lifelines")
    from lifelines.statistics import multivariate_logrank_test
    time, event, entry, group, _, weight = sample(seed, 200, fine=fine)
    fitter = lifelines.KaplanMeierFitter().fit(time, event, weights=weight, label="s")
    curve = statistics.survival(time, event, weight=weight)
    events = {row["time"]: row for row in curve.to_dicts()}
    low, high = (fitter.confidence_interval_[f"s_{end}_0.95"] for end in ("lower", "upper"))
    for t in fitter.survival_function_.index[1:]:
        near([events[t]["survival"]], [fitter.survival_function_.loc[t, "s"]])
        if 0 < events[t]["survival"] < 1:
            near([events[t]["low"], events[t]["high"]], [low[t], high[t]])
    for smooth, word in ((True, "fleming-harrington"), (False, "nelson-aalen")):
        hazard = lifelines.NelsonAalenFitter(nelson_aalen_smoothing=smooth).fit(time, event, label="h").cumulative_hazard_["h"]
        mine = {row["time"]: row["cumulative_hazard"] for row in statistics.survival(time, event, hazard=word).to_dicts()}
        near([mine[t] for t in hazard.index if t > 0], [h for t, h in hazard.items() if t > 0])
    theirs = multivariate_logrank_test(time, group, event)
    test = statistics.survival_test(time, event, group).row(0)
    near([test["chi2"], test["p"]], [theirs.test_statistic, theirs.p_value], 1e-8)
    for name, word in (("wilcoxon", "gehan"), ("tarone-ware", "tarone-ware"), ("peto", "peto")):
        theirs = multivariate_logrank_test(time, group, event, weightings=name)
        near([statistics.survival_test(time, event, group, test=word).row(0)["chi2"]], [theirs.test_statistic], 1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_lifelines_finds_the_same_of_competing_risks(seed):
    lifelines = pytest.importorskip("lifelines")
    import warnings
    time, event, *_ = sample(seed, 150, kinds=2, fine=True)  # it moves ties
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = lifelines.AalenJohansenFitter(calculate_variance=False).fit(time, event, event_of_interest=1)
    mine = [row["incidence"] for row in statistics.competing_risks(time, event).to_dicts() if row["kind"] == 1]
    near(mine, list(fitter.cumulative_density_.iloc[:, 0])[-len(mine):])


# ---- a slow twin ----

def slow_curve(time, event, entry, weight):
    """From the definitions, time by time."""
    survival, hazard, variance = 1.0, 0.0, 0.0
    for t in sorted(set(time)):
        at_risk = math.fsum(w for x, e, w in zip(time, entry, weight) if x >= t and (e is None or e < t))
        lost = math.fsum(w for x, d, w in zip(time, event, weight) if x == t and d)
        if lost:
            survival *= 1 - lost / at_risk
            hazard += lost / at_risk
            variance += lost / (at_risk * (at_risk - lost)) if at_risk > lost else math.inf
        yield t, at_risk, lost, survival, hazard, variance


@pytest.mark.parametrize("seed, fine, late", SAMPLES)
def test_twin_finds_the_same(seed, fine, late):
    time, event, entry, _, _, weight = sample(seed, 120, fine=fine, late=late)
    weight = [w / 3 for w in weight] if seed % 2 else weight
    rows = statistics.survival(time, event, entry=entry, weight=weight).to_dicts()
    for row, (t, at_risk, lost, survival, hazard, variance) in zip(rows, slow_curve(time, event, entry, weight), strict=True):
        near([row["time"], row["n_risk"], row["n_event"], row["cumulative_hazard"]], [t, at_risk, lost, hazard])
        if survival > 1e-9:
            near([row["survival"], row["se"]], [survival, survival * math.sqrt(variance)])


def slow_test(time, event, entry, group, stratum, weigh):
    """Observed and expected by group, time by time."""
    names = sorted(set(group))
    observed, expected = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for s in sorted(set(stratum)):
        rows = [(t, d, e, g) for t, d, e, g, z in zip(time, event, entry, group, stratum) if z == s]
        for t in sorted({t for t, d, _, _ in rows if d}):
            risk = {g: sum(x >= t and (e is None or e < t) for x, _, e, h in rows if h == g) for g in names}
            lost = {g: sum(x == t and d > 0 for x, d, _, h in rows if h == g) for g in names}
            n, d = sum(risk.values()), sum(lost.values())
            for g in names:
                observed[g] += weigh(n) * lost[g]
                expected[g] += weigh(n) * d * risk[g] / n
    return observed, expected


@pytest.mark.parametrize("seed, fine, late", SAMPLES[:12])
def test_twin_of_tests_finds_the_same(seed, fine, late):
    time, event, entry, group, stratum, _ = sample(seed, 90, fine=fine, late=late)
    for word, weigh in (("log-rank", lambda n: 1), ("gehan", lambda n: n), ("tarone-ware", math.sqrt)):
        observed, expected = slow_test(time, event, entry, group, stratum, weigh)
        rows = statistics.survival_test(time, event, group, strata=stratum, entry=entry, test=word).to_dicts()
        near([row["observed"] for row in rows], [observed[row["group"]] for row in rows])
        near([row["expected"] for row in rows], [expected[row["group"]] for row in rows])


# ---- what must hold ----

@pytest.mark.parametrize("seed, fine, late", SAMPLES)
def test_weights_are_repetition(seed, fine, late):
    time, event, entry, group, stratum, weight = sample(seed, 80, kinds=2, fine=fine, late=late)
    repeated = [[value for value, w in zip(column, weight) for _ in range(w)] for column in (time, event, entry, group, stratum)]
    more = {"entry": entry, "weight": weight, "group": group}
    many = {"entry": repeated[2], "group": repeated[3]}
    for ask in (statistics.survival, statistics.survival_summary, statistics.competing_risks):
        one, other = ask(time, event, **more).to_dicts(), ask(repeated[0], repeated[1], **many).to_dicts()
        assert len(one) == len(other)
        for a, b in zip(one, other):
            assert a.pop("group") == b.pop("group")
            near(list(a.values()), list(b.values()), 1e-11)
    one = statistics.survival_test(time, event, group, strata=stratum, entry=entry, weight=weight).row(0)
    other = statistics.survival_test(repeated[0], repeated[1], repeated[3], strata=repeated[4], entry=repeated[2]).row(0)
    near([one["chi2"], one["p"]], [other["chi2"], other["p"]])


@pytest.mark.parametrize("seed, fine, late", SAMPLES)
def test_order_of_rows_does_not_matter(seed, fine, late):
    time, event, entry, group, stratum, _ = sample(seed, 100, kinds=2, fine=fine, late=late)
    order = random.Random(seed).sample(range(100), 100)
    shuffled = [[column[i] for i in order] for column in (time, event, entry, group, stratum)]
    assert statistics.survival(time, event, entry=entry, group=group).to_dicts() == \
        statistics.survival(shuffled[0], shuffled[1], entry=shuffled[2], group=shuffled[3]).to_dicts()
    assert statistics.survival_test(time, event, group, strata=stratum, entry=entry).to_dicts() == \
        statistics.survival_test(shuffled[0], shuffled[1], shuffled[3], strata=shuffled[4], entry=shuffled[2]).to_dicts()


@pytest.mark.parametrize("seed, fine, late", SAMPLES)
def test_another_unit_of_time_changes_times_alone(seed, fine, late):
    """And whole numbers, which are counted, come to the same bits as others, which are sorted."""
    time, event, entry, group, _, weight = sample(seed, 100, kinds=2, fine=fine, late=late)
    half = [t / 128 for t in time], [None if e is None else e / 128 for e in entry]
    for ask in (statistics.survival, statistics.competing_risks):
        one = ask(time, event, entry=entry, group=group, weight=weight).to_dicts()
        other = ask(half[0], event, entry=half[1], group=group, weight=weight).to_dicts()
        assert [{**row, "time": row["time"] / 128} for row in one] == other
    one = statistics.survival_summary(time, event, entry=entry, group=group).to_dicts()
    other = statistics.survival_summary(half[0], event, entry=half[1], group=group).to_dicts()
    for a, b in zip(one, other, strict=True):
        near([a[key] / 128 for key in ("restricted_mean", "rm_se", "horizon")], [b[key] for key in ("restricted_mean", "rm_se", "horizon")])


def test_without_censoring_it_is_the_share_left():
    time = [random.Random(3).randrange(1, 40) for _ in range(200)]
    time = [(t * 7 + i) % 41 + 1 for i, t in enumerate(time)]
    for row in statistics.survival(time).to_dicts():
        assert math.isclose(row["survival"], sum(t > row["time"] for t in time) / 200, abs_tol=1e-12)


def test_incidences_add_up_to_what_is_lost():
    time, event, entry, *_ = sample(9, 300, kinds=3, late=True)
    curve = {row["time"]: row["survival"] for row in statistics.survival(time, event, entry=entry).to_dicts()}
    sums = dict.fromkeys(curve, 0.0)
    for row in statistics.competing_risks(time, event, entry=entry).to_dicts():
        sums[row["time"]] += row["incidence"]
    near([1 - value for value in curve.values()], list(sums.values()), 1e-12)


def test_one_kind_is_greenwood():
    time, event, *_ = sample(4, 200)
    curve = statistics.survival(time, event).to_dicts()
    risks = statistics.competing_risks(time, event).to_dicts()
    near([row["se"] for row in curve if 0 < row["survival"]], [row["se"] for row, c in zip(risks, curve) if c["survival"] > 0])


# ---- where columns come from ----

def test_every_library_gives_the_same():
    time, event, _, group, _, weight = sample(1, 50)
    expected = statistics.survival(time, event, weight=weight, group=group).to_dicts()
    for name in ("numpy", "pyarrow", "polars", "pandas"):
        library = pytest.importorskip(name)
        make = {"numpy": "asarray", "pyarrow": "array"}.get(name, "Series")
        columns = [getattr(library, make)(column) for column in (time, event, weight, group)]
        got = statistics.survival(columns[0], columns[1], weight=columns[2], group=columns[3])
        assert got.to_dicts() == expected, name
    numpy, pyarrow = pytest.importorskip("numpy"), pytest.importorskip("pyarrow")
    strided = numpy.asarray([[t, 0] for t in time])[:, 0]
    truths = pyarrow.chunked_array([[e > 0 for e in event[:20]], [e > 0 for e in event[20:]]])
    assert statistics.survival(strided, truths, weight=weight, group=group).to_dicts() == expected
    assert statistics.survival(numpy.asarray(time, dtype="float32"), event, weight=weight, group=group).to_dicts() == expected


def test_groups_are_texts_in_order():
    rows = statistics.survival_summary([1, 2, 3, 4, 5], group=[True, None, False, True, float("nan")]).to_dicts()
    assert [(row["group"], row["n"]) for row in rows] == [("false", 1), ("true", 2), (None, 2)]
    rows = statistics.survival_summary([1, 2, 3], group=[10, 9, 10]).to_dicts()
    assert [(row["group"], row["n"]) for row in rows] == [("10", 2), ("9", 1)]


def test_what_is_wrong_is_told():
    with pytest.raises(churn.RangeError, match="time must be") as caught:
        statistics.survival([1, 2, float("nan")])
    assert caught.value.row == 2
    with pytest.raises(churn.RangeError, match="time must be"):
        statistics.survival([1, None])
    with pytest.raises(churn.RangeError, match="entry must be"):
        statistics.survival([1, 2], entry=[0, 2])
    with pytest.raises(ValueError, match="rows"):
        statistics.survival([1, 2], [1])
    with pytest.raises(ValueError, match="interval"):
        statistics.survival([1], interval="loglog")
    with pytest.raises((TypeError, ValueError)):
        statistics.survival(["a"])
    with pytest.raises(churn.RangeError, match="successes"):
        statistics.proportion([3], [2])
    assert statistics.proportion(3, 10).row(0)["proportion"] == 0.3

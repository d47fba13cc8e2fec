# SPDX-License-Identifier: MIT
"""Anomalies, changes of level and drifts on arrays, beside numpy where it is there."""
from array import array
from math import inf, nan

import pytest

import churn


def columns(table, *names):
    return list(zip(*(table[name] for name in names)))


def test_change_points_of_any_sequence():
    values = [1.0, 1.0, 1.5, None, 9.0, 9.0, 9.5]
    expected = [(0, 4, 3), (4, 7, 3)]
    for given in (values, array("d", [nan if v is None else v for v in values]), (v for v in values)):
        assert columns(churn.change_points(given, penalty=1), "start", "end", "n") == expected
    assert len(churn.change_points([])) == 0


def test_change_points_beside_numpy():
    np = pytest.importorskip("numpy")
    dice = np.random.default_rng(5)
    values = dice.normal(size=200) + np.repeat([0.0, 3.0, 1.0, -4.0], 50)
    table = churn.change_points(values, min_size=5)
    assert [row[0] for row in columns(table, "start")] == pytest.approx([0, 50, 100, 150], abs=3)
    sigma = 1.482602218505602 * np.median(np.abs(np.diff(values))) / np.sqrt(2)
    for start, end, mean, rss, penalty in columns(table, "start", "end", "mean", "rss", "penalty"):
        part = values[start:end]
        assert mean == pytest.approx(part.mean(), abs=1e-12)
        assert rss == pytest.approx(((part - part.mean()) ** 2).sum(), rel=1e-10)
        assert penalty == pytest.approx(2 * sigma**2 * np.log(200), rel=1e-12)
    # float32 and strided arrays are copied
    assert columns(churn.change_points(values[::2].astype("f4"), min_size=5), "n")[0][0] == pytest.approx(25, abs=2)


def test_robust_limits_beside_numpy():
    np = pytest.importorskip("numpy")
    values = np.random.default_rng(7).normal(100, 5, size=60)
    rows = columns(churn.anomalies(values, everything=True, false_changes=None), "index", "expected", "score", "n", "p",
                   "low", "high", "threshold", "kind")
    for index, expected, score, n, p, low, high, threshold, kind in rows:
        if index < 8:
            assert (expected, score, p, kind) == (None,) * 4
            continue
        window = values[max(0, index - 36):index]
        median = np.median(window)
        scale = 1.482602218505602 * np.median(np.abs(window - median))
        assert n == len(window) and expected == pytest.approx(median, rel=1e-14)
        assert score == pytest.approx((values[index] - median) / scale, rel=1e-12)
        assert (p < threshold) == (not low <= values[index] <= high) == (kind is not None)
        assert threshold == 0.01


def test_cusum_of_montgomery_and_runger():
    values = [102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1, 101.3, 98.7, 101.1, 98.4, 97.0, 96.7,
              100.3, 101.4, 97.2, 101.0]
    rows = columns(churn.cusum(values, target=99, slack=1, limit=10), "above", "below", "alarm")
    assert max(row[0] for row in rows) == pytest.approx(2.0)
    assert max(row[1] for row in rows) == pytest.approx(3.2)
    assert {row[2] for row in rows} == {None}


def test_shares_and_refusals():
    lost, of = [0] * 13 + [3], [3] * 14
    found = churn.anomalies(lost, trials=of, kind="share")
    assert columns(found, "index", "kind", "direction") == [(13, "spike", "up")]
    with pytest.raises(ValueError, match="kind"):
        churn.anomalies([1], kind="other")
    with pytest.raises(ValueError, match="trials"):
        churn.anomalies([1, 2], kind="share", trials=[1])
    with pytest.raises(churn.RangeError):
        churn.anomalies([5], kind="share", trials=[1])
    with pytest.raises(churn.RangeError):
        churn.anomalies([-1], kind="count")
    with pytest.raises(churn.RangeError):
        churn.anomalies([1], false_alarms=0.9)
    with pytest.raises(churn.RangeError):
        churn.anomalies([1], history=3)
    with pytest.raises(churn.RangeError):
        churn.change_points([inf])
    with pytest.raises(churn.RangeError):
        churn.cusum([1], slack=-1)


@pytest.mark.parametrize("min_size", [1, 2, 5])
def test_change_points_beside_ruptures(min_size):
    np = pytest.importorskip("numpy")
    ruptures = pytest.importorskip("ruptures")
    dice = np.random.default_rng(11)
    for changes in (0, 1, 4):
        values = dice.normal(size=80) + np.repeat(dice.normal(0, 3, size=changes + 1), -(-80 // (changes + 1)))[:80]
        table = churn.change_points(values, min_size=min_size, penalty=12.0)
        ends, ours = list(table["end"]), sum(table["rss"])
        # the best split into as many stretches, by dynamic programming
        exact = ruptures.Dynp(model="l2", min_size=min_size, jump=1).fit(values).predict(n_bkps=len(ends) - 1)
        assert ends == exact
        # the best number of them: its PELT prunes too early with a min_size, so it is no better than ours
        theirs = ruptures.Pelt(model="l2", min_size=min_size, jump=1).fit(values).predict(pen=12.0)
        cost = ruptures.costs.CostL2().fit(values).sum_of_costs(theirs) + 12.0 * (len(theirs) - 1)
        assert ours + 12.0 * (len(ends) - 1) <= cost + 1e-9
        if min_size == 1:
            assert ends == theirs

# SPDX-License-Identifier: MIT
"""Survival, and intervals of proportions, of your own arrays: lists, numpy, pyarrow, polars, pandas.

    >>> from churn import statistics
    >>> statistics.survival([5, 6, 6, 9], [1, 0, 1, 1]).column("survival")
    [0.75, 0.5, 0.0]
"""
from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, Literal, Union

from . import _core
from ._asking import share as _share
from ._asking import word as _which
from .table import Table

__all__ = ["Interval", "Test", "competing_risks", "poisson_rate", "proportion", "proportion_difference", "survival",
           "survival_quantiles", "survival_summary", "survival_test"]

#: How intervals of a curve are made: on which scale its standard error is added.
Interval = Literal["log-log", "log", "plain"]
#: How a test weighs differences over time.
Test = Literal["log-rank", "gehan", "tarone-ware", "peto", "fleming-harrington"]
Numbers = Any
Whole = Union[int, Iterable[int]]

_INTERVALS = {"log-log": 0, "log": 1, "plain": 2}
_ESTIMATORS = {"kaplan-meier": 0, "fleming-harrington": 1}
_HAZARDS = {"nelson-aalen": 0, "fleming-harrington": 1}
_TESTS = {"log-rank": 0, "gehan": 1, "tarone-ware": 2, "peto": 3, "fleming-harrington": 4}
_METHODS = {"wilson": 0, "clopper-pearson": 1, "jeffreys": 2}
_NOBODY = 0xFFFFFFFF
_MISSING = float("nan")


def _floats(values: Iterable[Any]) -> array[float]:
    return array("d", [_MISSING if _is_nothing(value) else float(value) for value in values])


def _plain(values: Any) -> Any:
    """What numpy can show of a column without copying; otherwise its values."""
    if hasattr(values, "to_numpy"):
        try:
            library = type(values).__module__.partition(".")[0]
            values = values.to_numpy(zero_copy_only=False) if library == "pyarrow" else values.to_numpy()
        except ImportError:  # without numpy
            values = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    if getattr(getattr(values, "dtype", None), "kind", None) == "O":
        values = values.tolist()
    return values


def _numbers(values: Numbers) -> Any:
    if values is None:
        return None
    values = _plain(values)
    try:
        view = memoryview(values)
    except TypeError:
        return _floats(values)
    if view.ndim == 1 and not view.c_contiguous:
        return _floats(view.tolist())
    return values


def _series(values: Any, name: str) -> Any:
    """Doubles in one piece where they stand (numpy, array, what has no gaps); anything else is copied."""
    values = _plain(values)
    try:
        view = memoryview(values)
    except TypeError:
        return _floats(values)
    if view.ndim != 1:
        raise TypeError(f"{name}: an array of {view.ndim} dimensions; give one")
    return view if view.format == "d" and view.c_contiguous else _floats(view.tolist())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_nothing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _coded(values: Any) -> tuple[Any, list[Any]]:
    """Codes and what they stand for, in any order; a code that stands for None is nobody's."""
    if hasattr(values, "combine_chunks"):  # pyarrow
        values = values.combine_chunks()
    if hasattr(values, "dictionary_encode"):
        values = values.dictionary_encode()
    if hasattr(values, "indices") and hasattr(values, "dictionary"):
        known = values.dictionary.to_pylist()
        return values.indices.fill_null(len(known)).to_pylist(), [*known, None]
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", None) in ("b", "i", "u") and hasattr(dtype, "itemsize"):
        import numpy
        uniques, inverse = numpy.unique(numpy.asarray(values), return_inverse=True)
        return inverse, uniques.tolist()
    values = values.to_list() if hasattr(values, "to_list") else list(values)
    index: dict[Any, int] = {}
    codes = [index.setdefault(None if _is_nothing(value) else value, len(index)) for value in values]
    return codes, list(index)


def _groups(values: Any) -> tuple[Any, list[str]] | None:
    """Codes by the order of the groups' texts."""
    if values is None:
        return None
    codes, known = _coded(values)
    names = sorted({_text(value) for value in known if not _is_nothing(value)}, key=lambda text: text.encode())
    place = {name: at for at, name in enumerate(names)}
    final = [_NOBODY if _is_nothing(value) else place[_text(value)] for value in known]
    if hasattr(codes, "dtype"):
        import numpy
        return numpy.asarray(final or [0], dtype=numpy.uint32)[codes], names
    kind = next(code for code in "IL" if array(code).itemsize == 4)
    return array(kind, [final[code] for code in codes]), names


def _ask(which: int, time: Numbers, event: Numbers, entry: Numbers, weight: Numbers, group: Any, strata: Any = None, *,
         interval: str = "log-log", estimator: str = "kaplan-meier", hazard: str = "nelson-aalen", test: str = "log-rank",
         level: float = 0.95, rho: float = 0.0, gamma: float = 0.0, horizon: float = 0.0,
         times: Iterable[float] | None = None, shares: Iterable[float] | None = None,
         cancel: _core.Cancel | None = None) -> Table:
    kinds = (_which(_INTERVALS, interval, "interval"), _which(_ESTIMATORS, estimator, "estimator"),
             _which(_HAZARDS, hazard, "hazard"), _which(_TESTS, test, "test"))
    return _core._survival(which, _numbers(time), _numbers(event), _numbers(entry), _numbers(weight), _groups(group),
                           _groups(strata), kinds, (_share(level), rho, gamma, horizon),
                           None if times is None else _floats(times), None if shares is None else _floats(shares), cancel)


def survival(time: Numbers, event: Numbers = None, *, entry: Numbers = None, weight: Numbers = None, group: Any = None,
             interval: Interval = "log-log", level: float = 0.95,
             estimator: Literal["kaplan-meier", "fleming-harrington"] = "kaplan-meier",
             hazard: Literal["nelson-aalen", "fleming-harrington"] = "nelson-aalen",
             times: Iterable[float] | None = None, cancel: _core.Cancel | None = None) -> Table:
    """Estimate survival and cumulative hazard, by group.

    >>> survival([5, 6, 6, 9], [1, 0, 1, 1], group=["a", "a", "b", "b"])["survival"]
    [0.5, 0.5, 0.5, 0.0]

    `event` is 0 where nothing had happened by `time` (censored), else its kind; None: 1 for all. `entry` is when
    somebody began to be watched (left truncation), `weight` how many times a row is there. With `times` a row for each of
    these. Columns: group, time, n_risk, n_event, n_censored, n_entered, survival, se, low, high, cumulative_hazard, ch_se,
    ch_low, ch_high.
    """
    return _ask(0, time, event, entry, weight, group, interval=interval, level=level, estimator=estimator, hazard=hazard,
                times=times, cancel=cancel)


def survival_summary(time: Numbers, event: Numbers = None, *, entry: Numbers = None, weight: Numbers = None, group: Any = None,
                     interval: Interval = "log-log", level: float = 0.95, horizon: float | None = None,
                     cancel: _core.Cancel | None = None) -> Table:
    """Sum survival up, one row a group.

    >>> survival_summary([5, 6, 6, 9], [1, 0, 1, 1])["median"]
    [7.5]

    Columns: group, n, events, q25, median, median_low, median_high, q75, restricted_mean, rm_se, horizon, last, survival.
    `horizon` is up to when means are taken; None: the end of the group that was watched least.
    """
    return _ask(1, time, event, entry, weight, group, interval=interval, level=level, horizon=horizon or 0.0,
                cancel=cancel)


def survival_quantiles(time: Numbers, event: Numbers = None, shares: Iterable[float] = (0.25, 0.5, 0.75), *,
                       entry: Numbers = None, weight: Numbers = None, group: Any = None, interval: Interval = "log-log",
                       level: float = 0.95, cancel: _core.Cancel | None = None) -> Table:
    """Find by when each share is lost, with intervals: group, share, time, low, high.

    >>> survival_quantiles([5, 6, 6, 9], [1, 0, 1, 1], [0.25, 0.75])["time"]
    [5.5, 9.0]
    """
    return _ask(2, time, event, entry, weight, group, interval=interval, level=level, shares=shares, cancel=cancel)


def survival_test(time: Numbers, event: Numbers, group: Any, *, strata: Any = None, entry: Numbers = None,
                  weight: Numbers = None, test: Test = "log-rank", rho: float = 0.0, gamma: float = 0.0,
                  cancel: _core.Cancel | None = None) -> Table:
    """Test whether groups differ, within `strata` where they are given.

    >>> table = survival_test([5, 6, 6, 9], [1, 0, 1, 1], ["a", "a", "b", "b"])
    >>> table["observed"], round(table["p"][0], 4)
    ([1.0, 2.0], 0.8084)

    A row a group: group, n, observed, expected, and of the test test, chi2, df, p. `rho` and `gamma` are of
    "fleming-harrington", which with gamma 0 is R's survdiff.
    """
    return _ask(3, time, event, entry, weight, group, strata, test=test, rho=rho, gamma=gamma, cancel=cancel)


def competing_risks(time: Numbers, event: Numbers, *, entry: Numbers = None, weight: Numbers = None, group: Any = None,
                    interval: Interval = "log-log", level: float = 0.95, times: Iterable[float] | None = None,
                    cancel: _core.Cancel | None = None) -> Table:
    """Estimate how much is lost to each kind of event (Aalen-Johansen): group, kind, time, n_risk, n_event, incidence,
    se, low, high.

    >>> table = competing_risks([5, 6, 7, 9], [1, 2, 0, 1], times=[8])
    >>> table["kind"], table["incidence"]
    ([1, 2], [0.25, 0.25])
    """
    return _ask(4, time, event, entry, weight, group, interval=interval, level=level, times=times, cancel=cancel)


def _wholes(values: Whole) -> Any:
    if isinstance(values, int):
        return array("q", [values])
    plain: Any = _plain(values)
    if str(getattr(plain, "dtype", None)) == "int64" and memoryview(plain).c_contiguous:
        return plain
    return array("q", [int(value) for value in plain])


def proportion(successes: Whole, trials: Whole, *, method: Literal["wilson", "clopper-pearson", "jeffreys"] = "wilson",
               level: float = 0.95) -> Table:
    """Compute intervals of proportions: successes, trials, proportion, low, high. Null for 0 of 0.

    >>> row = proportion(8, 10)[0]
    >>> row["proportion"], round(row["low"], 3), round(row["high"], 3)
    (0.8, 0.49, 0.943)
    """
    return _core._proportion(_wholes(successes), _wholes(trials), _which(_METHODS, method, "method"), _share(level))


def proportion_difference(successes_1: int, trials_1: int, successes_2: int, trials_2: int, *,
                          level: float = 0.95) -> dict[str, float | None]:
    """Compare two proportions: difference, low and high (Newcombe), wald_low, wald_high, chi2, p, fisher_p.

    >>> found = proportion_difference(56, 70, 48, 80)
    >>> round(found["difference"], 3), round(found["low"], 4), round(found["high"], 4)
    (0.2, 0.0524, 0.3339)
    """
    return _core._proportion_difference(successes_1, trials_1, successes_2, trials_2, _share(level)).row(0)


def poisson_rate(events: Whole, exposure: Union[float, Iterable[float]], *, level: float = 0.95) -> Table:
    """Compute exact intervals of rates of events: events, exposure, rate, low, high. Null without exposure.

    >>> row = poisson_rate(10, 100)[0]
    >>> row["rate"], round(row["low"], 4), round(row["high"], 4)
    (0.1, 0.048, 0.1839)
    """
    exposures = [exposure] if isinstance(exposure, (int, float)) else exposure
    return _core._poisson_rate(_wholes(events), _floats(exposures), _share(level))

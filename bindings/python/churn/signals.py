# SPDX-License-Identifier: MIT
"""Whether figures go where they should, and where something happened to them."""
from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from math import nan
from typing import Literal, cast

from . import _core
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

__all__ = ["Signals", "anomalies", "change_points", "cusum"]

_KINDS = {"number": 0, "count": 1, "share": 2, "level": 3}


def _doubles(values: Iterable[float | None]) -> memoryview | array[float]:
    """Doubles in one piece as they are (numpy, array); anything else is copied, None as NaN."""
    try:
        view = memoryview(values)  # type: ignore[arg-type]
    except TypeError:
        return array("d", (nan if value is None else value for value in values))
    return view if view.format == "d" and view.c_contiguous else array("d", cast("Iterable[float]", values))


def _answer(made: object) -> Table:
    return cast(Table, made)


def change_points(values: Iterable[float | None], *, min_size: int = 2, penalty: float | None = None,
                  sigma: float | None = None) -> Table:
    """Split a series where its mean changes, with the least squares plus a penalty for each change.

    A row for each stretch: start, end (indices; end not included), n, mean, rss, change, penalty. Without
    a penalty it is 2 sigma² ln n; without a sigma that is estimated from neighbours.
    """
    return _answer(_core._change_points(_doubles(values), min_size, penalty or 0.0, sigma or 0.0))


def cusum(values: Iterable[float | None], *, target: float | None = None, slack: float | None = None,
          limit: float | None = None, sigma: float | None = None) -> Table:
    """Sum up how far a series is above and below its target: index, value, sum, above, below, alarm, since.

    Without a target it is the median; slack is half of sigma, limit five times sigma.
    """
    return _answer(_core._cusum(_doubles(values), target is not None, target or 0.0, slack or 0.0, limit or 0.0,
                                sigma or 0.0))


def anomalies(values: Iterable[float | None], *, trials: Iterable[float | None] | None = None,
              kind: Literal["number", "count", "share", "level"] = "number", season: int = 0,
              false_alarms: float = 0.01, per_series: float | None = None, false_changes: float | None = 0.05,
              window: int = 36, history: int = 8, cycles: int = 4, min_size: int = 5,
              everything: bool = False) -> Table:
    """Find what is unusual in a series, with a stated rate of false alarms.

    Shares are `values` of `trials`; of a level its changes are judged. `season` is how many values make
    a cycle. `false_alarms` is the share of values of plain noise that are called anomalies, `per_series`
    instead how many a series has on average; `false_changes` the share of series of noise in which a
    change of level is seen, None not to look for any. Columns: index, value, expected, low, high, score,
    p, n, kind (spike, drop, level_up, level_down), direction, threshold; with `everything` also of
    values that are as expected.
    """
    if kind not in _KINDS:
        raise ValueError("kind: give 'number', 'count', 'share' or 'level'")
    return _answer(_core._anomalies(_doubles(values), _doubles(trials if trials is not None else ()), _KINDS[kind],
                                     season, everything, false_alarms, per_series or 0.0,
                                     1.0 if false_changes is None else false_changes, window, history, cycles,
                                     min_size))


_EVERY = {"day": 1, "week": 2, "month": 3, "quarter": 4, "year": 5}


class Signals:
    """Methods of engines."""

    _at: Callable[[Instant], int]
    _known: Callable[[Instant | None], int]
    _goals: Callable[..., Table]
    _benchmarks: Callable[..., Table]
    _anomalies: Callable[..., Table]

    def goals(self, as_of: Instant, *, start: Instant | None = None, level: float = 0.95,
              progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The playbook's goals: value, pace and forecast of the period in which `as_of` lies.

        With `start` also of the periods since then. Columns: goal, kpi, group, per, period_start, period_end,
        at_most, at_least, value, low, high, periods, pace, needed, forecast, forecast_low, forecast_high,
        on_track, complete, method, note.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._goals(self._at(as_of), self._known(start), level, watch)

    def benchmarks(self, start: Instant, end: Instant, *, as_of: Instant | None = None,
                   progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """Own figures beside those of the playbook's `benchmarks`, by size of customer, with their sources.

        Columns: kpi, size, period_start, period_end, value, low, high, numerator, denominator, benchmark_low,
        benchmark_median, benchmark_high, position (below, within, above), difference, unit, complete, source, year.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._benchmarks(self._at(start), self._at(end), self._known(as_of), watch)

    def anomalies(self, kpis: str | Iterable[str], start: Instant, end: Instant, *,
                  every: Literal["day", "week", "month", "quarter", "year"] = "month",
                  by: str | Iterable[str] = (), by_at: Literal["start", "end"] = "start",
                  as_of: Instant | None = None, false_alarms: float = 0.01, per_series: float | None = None,
                  false_changes: float = 0.05, lookback: int = 0, everything: bool = False,
                  progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """Periods in which figures are not what they usually are, by group, with a stated rate of false alarms.

        Columns: kpi, those of `by`, period_start, period_end, value, expected, low, high, score, p, n, kind
        (spike, drop, level_up, level_down), direction, threshold, unit, marks.
        """
        if every not in _EVERY or by_at not in ("start", "end"):
            raise ValueError("every: give 'day', 'week', 'month', 'quarter' or 'year'; by_at: 'start' or 'end'")
        names = [kpis] if isinstance(kpis, str) else list(kpis)
        with watching(progress, cancel, "customers") as watch:
            return self._anomalies(names, self._at(start), self._at(end), _EVERY[every], self._known(as_of),
                                   [by] if isinstance(by, str) else list(by), int(by_at == "end"), false_alarms,
                                   per_series or 0.0, false_changes, lookback, everything, watch)

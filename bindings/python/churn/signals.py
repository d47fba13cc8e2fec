# SPDX-License-Identifier: MIT
"""Whether figures go where they should, and where something happened to them."""
from __future__ import annotations

from typing import Any, Literal

from . import _core
from ._asking import BY_AT, UNITS, Asking, ByAt, Names, Unit, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .statistics import _series
from .table import Table

__all__ = ["Signals", "anomalies", "change_points", "cusum"]

_KINDS = {"number": 0, "count": 1, "share": 2, "level": 3}

#: Numbers in a row: a list, or a column of numpy, pandas, polars or pyarrow. None and NaN are missing.
Series = Any


def change_points(values: Series, *, min_size: int = 2, penalty: float | None = None, sigma: float | None = None,
                  cancel: _core.Cancel | None = None) -> Table:
    """Split a series where its mean changes, with the least squares plus a penalty for each change.

    >>> change_points([1, 2, 1, 2, 1, 9, 8, 9, 8, 9])["start"]
    [0, 5]

    A row for each stretch: start, end (indices; end not included), n, mean, rss, change, penalty. Without
    a penalty it is 2 sigma² ln n; without a sigma that is estimated from neighbours.
    """
    return _core._change_points(_series(values, "values"), min_size, penalty or 0.0, sigma or 0.0, cancel)


def cusum(values: Series, *, target: float | None = None, slack: float | None = None, limit: float | None = None,
          sigma: float | None = None) -> Table:
    """Sum up how far a series is above and below its target.

    >>> cusum([10, 10, 12, 13, 13], target=10, slack=0.5, limit=4)["alarm"]
    [None, None, None, None, 'up']

    Columns: index, value, sum, above, below, alarm, since. Without a target it is the median; slack is half
    of sigma, limit five times sigma.
    """
    return _core._cusum(_series(values, "values"), target is not None, target or 0.0, slack or 0.0, limit or 0.0,
                        sigma or 0.0)


def anomalies(values: Series, *, trials: Series = None, kind: Literal["number", "count", "share", "level"] = "number",
              season: int = 0, false_alarms: float = 0.01, per_series: float | None = None,
              false_changes: float | None = 0.05, window: int = 36, history: int = 8, cycles: int = 4,
              min_size: int = 5, everything: bool = False, cancel: _core.Cancel | None = None) -> Table:
    """Find what is unusual in a series, with a stated rate of false alarms.

    >>> [(row["index"], row["kind"]) for row in anomalies([10, 11, 9, 10] * 5 + [30] + [10, 11, 9, 10])]
    [(20, 'spike')]

    Shares are `values` of `trials`; of a level its changes are judged. `season` is how many values make
    a cycle. `false_alarms` is the share of values of plain noise that are called anomalies, `per_series`
    instead how many a series has on average; `false_changes` the share of series of noise in which a
    change of level is seen, None not to look for any. Columns: index, value, expected, low, high, score,
    p, n, kind (spike, drop, level_up, level_down), direction, threshold; with `everything` also of
    values that are as expected.
    """
    return _core._anomalies(_series(values, "values"), _series(() if trials is None else trials, "trials"),
                            word(_KINDS, kind, "kind"), season, everything, share(false_alarms, "false_alarms"),
                            per_series or 0.0, 1.0 if false_changes is None else false_changes, window, history, cycles,
                            min_size, cancel)


class Signals(Asking):
    """The part of Engine that says where figures go."""

    def goals(self, as_of: Instant, *, start: Instant | None = None, level: float = 0.95, progress: Progress = None,
              cancel: _core.Cancel | None = None) -> Table:
        """The playbook's goals: value, pace and forecast of the period in which `as_of` lies.

        >>> for row in engine.goals("2026-03-20"):
        ...     print(row["goal"], row["value"], row["on_track"])
        growth 2.0 False
        money 230.0 True

        With `start` also of the periods since then. Columns: goal, kpi, group, per, period_start, period_end,
        at_most, at_least, value, low, high, periods, pace, needed, forecast, forecast_low, forecast_high,
        on_track, complete, method, note.
        """
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._goals(self._at(as_of), self._known(start), level, watch)

    def benchmarks(self, start: Instant, end: Instant, *, as_of: Instant | None = None, progress: Progress = None,
                   cancel: _core.Cancel | None = None) -> Table:
        """Own figures beside those of the playbook's `benchmarks`, by size of customer, with their sources.

        >>> row = engine.benchmarks("2026-03-01", "2026-04-01")[0]
        >>> row["kpi"], row["value"], row["position"], row["source"]
        ('logo_churn', 0.25, 'above', 'a survey of 2024')

        Columns: kpi, size, period_start, period_end, value, low, high, numerator, denominator, benchmark_low,
        benchmark_median, benchmark_high, position (below, within, above), difference, unit, complete, source, year.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._benchmarks(self._at(start), self._at(end), self._known(as_of), watch)

    def anomalies(self, kpis: Names, start: Instant, end: Instant, *, every: Unit = "month", by: Names | None = None,
                  by_at: ByAt = "start", as_of: Instant | None = None, false_alarms: float = 0.01,
                  per_series: float | None = None, false_changes: float | None = 0.05, lookback: int = 0,
                  everything: bool = False, progress: Progress = None,
                  cancel: _core.Cancel | None = None) -> Table:
        """Periods in which figures are not what they usually are, by group, with a stated rate of false alarms.

        >>> for row in engine.anomalies("visits", "2026-03-01", "2026-04-01", every="day", false_alarms=0.001):
        ...     print(f"{row['period_start']:%d %b}", row["kind"], row["value"], row["marks"])
        16 Mar drop 20.0 outage

        The rates are those of `churn.anomalies`; `lookback` is how many periods before `start` are compared with,
        0: by their length. Columns: kpi, those of `by`, period_start, period_end, value, expected, low, high, score,
        p, n, kind (spike, drop, level_up, level_down), direction, threshold, unit, marks (announcements).
        """
        unit, at, rate = word(UNITS, every, "every"), word(BY_AT, by_at, "by_at"), share(false_alarms, "false_alarms")
        with watching(progress, cancel, "customers") as watch:
            return self._anomalies(names(kpis), self._at(start), self._at(end), unit, self._known(as_of), names(by), at,
                                   rate, per_series or 0.0, 1.0 if false_changes is None else false_changes, lookback,
                                   everything, watch)

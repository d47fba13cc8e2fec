# SPDX-License-Identifier: MIT
"""How long customers and subscriptions stay."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from . import _core, statistics
from ._asking import Asking, Names, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .statistics import _ESTIMATORS, _HAZARDS, _INTERVALS, _TESTS, _floats
from .table import Table

__all__ = ["Retention"]

_OF = {"customers": 0, "subscriptions": 1}
_UNITS = {"days": 0, "months": 1}
_LIVES = {"first": 0, "all": 1}
_Of = Literal["customers", "subscriptions"]
_Unit = Literal["days", "months"]
_Lives = Literal["first", "all"]


class Retention(Asking):
    """The part of Engine that asks how long customers and subscriptions stay."""

    def _stay(self, which: int, as_of: Instant, of: str, by: Names | None, start: Instant | None, unit: str,
              lives: str, policy: str | None, progress: Progress, cancel: _core.Cancel | None, *,
              interval: str = "log-log", estimator: str = "kaplan-meier", hazard: str = "nelson-aalen",
              test: str = "log-rank", level: float = 0.95, rho: float = 0.0, gamma: float = 0.0,
              horizon: float = 0.0, times: Iterable[float] | None = None) -> Table:
        words = (word(_INTERVALS, interval, "interval"), word(_ESTIMATORS, estimator, "estimator"),
                 word(_HAZARDS, hazard, "hazard"), word(_TESTS, test, "test"))
        kinds = (word(_OF, of, "of"), word(_UNITS, unit, "unit"), word(_LIVES, lives, "lives"))
        with watching(progress, cancel, "customers") as watch:
            return self._survival(which, self._at(as_of), self._known(start), kinds, names(by),
                                  None if times is None else _floats(times), words,
                                  (share(level), rho, gamma, horizon), policy or None, watch)

    def survival(self, as_of: Instant, *, of: _Of = "customers", by: Names | None = None, start: Instant | None = None,
                 unit: _Unit = "days", lives: _Lives = "first", interval: statistics.Interval = "log-log",
                 level: float = 0.95, estimator: Literal["kaplan-meier", "fleming-harrington"] = "kaplan-meier",
                 hazard: Literal["nelson-aalen", "fleming-harrington"] = "nelson-aalen",
                 times: Iterable[float] | None = None, policy: str | None = None, progress: Progress = None,
                 cancel: _core.Cancel | None = None) -> Table:
        """How long customers, or subscriptions, stay: Kaplan-Meier by groups, of those watched until `as_of`.

        >>> engine.survival("2026-04-01", times=[30, 120])["survival"]
        [1.0, 0.5]

        With `start` only what happened from then on counts (left truncation); `lives` "all" follows those who come
        back again; with `times` the curve has a row for each of these. Columns: those of `by`, time (in `unit`),
        n_risk, n_event, n_censored, n_entered, survival, se, low, high, cumulative_hazard, ch_se, ch_low, ch_high.
        """
        return self._stay(0, as_of, of, by, start, unit, lives, policy, progress, cancel, interval=interval,
                          estimator=estimator, hazard=hazard, level=level, times=times)

    def survival_summary(self, as_of: Instant, *, of: _Of = "customers", by: Names | None = None,
                         start: Instant | None = None, unit: _Unit = "days", lives: _Lives = "first",
                         interval: statistics.Interval = "log-log", level: float = 0.95, horizon: float | None = None,
                         policy: str | None = None, progress: Progress = None,
                         cancel: _core.Cancel | None = None) -> Table:
        """Medians and restricted means of how long they stay, a row a group.

        >>> engine.survival_summary("2026-04-01", by="plan", unit="months")["n"]
        [2.0, 2.0]

        `horizon` is up to when means are taken; None: the end of the group that was watched least. Columns: those of
        `by`, n, events, q25, median, median_low, median_high, q75, restricted_mean, rm_se, horizon, last, survival.
        """
        return self._stay(1, as_of, of, by, start, unit, lives, policy, progress, cancel, interval=interval, level=level,
                          horizon=horizon or 0.0)

    def survival_test(self, as_of: Instant, by: Names, *, of: _Of = "customers", start: Instant | None = None,
                      unit: _Unit = "days", lives: _Lives = "first", test: statistics.Test = "log-rank",
                      rho: float = 0.0, gamma: float = 0.0, policy: str | None = None, progress: Progress = None,
                      cancel: _core.Cancel | None = None) -> Table:
        """Whether groups stay as long as each other.

        >>> engine.survival_test("2026-04-01", "plan")["observed"]
        [0.0, 1.0]

        Columns: those of `by`, n, observed, expected, then of the test, the same in every row: test, chi2, df, p.
        """
        return self._stay(2, as_of, of, by, start, unit, lives, policy, progress, cancel, test=test, rho=rho, gamma=gamma)

    def competing_risks(self, as_of: Instant, *, by: Names | None = None, start: Instant | None = None,
                        unit: _Unit = "days", lives: _Lives = "first", interval: statistics.Interval = "log-log",
                        level: float = 0.95, times: Iterable[float] | None = None, policy: str | None = None,
                        progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """How much is lost voluntarily and how much otherwise, where either keeps the other from happening.

        >>> for row in engine.competing_risks("2026-04-01", times=[120]):
        ...     print(row["kind"], row["incidence"])
        voluntary 0.5

        Aalen and Johansen's estimate. Columns: those of `by`, kind ("voluntary", "involuntary"), time, n_risk,
        n_event, incidence, se, low, high.
        """
        return self._stay(3, as_of, "customers", by, start, unit, lives, policy, progress, cancel, interval=interval,
                          level=level, times=times)

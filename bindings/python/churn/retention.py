# SPDX-License-Identifier: MIT
"""How long customers and subscriptions stay."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Union

from . import _core, statistics
from ._data import Instant
from ._watch import Progress, watching
from .statistics import _ESTIMATORS, _HAZARDS, _INTERVALS, _TESTS, _floats, _which
from .table import Table

__all__ = ["Retention"]

_OF = {"customers": 0, "subscriptions": 1}
_UNITS = {"days": 0, "months": 1}
_LIVES = {"first": 0, "all": 1}
_Of = Literal["customers", "subscriptions"]
_Unit = Literal["days", "months"]
_Lives = Literal["first", "all"]
_Names = Union[str, Iterable[str]]


class Retention(_core.Engine):
    """The part of Engine that asks how long customers and subscriptions stay."""

    def _at(self, instant: Instant) -> int:
        raise NotImplementedError

    def _stay(self, which: int, as_of: Instant, of: str, by: _Names, start: Instant | None, unit: str, lives: str,
              policy: str | None, progress: Progress, cancel: _core.Cancel | None, *, interval: str = "log-log",
              estimator: str = "kaplan-meier", hazard: str = "nelson-aalen", test: str = "log-rank", level: float = 0.95,
              rho: float = 0.0, gamma: float = 0.0, horizon: float = 0.0, times: Iterable[float] | None = None) -> Table:
        names = [by] if isinstance(by, str) else list(by)
        words = (_which(_INTERVALS, interval, "interval"), _which(_ESTIMATORS, estimator, "estimator"),
                 _which(_HAZARDS, hazard, "hazard"), _which(_TESTS, test, "test"))
        kinds = (_which(_OF, of, "of"), _which(_UNITS, unit, "unit"), _which(_LIVES, lives, "lives"))
        with watching(progress, cancel, "customers") as watch:
            return self._survival(which, self._at(as_of), 0 if start is None else self._at(start), kinds, names,
                                  None if times is None else _floats(times), words, (level, rho, gamma, horizon), policy,
                                  watch)

    def survival(self, as_of: Instant, *, of: _Of = "customers", by: _Names = (), start: Instant | None = None,
                 unit: _Unit = "days", lives: _Lives = "first", interval: statistics.Interval = "log-log",
                 level: float = 0.95, estimator: Literal["kaplan-meier", "fleming-harrington"] = "kaplan-meier",
                 hazard: Literal["nelson-aalen", "fleming-harrington"] = "nelson-aalen",
                 times: Iterable[float] | None = None, policy: str | None = None, progress: Progress = None,
                 cancel: _core.Cancel | None = None) -> Table:
        """How long customers, or subscriptions, stay: Kaplan-Meier by groups, of those watched until `as_of`.

        With `start` only what happened from then on counts (left truncation). Columns: those of `by`, time, n_risk,
        n_event, n_censored, n_entered, survival, se, low, high, cumulative_hazard, ch_se, ch_low, ch_high.
        """
        return self._stay(0, as_of, of, by, start, unit, lives, policy, progress, cancel, interval=interval,
                          estimator=estimator, hazard=hazard, level=level, times=times)

    def survival_summary(self, as_of: Instant, *, of: _Of = "customers", by: _Names = (), start: Instant | None = None,
                         unit: _Unit = "days", lives: _Lives = "first", interval: statistics.Interval = "log-log",
                         level: float = 0.95, horizon: float | None = None, policy: str | None = None,
                         progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """Medians and restricted means, a row a group: those of `by`, n, events, q25, median, median_low, median_high, q75,
        restricted_mean, rm_se, horizon, last, survival."""
        return self._stay(1, as_of, of, by, start, unit, lives, policy, progress, cancel, interval=interval, level=level,
                          horizon=horizon or 0.0)

    def survival_test(self, as_of: Instant, by: _Names, *, of: _Of = "customers", start: Instant | None = None,
                      unit: _Unit = "days", lives: _Lives = "first", test: statistics.Test = "log-rank", rho: float = 0.0,
                      gamma: float = 0.0, policy: str | None = None, progress: Progress = None,
                      cancel: _core.Cancel | None = None) -> Table:
        """Whether groups stay as long as each other: those of `by`, n, observed, expected, test, chi2, df, p."""
        return self._stay(2, as_of, of, by, start, unit, lives, policy, progress, cancel, test=test, rho=rho, gamma=gamma)

    def competing_risks(self, as_of: Instant, *, by: _Names = (), start: Instant | None = None, unit: _Unit = "days",
                        lives: _Lives = "first", interval: statistics.Interval = "log-log", level: float = 0.95,
                        times: Iterable[float] | None = None, policy: str | None = None, progress: Progress = None,
                        cancel: _core.Cancel | None = None) -> Table:
        """How much is lost voluntarily and how much otherwise (Aalen-Johansen): those of `by`, kind, time, n_risk, n_event,
        incidence, se, low, high."""
        return self._stay(3, as_of, "customers", by, start, unit, lives, policy, progress, cancel, interval=interval,
                          level=level, times=times)

# SPDX-License-Identifier: MIT
"""What happened to the business: figures by period and group."""
from __future__ import annotations

from . import _core
from ._asking import BY_AT, EVERY, ROLLING, Asking, ByAt, Every, Names, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

__all__ = ["Every", "Figures"]


def _period(every: str | None, rolling: int | None, step: int | None) -> int:
    if rolling is None:
        if step is not None:
            raise ValueError("step: give it with rolling")
        return word(EVERY, every, "every")
    if every is not None:
        raise ValueError("every: give either every or rolling")
    return ROLLING


class Figures(Asking):
    """The questions of an engine about the business."""

    def kpi(self, kpis: Names | None, start: Instant, end: Instant, *, every: Every | None = None,
            rolling: int | None = None, step: int | None = None, by: Names | None = None, by_at: ByAt = "start",
            policy: str | None = None, level: float = 0.95, changes: bool = False, as_of: Instant | None = None,
            progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """Figures by period and group: some by name, or None for all; `end` is not included.

        >>> engine.kpi(["mrr", "logo_churn"], "2026-01-01", "2026-04-01", every="month", by="plan")["value"]
        [40.0, 160.0, 80.0, 210.0, 80.0, 150.0, None, 0.0, 0.0, 0.0, 0.0, 0.5]

        `churn.figures()` lists them. `rolling` gives windows of so many days that end every `step`
        days. `by` are attributes ("industry", "owner"), "segment.<id>", "<score>.band", "plan",
        "product", "currency", "churn.reason", "cause", "start_month" ...; who belongs where is decided
        at the start of each period, or at its end. `policy` is a preset ("stripe") instead of the
        playbook's; `level` that of intervals.

        Columns: kpi, period_start, period_end, those of `by`, value (None where undefined), low, high
        (interval), numerator, denominator, n, excluded, missing (why there is no value), note, unit,
        currency, policy, complete (the period is over), marks (announcements); with `changes` also change
        (to the period before), change_ratio, adjusted (for seasons). Money in major units.
        """
        period = _period(every, rolling, step)
        groups, at, level = names(by), word(BY_AT, by_at, "by_at"), share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._kpi(names(kpis), self._at(start), self._at(end), period, self._known(as_of), rolling or 0,
                             step or 0, groups, at, policy or None, level, changes, watch)

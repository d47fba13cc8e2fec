# SPDX-License-Identifier: MIT
"""What happened to the business: figures by period and group."""
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from . import _core
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

__all__ = ["Every", "Figures"]

#: The period of a figure; None is the whole span.
Every = Literal["day", "week", "month", "quarter", "year"]

_EVERY = {None: 0, "day": 1, "week": 2, "month": 3, "quarter": 4, "year": 5}
_ROLLING = 6
_BY_AT = {"start": 0, "end": 1}


def _names(given: str | Iterable[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


class Figures(_core.Engine):
    """The questions of an engine about the business."""

    if TYPE_CHECKING:
        def _at(self, value: Instant) -> int: ...
        def _known(self, value: Instant | None) -> int: ...

    def kpi(self, kpis: str | Iterable[str] | None, start: Instant, end: Instant, *,
            every: Every | None = None, rolling: int | None = None, step: int | None = None,
            by: str | Iterable[str] | None = None, by_at: Literal["start", "end"] = "start",
            policy: str | None = None, level: float = 0.95, changes: bool = False,
            as_of: Instant | None = None, progress: Progress = None,
            cancel: _core.Cancel | None = None) -> Table:
        """Figures by period and group: some by name, or None for all; `end` is not included.

        `churn.figures()` lists them. `rolling` gives windows of so many days that end every `step`
        days. `by` are attributes ("industry", "owner"), "segment.<id>", "<score>.band", "plan",
        "product", "currency", "churn.reason", "cause", "start_month" ...; who belongs where is decided
        at the start of each period, or at its end. `policy` is a preset ("stripe") instead of the
        playbook's; `level` that of intervals. With `changes` each row also has its change to the
        period before.
        """
        if every not in _EVERY or (every is not None and rolling is not None):
            raise ValueError("every: give 'day', 'week', 'month', 'quarter', 'year' or None; or rolling")
        if by_at not in _BY_AT:
            raise ValueError("by_at: give 'start' or 'end'")
        if not 0 < level < 1:
            raise ValueError("level: give a number between 0 and 1")
        with watching(progress, cancel, "customers") as watch:
            return self._kpi(_names(kpis), self._at(start), self._at(end),
                             _EVERY[every] if rolling is None else _ROLLING, self._known(as_of),
                             rolling or 0, step or 0, _names(by), _BY_AT[by_at], policy or None, level,
                             changes, watch)

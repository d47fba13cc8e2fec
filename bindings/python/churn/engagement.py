# SPDX-License-Identifier: MIT
"""Who stays, how much the product is used, and how far people get in it."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Union, cast

from . import _core
from ._asking import BY_AT, UNITS, Asking, ByAt, Names, Unit, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

if TYPE_CHECKING:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

__all__ = ["Cohorts", "Triangle", "WhoStays"]

_WHAT = {"customers": 0, "gross_revenue": 1, "net_revenue": 2, "activity": 3}
_MODE = {"on": 0, "on_or_after": 1}
_OF = {"customers": 0, "users": 1}
_MICROSECOND = timedelta(microseconds=1)
_STEP = ("event", "milestone", "where", "name")

#: A step of a funnel: the type of an event, or a dict with event or milestone, where, name.
Step = Union[str, Mapping[str, str]]


def _step(given: Step) -> tuple[str | None, ...]:
    if isinstance(given, str):
        return (given, None, None, None)
    unknown = set(given) - set(_STEP)
    if unknown:
        raise ValueError(f"steps: {min(unknown)!r} is none of {', '.join(_STEP)}")
    return tuple(given.get(key) for key in _STEP)


class Triangle:
    """A triangle of cohorts as people look at it: a line a cohort, a column an age.

    `rows` has a dict a line: cohort, members, then age -> value (None where there is none yet);
    the last line, of cohort None, has the averages of complete cells. In a notebook it is a heat
    map, in which cells that are not complete are in italics.
    """

    def __init__(self, table: Table) -> None:
        cells = table.to_dicts()
        self.ages: list[int] = sorted({cell["age"] for cell in cells})
        self._lines: dict[tuple[Any, ...], dict[int, dict[str, Any]]] = {}
        own = table.column_names[:table.column_names.index("average")]
        for cell in cells:
            key = (cell["average"], cell["cohort"], *(cell[name] for name in own))
            self._lines.setdefault(key, {})[cell["age"]] = cell
        self._own = own

    @property
    def rows(self) -> list[dict[Any, Any]]:
        """The lines."""
        out: list[dict[Any, Any]] = []
        for key, line in self._lines.items():
            first = next(iter(line.values()))
            row: dict[Any, Any] = {"cohort": key[1], **dict(zip(self._own, key[2:])),
                                   "members": first["members"]}
            row.update({age: line[age]["value"] if age in line else None for age in self.ages})
            out.append(row)
        return out

    def to_pandas(self) -> pandas.DataFrame:
        """The lines as a pandas frame, by cohort."""
        import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
        return pandas.DataFrame(self.rows).set_index("cohort")

    def __repr__(self) -> str:
        heads = ["cohort", "members", *map(str, self.ages)]
        body = [[self._label(key), str(next(iter(line.values()))["members"]),
                 *(_percent(line.get(age)) for age in self.ages)]
                for key, line in self._lines.items()]
        widths = [max(map(len, cells)) for cells in zip(heads, *body)]
        return "\n".join("  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in [heads, *body])

    def _label(self, key: tuple[Any, ...]) -> str:
        groups = [str(value) for value in key[2:] if value is not None and str(value) != key[1]]
        name = "average" if key[0] else "(none)" if key[1] is None else str(key[1])
        return " ".join([name, *groups])

    def _repr_html_(self) -> str:
        from html import escape
        heads = "".join(f"<th>{age}</th>" for age in self.ages)
        lines = []
        for key, line in self._lines.items():
            members = next(iter(line.values()))["members"]
            cells = "".join(_shaded(line.get(age)) for age in self.ages)
            lines.append(f"<tr><th>{escape(self._label(key))}</th><td>{members}</td>{cells}</tr>")
        return ('<table class="churn-triangle" style="border-collapse:collapse;font-size:90%;'
                'text-align:right"><thead><tr><th>cohort</th><th>members</th>'
                f'{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table>')


def _percent(cell: Mapping[str, Any] | None) -> str:
    if cell is None or cell["value"] is None:
        return ""
    return f"{100 * cell['value']:.0f}%" + ("" if cell["complete"] else "*")


def _shaded(cell: Mapping[str, Any] | None) -> str:
    if cell is None or cell["value"] is None:
        return "<td></td>"
    depth = min(max(cell["value"], 0.0), 1.0)
    style = f"background:rgba(31,119,180,{0.85 * depth:.2f});color:{'#fff' if depth > 0.6 else '#000'}"
    if not cell["complete"]:
        style += ";font-style:italic;opacity:0.6"
    title = f"{cell['numerator']:g} of {cell['denominator']:g}"
    return f'<td style="{style}" title="{title}">{100 * cell["value"]:.0f}%</td>'


class Cohorts(Table):
    """The cells of a triangle, in long form."""

    def triangle(self) -> Triangle:
        """The same in wide form."""
        return Triangle(self)


class WhoStays(Asking):
    """The questions of this module; an Engine has them."""

    def cohorts(self, what: Literal["customers", "gross_revenue", "net_revenue", "activity"],
                start: Instant, end: Instant, *, every: Unit = "month",
                mode: Literal["on", "on_or_after"] = "on", by: Names | None = None,
                as_of: Instant | None = None, events: Names | None = None,
                start_events: Names | None = None, max_age: int | None = None,
                level: float = 0.95, policy: str | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Cohorts:
        """Follow customers who began together from `start` to `end`, unit by unit.

        >>> engine.cohorts("customers", "2025-11-01", "2026-04-01").triangle()
        cohort   members     0     1     2     3     4
        2025-11        1  100%  100%  100%  100%  100%
        2025-12        1  100%  100%  100%    0%
        2026-01        1  100%  100%  100%
        2026-02        1  100%  100%
        average        4  100%  100%  100%   50%  100%

        `by` makes cohorts of groups instead of units ("start" among them: of both). Averages are
        of complete cells alone. `.triangle()` shows it as people know it. Age 0 is the unit in
        which they began; `max_age` leaves out older ages.

        Columns: those of `by` but "start", average, cohort, cohort_start, members, cohort_size, age, period_start,
        value, low, high, numerator, denominator, observed (members who have had the whole time), complete,
        excluded, unit.
        """
        if max_age is not None and max_age < 1:
            raise ValueError("max_age: give 1 or more")
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            table = self._cohorts(
                Cohorts, self._at(start), self._at(end), word(_WHAT, what, "what"),
                word(UNITS, every, "every"), word(_MODE, mode, "mode"), self._known(as_of),
                names(by), names(events), names(start_events), max_age or 0, level, policy or None, watch)
        return cast(Cohorts, table)

    def engagement(self, start: Instant, end: Instant, *,
                   of: Literal["customers", "users"] = "customers",
                   events: Names | None = None,
                   by: Names | None = None,
                   by_at: ByAt = "start", as_of: Instant | None = None,
                   level: float = 0.95, progress: Progress = None,
                   cancel: _core.Cancel | None = None) -> Table:
        """On how many days of a window customers or users did something, and how many did so on
        at least so many: the power-user curve.

        >>> table = engine.engagement("2026-03-01", "2026-04-01")
        >>> [(row["days"], row["customers"], row["at_least"]) for row in table if row["customers"]]
        [(0, 2, 4), (1, 1, 2), (3, 1, 1)]

        Columns: those of `by`, days, customers (or users), share, active_share, at_least, at_least_share, low, high.
        """
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._engagement(False, self._at(start), self._at(end), word(_OF, of, "of"),
                                    self._known(as_of), names(events), names(by),
                                    word(BY_AT, by_at, "by_at"), level, watch)

    def adoption(self, start: Instant, end: Instant, *, events: Names | None = None,
                 by: Names | None = None, by_at: ByAt = "start",
                 as_of: Instant | None = None, level: float = 0.95, progress: Progress = None,
                 cancel: _core.Cancel | None = None) -> Table:
        """Which share of customers used what, for each type of event.

        >>> [(row["event"], row["used_by"], row["share"]) for row in engine.adoption("2026-03-01", "2026-04-01")]
        [('export', 0, 0.0), ('login', 2, 0.5)]

        Columns: those of `by`, event, used_by, customers, share, low, high, first_time, events, first_use.
        """
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._engagement(True, self._at(start), self._at(end), 0, self._known(as_of),
                                    names(events), names(by), word(BY_AT, by_at, "by_at"), level,
                                    watch)

    def funnel(self, steps: Iterable[Step], start: Instant, end: Instant, *,
               within: timedelta | None = None, any_order: bool = False,
               of: Literal["customers", "users"] = "customers",
               by: Names | None = None, by_at: ByAt = "start",
               as_of: Instant | None = None, level: float = 0.95, progress: Progress = None,
               cancel: _core.Cancel | None = None) -> Table:
        """How far those who took the first step from `start` to `end` got, and how fast.

        >>> for row in engine.funnel(["login", "export"], "2026-01-01", "2026-02-01", within=timedelta(days=60),
        ...                          as_of="2026-04-01"):
        ...     print(row["name"], row["reached"], row["share"], row["median_days"])
        login 3 1.0 None
        export 1 0.3333333333333333 2.0

        A step is the type of an event, or a dict: `{"event": "import", "where": "value > 10"}`,
        `{"milestone": "go_live", "name": "live"}`. Whose `within` is not over at `as_of` (by
        default `end`) stands in `open`.

        Columns: those of `by`, step, name, reached, share, low, high, share_of_previous, previous_low, previous_high,
        drop_off, median_days, p90_days (from the step before), open.
        """
        if within is not None and not isinstance(within, timedelta):
            raise TypeError(f"within: give a timedelta, not {type(within).__name__}")
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._funnel([_step(step) for step in steps], self._at(start), self._at(end),
                                word(_OF, of, "of"), self._known(as_of),
                                0 if within is None else within // _MICROSECOND, int(any_order),
                                word(BY_AT, by_at, "by_at"), names(by), level, watch)

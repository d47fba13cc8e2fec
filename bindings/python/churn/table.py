# SPDX-License-Identifier: MIT
"""Results: named, typed columns with nulls."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, overload

from . import _core
from ._data import Data, stream_of

if TYPE_CHECKING:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import polars  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]

__all__ = ["Table"]

_FIRST, _LAST = 10, 5

_STYLE = (
    "<style scoped>"
    ".churn-table{border-collapse:collapse;font-size:90%}"
    ".churn-table th,.churn-table td{padding:2px 8px;text-align:left;border-bottom:1px solid #ddd}"
    ".churn-table td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".churn-table .t{font-weight:normal;color:#777}"
    "</style>"
)


class Table(_core.Table):
    """The answer of every question: immutable, and independent of what made it.

    `table["score"]` is a column, `table[0]` a row, and a table is iterated by rows. Whole tables go
    to other libraries through `to_arrow`, `to_pandas`, `to_polars`, or through anything that
    reads `__arrow_c_stream__`, such as `duckdb.sql("... from table")`.
    """

    @classmethod
    def from_arrow(cls, data: Data) -> Table:
        """Read anything with Arrow inside, or a dict of columns, into a table."""
        return cls._import(stream_of(data))

    @overload
    def __getitem__(self, key: str) -> list[Any]: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: slice) -> list[dict[str, Any]]: ...

    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, str):
            return self.column(key)
        if isinstance(key, slice):
            return [self.row(i) for i in range(*key.indices(len(self)))]
        return self.row(key)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.row(i) for i in range(len(self)))

    def __contains__(self, name: object) -> bool:
        return name in self.column_names

    def to_dicts(self) -> list[dict[str, Any]]:
        """All rows, each a dict."""
        names = self.column_names
        rows = zip(*(self.column(name) for name in names))
        return [dict(zip(names, row)) for row in rows]

    def to_columns(self) -> dict[str, list[Any]]:
        """All columns, each a list."""
        return {name: self.column(name) for name in self.column_names}

    def to_arrow(self) -> pyarrow.Table:
        """As a pyarrow table."""
        import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]
        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """As a polars frame."""
        import polars  # type: ignore[import-not-found,import-untyped,unused-ignore]
        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """As a pandas frame, with or without pyarrow."""
        try:
            import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]
        except ImportError:
            import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
            frame = pandas.DataFrame(self.to_columns(), columns=self.column_names)
            for name, kind in zip(self.column_names, self.column_types):
                if kind == "time":
                    # of UTC; pandas itself would take nanoseconds, which end in 2262
                    instants = [value and value.replace(tzinfo=None) for value in self[name]]
                    series = pandas.Series(instants, dtype="datetime64[us]")
                    frame[name] = series.dt.tz_localize("UTC")
            return frame
        return pyarrow.table(self).to_pandas()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a churn.Table does not travel: send table.to_arrow() or table.to_dicts()")

    # ---- to look at ----

    def _shown(self) -> tuple[list[int], bool]:
        """The rows that fit a screen, and whether rows between them were left out."""
        count = len(self)
        if count <= _FIRST + _LAST:
            return list(range(count)), False
        return [*range(_FIRST), *range(count - _LAST, count)], True

    def __repr__(self) -> str:
        if self.closed:
            return "<churn.Table closed>"
        rows, cut = self._shown()
        names = self.column_names
        body = [[_text(self.row(i)[name]) for name in names] for i in rows]
        if cut:
            body.insert(_FIRST, ["…"] * len(names))
        widths = [max(map(len, cells)) for cells in zip(names, *body)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                 for line in [names, *body]]
        return "\n".join([f"churn.Table: {len(self)} rows, {len(names)} columns", *lines])

    def _repr_html_(self) -> str:
        from html import escape
        rows, cut = self._shown()
        names, types = self.column_names, self.column_types
        heads = "".join(
            f'<th>{escape(name)}<br><span class="t">{kind}{_nulls(self.null_count(name))}</span></th>'
            for name, kind in zip(names, types))
        lines = ["<tr>" + "".join(_cell(escape, value) for value in self.row(i).values()) + "</tr>"
                 for i in rows]
        if cut:
            lines.insert(_FIRST, f'<tr><td colspan="{len(names)}">…</td></tr>')
        return (f'<div>{_STYLE}<table class="churn-table"><thead><tr>{heads}</tr></thead><tbody>'
                f'{"".join(lines)}</tbody></table><small>{len(self)} rows</small></div>')


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).replace("+00:00", "Z")
    return str(value).replace("\n", " ")


def _nulls(count: int) -> str:
    return f", {count} null" if count else ""


def _cell(escape: Callable[[str], str], value: Any) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f'<td{" class=n" if number else ""}>{escape(_text(value))}</td>'

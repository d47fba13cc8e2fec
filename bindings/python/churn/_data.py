# SPDX-License-Identifier: MIT
"""What people have tables in, as something with an Arrow stream inside."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol, Union

from . import _core


class ArrowStream(Protocol):
    """Anything with an Arrow stream inside: polars, pyarrow, pandas, DuckDB, narwhals."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class LazyFrame(Protocol):
    """A lazy frame of polars, which is collected."""

    def collect(self) -> Any: ...


class Cursor(Protocol):
    """A connection of DuckDB after `execute`."""

    def fetchnumpy(self) -> Any: ...


class ArrowArray(Protocol):
    """Anything with one Arrow record batch inside."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...


#: A table: anything with Arrow inside, or a mapping of names to columns.
Data = Union[ArrowStream, ArrowArray, LazyFrame, Cursor, Mapping[str, Iterable[Any]]]

#: A table for expressions: as above, or a list of records.
Rows = Union[Data, Iterable[Mapping[str, Any]]]

#: An instant: a datetime with time zone, a date, ISO 8601 text, or microseconds since 1970 UTC.
Instant = Union[datetime, date, str, int]

NAIVE = ("a datetime without time zone: nobody can say which instant it is; give it one, such as "
         "datetime(2026, 2, 1, tzinfo=timezone.utc)")


def _series(values: Any) -> Any:
    """A pandas series as a list, with None where nothing is."""
    return values.astype(object).where(values.notna(), None).tolist()


def _column(values: Any) -> Any:
    if isinstance(values, (list, tuple)):
        return values
    if hasattr(values, "notna"):
        return _series(values)
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind is not None and hasattr(values, "mask"):  # numpy's masked arrays give None there
        return values.tolist()
    if kind == "M":  # numpy's datetime64 gives no buffer, and ints for nanoseconds
        return values.astype("datetime64[us]").tolist()
    if kind == "m":
        return values.astype("timedelta64[us]").tolist()
    if kind in ("O", "U", "S"):
        return values.tolist()
    for name in ("to_pylist", "to_list"):
        if hasattr(values, name):
            return getattr(values, name)()
    return values


def _flat(name: str, values: Any) -> Iterable[tuple[str, Any]]:
    """A column of mappings, or a mapping of columns, as a column for each of their names."""
    if isinstance(values, Mapping):
        for key, inner in values.items():
            yield from _flat(f"{name}.{key}", inner)
        return
    cells = _column(values)
    if not (isinstance(cells, (list, tuple)) and any(isinstance(cell, Mapping) for cell in cells)):
        yield name, cells
        return
    rows: list[Mapping[str, Any]] = []
    for row, cell in enumerate(cells):
        if cell is not None and not isinstance(cell, Mapping):
            raise TypeError(f"column '{name}': row {row} is a {type(cell).__name__} among mappings")
        rows.append({} if cell is None else cell)
    for key in dict.fromkeys(key for cell in rows for key in cell):
        yield from _flat(f"{name}.{key}", [cell.get(key) for cell in rows])


def _columns(mapping: Mapping[str, Any]) -> object:
    columns: dict[str, Any] = {}
    for name, values in mapping.items():
        for flat, cells in _flat(name, values):
            if flat in columns:
                raise ValueError(f"column '{flat}': given twice")
            columns[flat] = cells
    return _core.columns(columns)


def _pandas(frame: Any) -> Any:
    """A pandas frame without the index that filtering leaves behind."""
    index = frame.index
    if len(index.names) == 1 and index.names[0] is None:
        frame = frame.reset_index(drop=True)
    else:
        frame = frame.reset_index()
    if len(frame) == 0:  # what pandas takes columns without values for says nothing
        return _columns({str(name): [] for name in frame.columns})
    try:
        return frame.__arrow_c_stream__()
    except ImportError:  # it needs pyarrow for that
        return _columns({str(name): frame[name] for name in frame.columns})


def _answer(data: Any) -> Any:
    """What has still to be asked for its rows: a lazy polars frame, a DuckDB connection."""
    if hasattr(data, "__arrow_c_stream__"):
        return data
    for ask in ("collect", "to_arrow_reader", "fetch_record_batch"):  # the last is DuckDB's before 2
        if hasattr(data, ask):
            return getattr(data, ask)()
    return data


def stream_of(data: Any) -> Any:
    """What the extension reads: a capsule, or something that gives one."""
    if isinstance(data, Mapping):
        return _columns(data)
    kind = type(data)
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ == "DataFrame":
        return _pandas(data)
    return _answer(data)


def _struct_of(kind: Any) -> bool:
    return bool(str(kind).lower().startswith("struct"))


def flatten(data: Any) -> Any:
    """The struct columns of a table of pyarrow or polars as columns for each of their fields, named with
    dots; everything else as it is."""
    library = type(data).__module__.partition(".")[0]
    if library == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if library == "pyarrow" and hasattr(data, "read_next_batch") and any(map(_struct_of, data.schema.types)):
        data = data.read_all()
    if library == "pyarrow" and hasattr(data, "flatten"):
        while any(map(_struct_of, data.schema.types)):
            data = data.flatten()
    elif library == "polars" and hasattr(data, "get_columns"):
        while any(map(_struct_of, data.dtypes)):
            data = type(data)([field for column in data.get_columns() for field in _fields(column)])
    return data


def _fields(column: Any) -> list[Any]:
    """A polars column, or the fields of its structs."""
    if not _struct_of(column.dtype):
        return [column]
    return [column.struct.field(field.name).alias(f"{column.name}.{field.name}")
            for field in column.dtype.fields]


def records_of(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Records, each a mapping, as columns. A name that a record lacks is None in it."""
    names: dict[str, None] = {}
    all_rows = list(rows)
    for number, row in enumerate(all_rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"row {number} is a {type(row).__name__}: give a mapping")
        names.update(dict.fromkeys(row))
    return {name: [row.get(name) for row in all_rows] for name in names}


def rows_of(data: Any) -> int:
    """How many rows a table has, where it knows without work; else 0."""
    if isinstance(data, Mapping):
        data = next(iter(data.values()), ())
    for name in ("num_rows", "height"):  # pyarrow, polars
        rows = getattr(data, name, None)
        if isinstance(rows, int):
            return rows
    library = type(data).__module__.partition(".")[0]
    plain = isinstance(data, (list, tuple, _core.Table)) or library in ("pandas", "numpy", "array")
    return len(data) if plain else 0  # DuckDB would run its query


def time_parse(text: str) -> datetime:
    """Read ISO 8601 text: a date is midnight UTC, a time needs a zone."""
    return _core.time_datetime(_core.time_parse(text))

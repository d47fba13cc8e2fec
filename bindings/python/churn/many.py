# SPDX-License-Identifier: MIT
"""Expressions over arrays without a copy."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _core

if TYPE_CHECKING:
    from .expression import Expression

__all__ = ["Codes", "Counts", "fill_many"]


class Codes(NamedTuple):
    """A column of strings that repeat: row i is `words[codes[i]]`, or missing where its code is negative.

    `codes` is an array of integers; of uint32 nothing is copied.
    """

    codes: Any
    words: Sequence[str]


class Counts(NamedTuple):
    """What the rows of an expression came to."""

    #: Rows that have a value,
    values: int
    #: of these the true ones, for a bool,
    true: int
    #: and the false ones.
    false: int
    #: Rows that stand on something missing.
    unknown: int
    #: Rows that cannot be computed.
    error: int


_BOOL, _INT, _DOUBLE, _STRING, _TIME, _DURATION = 1, 2, 3, 4, 5, 7
_NUMPY = {_BOOL: "bool", _INT: "int64", _DOUBLE: "float64", _TIME: "datetime64[us]",
          _DURATION: "timedelta64[ns]"}


def _library(data: Any) -> str:
    return type(data).__module__.partition(".")[0]


def narrow(rules: Iterable[Expression], data: Any) -> Any:
    """A pandas frame without the columns that no expression uses, whose conversion would cost time."""
    if _library(data) != "pandas" or not hasattr(data, "columns"):
        return data
    used = list(dict.fromkeys(name for rule in rules for name in rule.variables if rule.uses(name)))
    if not used or not all(name in data.columns for name in used):
        return data
    return data[used].reset_index(drop=True)


# ---- arrays ----

def _nothing(values: Any) -> Any:
    """Which rows of a pandas or polars column are there; None: all."""
    if hasattr(values, "notna"):
        there = values.notna()
        return None if there.all() else there.to_numpy()
    return values.is_not_null().to_numpy() if values.null_count() else None


def _array(name: str, kind: int, values: Any) -> Any:
    """An array of numpy as the library reads it: itself, where it is of the type."""
    wanted = _NUMPY[kind]
    if values.dtype.kind in "Mm" and str(values.dtype) != wanted:
        values = values.astype(wanted)
    elif str(values.dtype) != wanted:
        try:
            values = values.astype(wanted, casting="safe")
        except TypeError:
            raise TypeError(f"{name}: an array of {values.dtype} does not hold the variable's type; "
                            f"give {wanted}") from None
    if values.ndim == 1 and not values.flags.c_contiguous:
        values = values.copy()
    return values.view("int64") if kind in (_TIME, _DURATION) else values


def _there(values: Any, kind: int) -> Any:
    """NaT is a row without a value."""
    if getattr(getattr(values, "dtype", None), "kind", "") not in ("M", "m"):
        return None
    there = values == values
    return None if there.all() else there


def _texts(values: Any) -> tuple[Any, ...]:
    """Texts, with None where one is missing, which NaN and NA in columns of pandas are."""
    if hasattr(values, "notna"):
        values = values.astype(object).where(values.notna(), None)
    for method in ("to_list", "tolist"):
        if hasattr(values, method):
            values = getattr(values, method)()
    return tuple(values)


def _of_series(name: str, kind: int, values: Any) -> tuple[Any, Any, Any]:
    """A column of pandas or polars: its array, what is there, and its words."""
    if str(values.dtype) == "category" and hasattr(values, "cat"):
        return values.cat.codes.to_numpy(), None, tuple(values.cat.categories)
    if kind == _STRING:
        return _texts(values), None, None
    there = _nothing(values)
    if hasattr(values, "notna"):
        return _array(name, kind, _of_pandas(kind, values, there)), there, None
    if there is not None and kind not in (_TIME, _DURATION):
        values = values.fill_null(False if kind == _BOOL else 0)
    return _array(name, kind, values.to_numpy()), there, None


def _of_pandas(kind: int, values: Any, there: Any) -> Any:
    """Its array: pandas' own nullable columns hold something where nothing is there."""
    if kind == _TIME and getattr(values.dtype, "tz", None) is not None:
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    nullable = not hasattr(values.dtype, "newbyteorder") and kind in (_BOOL, _INT, _DOUBLE)
    if nullable and there is not None:
        values = values.fillna(False if kind == _BOOL else 0)
    return values.to_numpy(dtype=_NUMPY[kind]) if nullable else values.to_numpy()


def _of_array(name: str, kind: int, values: Any) -> tuple[Any, Any, Any]:
    if isinstance(values, Codes):
        return values.codes, None, tuple(values.words)
    if isinstance(values, tuple) and len(values) == 2 and kind != _STRING:
        plain, there = values
        return _of_array(name, kind, plain)[0], there, None
    if hasattr(values, "notna") or _library(values) == "polars":
        return _of_series(name, kind, values)
    if kind == _STRING:
        return _texts(values), None, None
    if hasattr(values, "mask") and hasattr(values, "filled"):  # numpy's masked arrays
        there = None if not values.mask.any() else ~values.mask
        return _array(name, kind, values.data), there, None
    if hasattr(values, "dtype") and hasattr(values, "astype"):
        return _array(name, kind, values), _there(values, kind), None
    return values, None, None


def _length(values: Any) -> int:
    if isinstance(values, Codes):
        return len(values.codes)
    if isinstance(values, tuple) and len(values) == 2 and not isinstance(values[0], (str, type(None))):
        return len(values[0])
    return len(values)


def _lent(rules: Sequence[Expression], columns: Any) -> tuple[tuple[Any, ...], int]:
    """What the extension borrows for each variable, and the rows there are."""
    from .expression import _type
    rows = len(columns) if hasattr(columns, "columns") else None
    lent: list[Any] = []
    for name, kind in rules[0].variables.items():
        if not any(name in rule.variables and rule.uses(name) for rule in rules):
            lent.append(None)
            continue
        values = columns[name]
        rows = _length(values) if rows is None else rows
        number = _type(name, kind) & 0xff
        plain, there, words = _of_array(name, number, values)
        lent.append((name, number, plain, there, words))
    if rows is None:
        rows = next((_length(values) for values in columns.values()), 0)
    return tuple(lent), rows


def _out(values: Any) -> Any:
    """Arrays of instants and durations are those of their integers."""
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind in ("M", "m"):
        if str(values.dtype) not in ("datetime64[us]", "timedelta64[ns]"):
            raise TypeError(f"values: give datetime64[us] or timedelta64[ns], not {values.dtype}")
        return values.view("int64")
    return values


def fill_many(rules: Iterable[Expression], columns: Mapping[str, Any],
              values: Iterable[Any] | None = None, valid: Iterable[Any] | None = None, *,
              cancel: _core.Cancel | None = None) -> list[Counts]:
    """Evaluate expressions over the same arrays into arrays of yours: see `Expression.fill`.

    `values` and `valid` hold an array, or None, for each expression; what the expressions have in
    common is computed once.

    >>> from array import array
    >>> from churn import Expression
    >>> rules = [Expression(text, {"n": int}) for text in ("n > 1", "n % 2 == 0")]
    >>> [counts.true for counts in fill_many(rules, {"n": array("q", [1, 2, 3])})]
    [2, 1]
    """
    made = tuple(rules)
    if not made:
        raise ValueError("rules: give at least one expression")
    nothing = [None] * len(made)
    outs = tuple((_out(to), marks) for to, marks in
                 zip(nothing if values is None else values, nothing if valid is None else valid,
                     strict=True))
    if len(outs) != len(made):
        raise ValueError(f"values: give {len(made)} arrays, one an expression, not {len(outs)}")
    lent, rows = _lent(made, columns)
    return [Counts(*counts) for counts in _core._fill(made, lent, rows, outs, cancel)]

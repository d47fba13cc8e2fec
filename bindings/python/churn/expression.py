# SPDX-License-Identifier: MIT
"""One expression by itself: the language of a playbook's conditions."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any

from . import _core
from ._data import Data, stream_of
from .table import Table

__all__ = ["Expression"]

_TYPES: dict[Any, int] = {
    "bool": 1, "int": 2, "double": 3, "string": 4, "timestamp": 5,
    bool: 1, int: 2, float: 3, str: 4, datetime: 5,
}
_STRICT_CEL = 1


def _type(name: str, kind: Any) -> int:
    if kind not in _TYPES:
        raise ValueError(f"variables: {name}: give 'bool', 'int', 'double', 'string' or 'timestamp'")
    return _TYPES[kind]


class Expression(_core.Expression):
    """A compiled expression over declared variables, a subset of CEL.

    A value that is missing makes what stands on it unknown, by Kleene's logic. Types are names
    ("double") or Python's own (float).

    >>> rule = Expression("score < 70.0 && plan in ['free']", {"score": "double", "plan": "string"})
    >>> rule.evaluate({"score": 61.5, "plan": "free"})
    True
    >>> rule.evaluate({"plan": "free"}) is None
    True
    """

    def __init__(self, text: str, variables: Mapping[str, str | type], *,
                 strict_cel: bool = False, limits: Mapping[str, int] | None = None) -> None:
        #: The variables that the text may name, and the type of each.
        self.variables = dict(variables)
        self._options = (strict_cel, limits)
        names = tuple(variables)
        types = tuple(_type(name, kind) for name, kind in variables.items())
        self._compile(text, names, types, _STRICT_CEL if strict_cel else 0, limits)

    def evaluate_table(self, data: Data, *, cancel: _core.Cancel | None = None) -> Table:
        """Evaluate every row: a table of value (null where unknown), outcome and error."""
        return self._evaluate_stream(stream_of(data), cancel)

    def _instant(self, value: Any) -> int:
        if isinstance(value, str):
            return _core.time_parse(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
        return _core.time_micros(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _compile_again, (type(self), self.text, self.variables, *self._options)

    def __repr__(self) -> str:
        return "<churn.Expression closed>" if self.closed else f"<churn.Expression {self.text!r}>"


def _compile_again(kind: type[Expression], text: str, variables: dict[str, Any], strict_cel: bool,
                   limits: Mapping[str, int] | None) -> Expression:
    return kind(text, variables, strict_cel=strict_cel, limits=limits)

# SPDX-License-Identifier: MIT
"""Why calls fail: one class for each thing that a caller would do differently."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from . import _status

if TYPE_CHECKING:
    from .table import Table

__all__ = [
    "AbiError", "ArgumentError", "CancelledError", "CorruptError", "Diagnostic", "Error",
    "ExistsError", "ExpressionError", "InternalError", "LimitError", "LoadError", "NotFoundError",
    "ParseError", "PlaybookError", "QueryError", "RangeError", "StateError", "StorageError", "UnsupportedError",
    "Utf8Error", "ValueTypeError", "VersionError",
]


class Error(Exception):
    """A call of the library failed; it left everything as it was."""

    def __init__(self, message: str, *, status: int = _status.FAILED, detail: int = 0,
                 line: int | None = None, column: int | None = None,
                 row: int | None = None) -> None:
        super().__init__(message)
        #: What was wrong, without position.
        self.message = message
        #: The number of the status, as in churn/status.h.
        self.status = status
        #: Finer than the status: the number in `code`, or 0.
        self.detail = detail
        #: Where in a text the fault is, from 1.
        self.line = line
        #: In characters, from 1.
        self.column = column
        #: Which row of a batch, from 0.
        self.row = row

    @property
    def status_name(self) -> str:
        """The name of the status, such as "NOT_FOUND"."""
        return _status.STATUSES.get(self.status, _status.STATUSES[_status.FAILED])[0]

    @property
    def code(self) -> str | None:
        """A stable code, such as "CH0203"."""
        return f"CH{self.detail:04d}" if self.detail else None

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.message, self.__dict__)


def _again(kind: type[Error], message: str, state: dict[str, Any]) -> Error:
    made = kind(message)
    made.__dict__.update(state)
    return made


class InternalError(Error):
    """An invariant of the library is broken: report it as a defect."""


class ArgumentError(Error, ValueError):
    """A value is none of those that are allowed."""


class StateError(Error, RuntimeError):
    """The object cannot do this now: it is closed, busy, or the order of calls is wrong."""


class NotFoundError(Error, KeyError):
    """There is nothing of that name."""


class ExistsError(Error, ValueError):
    """There is already something of that name."""


class ValueTypeError(Error, TypeError):
    """A value or column has another type than is needed."""


class RangeError(Error, ValueError):
    """A number or an instant lies outside what is allowed."""


class LimitError(Error, ValueError):
    """A limit was reached: raise it with `limits=`, or give less."""


class ParseError(Error, ValueError):
    """A text is not well formed."""


class Utf8Error(Error, ValueError):
    """A text is not UTF-8."""


class StorageError(Error, OSError):
    """A file or a stream could not be read."""


class CorruptError(Error, ValueError):
    """Saved bytes, or an Arrow stream, are damaged."""


class VersionError(Error, ValueError):
    """Saved bytes were written by a newer version."""


class UnsupportedError(Error, NotImplementedError):
    """This version does not do that."""


class CancelledError(Error):
    """The call was cancelled."""


class AbiError(Error):
    """The library does not fit the package."""


class LoadError(Error, ValueError):
    """With `strict=True`: the first bad row. Nothing was loaded."""


class ExpressionError(Error, ValueError):
    """An expression does not compile, or cannot be computed for a row.

    `diagnostics` holds every error of a text that does not compile.
    """

    diagnostics: list[Diagnostic]

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.diagnostics = []


class QueryError(ExpressionError):
    """A question is wrong: `diagnostics` holds every finding, by the part that it is about."""

    diagnostics: list[Diagnostic]

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.diagnostics = []


class Diagnostic(NamedTuple):
    """One finding in a playbook, a question or an expression."""

    severity: str
    code: str
    file: str
    line: int | None
    column: int | None
    message: str
    expected: str | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity} {self.code}: {self.message}"


class PlaybookError(Error, ValueError):
    """A playbook is wrong: `diagnostics` holds every finding, errors and warnings."""

    diagnostics: list[Diagnostic]

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.diagnostics = []

    def __str__(self) -> str:
        return "\n".join(map(str, self.diagnostics)) or self.message


_CLASSES: dict[int, type[Error]] = {
    _status.INTERNAL: InternalError,
    _status.ARG: ArgumentError,
    _status.STATE: StateError,
    _status.NOT_FOUND: NotFoundError,
    _status.EXISTS: ExistsError,
    _status.TYPE: ValueTypeError,
    _status.RANGE: RangeError,
    _status.LIMIT: LimitError,
    _status.PARSE: ParseError,
    _status.CONFIG: ArgumentError,
    _status.UTF8: Utf8Error,
    _status.IO: StorageError,
    _status.CORRUPT: CorruptError,
    _status.VERSION: VersionError,
    _status.UNSUPPORTED: UnsupportedError,
    _status.CANCELLED: CancelledError,
    _status.FORKED: StateError,
    _status.ABI: AbiError,
}

#: Statuses that speak of the environment, not of the text or rows that were given.
_OUTSIDE = {_status.INTERNAL, _status.STATE, _status.IO, _status.CANCELLED, _status.FORKED,
            _status.ABI}


def _class_of(status: int, subject: str, row: int | None) -> type[Error]:
    if status not in _OUTSIDE:
        if subject == "playbook":
            return PlaybookError
        if subject == "query":
            return QueryError
        if subject == "expression":
            return ExpressionError
    if subject == "load" and row is not None and status != _status.CANCELLED:
        return LoadError
    return _CLASSES.get(status, Error)


def diagnostics_of(table: Table | None) -> list[Diagnostic]:
    """The rows of a table of findings."""
    return [Diagnostic(**row) for row in table.to_dicts()] if table is not None else []


def _make_error(status: int, message: str, detail: int, line: int | None, column: int | None,
                row: int | None, subject: str, extra: Table | None) -> Error:
    kind = _class_of(status, subject, row)
    made = kind(message, status=status, detail=detail, line=line, column=column, row=row)
    if isinstance(made, (PlaybookError, QueryError)):
        made.diagnostics = diagnostics_of(extra)
    return made

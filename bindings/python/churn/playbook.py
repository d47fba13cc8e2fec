# SPDX-License-Identifier: MIT
"""Playbooks: what health means, when a customer is at risk, and what is then done."""
from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from . import _core
from ._data import Instant
from .errors import Diagnostic, diagnostics_of
from .table import Table

__all__ = ["Playbook", "PlaybookDiff", "TestReport"]

_STRICT = 1
_NO_LINTS = 2


class TestReport(NamedTuple):
    """What the playbook's own tests came to; true where all passed, and prints like a runner."""

    #: How many expectations were met.
    passed: int
    #: How many were not.
    failed: int
    #: test, line, passed, what, expected, got, message, customer: a row an expectation.
    table: Table

    def __bool__(self) -> bool:
        return self.failed == 0

    @property
    def failures(self) -> list[str]:
        """What was not met: a text each, with the line, and why it is as it is below."""
        return [_failure(row) for row in self.table if not row["passed"]]

    def check(self) -> TestReport:
        """Raise an AssertionError that says what was not met; the report itself where all was.

        >>> Playbook.parse("{churn: 1, name: empty, time_zone: UTC}").test().check()
        0 passed, 0 failed
        """
        if self.failed > 0:
            raise AssertionError("\n".join([f"{self.failed} of {self.passed + self.failed} "
                                            "expectations of the playbook are not met",
                                            *self.failures]))
        return self

    def __str__(self) -> str:
        lines: list[str] = []
        for row in self.table:
            what = f": {_what(row)}" if row["what"] else ""
            lines.append(f"{'ok  ' if row['passed'] else 'FAIL'} {row['test']}{what}")
            if not row["passed"]:
                lines += [f"     {line}" for line in _reason(row).splitlines()]
        lines.append(f"{self.passed} passed, {self.failed} failed")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def _what(row: Mapping[str, Any]) -> str:
    return f"{row['customer']}: {row['what']}" if row["customer"] is not None else str(row["what"])


def _reason(row: Mapping[str, Any]) -> str:
    if not row["what"]:
        return f"line {row['line']}: {row['message']}"
    said = f"line {row['line']}: expected {row['expected']}, got {row['got']}"
    lines = (row["message"] or "").splitlines()
    return "\n".join([said, *(f"  {line}" for line in lines)])


def _failure(row: Mapping[str, Any]) -> str:
    what = f"{row['test']}: {_what(row)}" if row["what"] else str(row["test"])
    return f"{what}, {_reason(row)}"


setattr(TestReport, "__test__", False)  # pytest is not to collect it


class PlaybookDiff(Table):
    """What changes between two playbooks: sort, id, change, key, before, after."""

    _text: str

    def text(self) -> str:
        """The changes for people who review them: a line each, "no changes" where there are none."""
        return self._text

    def __str__(self) -> str:
        return self._text


class Playbook(_core.Playbook):
    """A compiled playbook: it never changes, and is shared freely between engines and threads.

    >>> Playbook.parse("{churn: 1, name: empty, time_zone: UTC}").name
    'empty'
    """

    _source: tuple[bytes, str | None, dict[str, int] | None, str | None, bool, bool]
    #: Warnings that compiling gave.
    warnings: list[Diagnostic]

    def __init__(self) -> None:
        raise TypeError("make one with Playbook.load(path) or Playbook.parse(text)")

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, limits: Mapping[str, int] | None = None,
             zoneinfo: str | None = None, strict: bool = False, lints: bool = True) -> Playbook:
        """Compile a file; PlaybookError.diagnostics holds every finding.

        With `strict` every warning is an error; without `lints` what compiles but looks wrong
        (CH17..) is not told.
        """
        with open(path, "rb") as file:
            text = file.read()
        name = os.fspath(path).encode("utf-8", "replace").decode("utf-8")
        return cls.parse(text, file=name, limits=limits, zoneinfo=zoneinfo, strict=strict,
                         lints=lints)

    @classmethod
    def parse(cls, text: str | bytes, *, file: str | None = None,
              limits: Mapping[str, int] | None = None, zoneinfo: str | None = None,
              strict: bool = False, lints: bool = True) -> Playbook:
        """Compile a text; `file` is the name that diagnostics show; see load() for the rest."""
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
        self = cls.__new__(cls)
        flags = (_STRICT if strict else 0) | (0 if lints else _NO_LINTS)
        self.warnings = diagnostics_of(self._parse(data, file, limits, zoneinfo, flags))
        self._source = (data, file, dict(limits) if limits is not None else None, zoneinfo, strict,
                        lints)
        return self

    def diff(self, other: _core.Playbook, /) -> PlaybookDiff:
        """What changes when another playbook takes the place of this one: sort, id, change, key,
        before, after. Comments, layout and the spelling of expressions are no changes.

        >>> old = Playbook.parse("{churn: 1, name: p, metrics: [{id: seats, subscription: seats}]}")
        >>> new = Playbook.parse("{churn: 1, name: p, currency: EUR}")
        >>> print(old.diff(new).text(), end="")
        ~ playbook: currency -> EUR
        - metric seats
        """
        table: Any = self._diff(other)
        table.__class__ = PlaybookDiff
        table._text = self._diff_text(other)
        return cast(PlaybookDiff, table)

    def test(self, name: str | None = None) -> TestReport:
        """Run the tests that the playbook carries: all of them, or the one of that name.

        The name of a test with cases means all of its cases, "name [row 2]" means one. A name that
        no test has is a NotFoundError.
        """
        return TestReport(*self._test(name))

    def _instant(self, value: Instant) -> int:
        """Microseconds of an instant; dates and wall times are in the playbook's zone."""
        if isinstance(value, date) and not isinstance(value, datetime):
            value = value.isoformat()
        if isinstance(value, str):
            return self._time(value)
        return _core.time_micros(value)

    def time(self, value: Instant) -> datetime:
        """Read an instant: a date is local midnight, a time without zone local time."""
        return _core.time_datetime(self._instant(value))

    def time_text(self, value: Instant) -> str:
        """Write an instant in the playbook's zone: a date where it is local midnight."""
        return self._time_text(self._instant(value))

    def __reduce__(self) -> tuple[Any, ...]:
        return _parse_again, (type(self), *self._source)

    def __repr__(self) -> str:
        return "<churn.Playbook closed>" if self.closed else f"<churn.Playbook {self.name!r}>"


def _parse_again(kind: type[Playbook], text: bytes, file: str | None,
                 limits: dict[str, int] | None, zoneinfo: str | None, strict: bool = False,
                 lints: bool = True) -> Playbook:
    return kind.parse(text, file=file, limits=limits, zoneinfo=zoneinfo, strict=strict, lints=lints)

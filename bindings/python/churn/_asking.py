# SPDX-License-Identifier: MIT
"""What the questions about the business have in common: words for what the library counts."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Union

from . import _core, _status
from ._data import Instant
from .errors import RangeError

__all__ = ["ByAt", "Every", "Names", "Unit"]

#: The period of a figure; None is the whole span.
Every = Literal["day", "week", "month", "quarter", "year"]
#: A calendar unit.
Unit = Every
#: When it is decided to which group somebody belongs in a period.
ByAt = Literal["start", "end"]
#: One name, or several.
Names = Union[str, Iterable[str]]

UNITS = {"day": 1, "week": 2, "month": 3, "quarter": 4, "year": 5}
EVERY: dict[str | None, int] = {None: 0}
EVERY.update(UNITS)
ROLLING = 6
BY_AT = {"start": 0, "end": 1}


def word(words: Mapping[str, int] | Mapping[str | None, int], given: str | None, name: str) -> int:
    """What the library has for a word."""
    for known, value in words.items():
        if known == given:
            return value
    raise ValueError(f"{name}: {given!r} is none of {', '.join(map(repr, words))}")


def names(given: Names | None) -> list[str]:
    """One name or several as a list."""
    return [given] if isinstance(given, str) else list(given or ())


def share(given: float, name: str = "level") -> float:
    """A number between 0 and 1, neither included."""
    if not 0 < given < 1:
        raise RangeError(f"{name}: {given!r} is not between 0 and 1", status=_status.RANGE)
    return float(given)


class Asking(_core.Engine):
    """What Engine has for those who ask."""

    if TYPE_CHECKING:
        def _at(self, value: Instant) -> int: ...
        def _known(self, value: Instant | None) -> int: ...

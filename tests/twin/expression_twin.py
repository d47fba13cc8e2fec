# SPDX-License-Identifier: MIT
"""What an expression means, from the definition of CEL and of what is missing, in plain Python.

A tree is (form, kids); a form says its type, the types of its kids, how it is written and what it
gives. Nothing here knows how the library works: numbers are Python's, text is compared by bytes,
calendars are those of datetime and zoneinfo.

A value is a bool, int, float or str; an instant is a Micros, a duration a Nanos. What has none is
UNKNOWN or ERROR.
"""
from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo


class Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


class Failed(Exception):
    """An operation that has no result."""


class Beyond(Exception):
    """Python's calendar ends here, ours does not: this row is not judged."""


UNKNOWN, ERROR = Unknown(), Failed("ERROR")


class Micros(int):
    """An instant: microseconds since 1970 UTC."""


class Nanos(int):
    """A duration: nanoseconds."""


@dataclass(frozen=True)
class Form:
    of: str  # the type: b i d s t u
    text: str  # @ for each kid
    kids: str = ""  # their types
    does: Callable[..., Any] | None = None
    logic: bool = False  # it takes UNKNOWN and ERROR too
    lenient: bool = False  # not in strict CEL
    means: bool = False  # `does` wants to know whether CEL is strict


@dataclass
class Tree:
    form: Form
    kids: list[Tree] = field(default_factory=list)

    def __str__(self) -> str:
        parts = self.form.text.split("@")
        return parts[0] + "".join(str(kid) + part for kid, part in zip(self.kids, parts[1:]))


# ---- what operations give ----

LOW, HIGH = -2**63, 2**63 - 1
FIRST, LAST = -62135596800 * 10**6, 253402300799 * 10**6 + 999999


def whole(value: int) -> int:
    if not LOW <= value <= HIGH:
        raise Failed
    return value


def instant(value: int) -> Micros:
    if not FIRST <= value <= LAST:
        raise Failed
    return Micros(value)


def span(value: int) -> Nanos:
    return Nanos(whole(value))


def divide(a: int, b: int) -> int:
    if b == 0:
        raise Failed
    return whole(abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


def remainder(a: int, b: int) -> int:
    if b == 0 or (a == LOW and b == -1):
        raise Failed
    return abs(a) % abs(b) * (-1 if a < 0 else 1)


def quotient(a: float, b: float) -> float:
    if b != 0:
        try:
            return a / b
        except OverflowError:
            return math.inf
    if a == 0 or a != a:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def key(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def finite(strict: bool, *values: Any) -> None:
    if not strict and any(isinstance(v, float) and not math.isfinite(v) for v in values):
        raise Failed


def compare(how: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def compared(strict: bool, a: Any, b: Any) -> bool:
        finite(strict, a, b)
        return how(key(a), key(b))
    return compared


def is_in(strict: bool, a: Any, *items: Any) -> bool:
    finite(strict, a, *items)
    return any(a == item for item in items)


def to_int(value: float) -> int:
    if not -2.0**63 < value < 2.0**63:
        raise Failed
    return math.trunc(value)


def read_int(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", text):
        raise Failed
    return whole(int(text))


def read_double(text: str) -> float:
    if not re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", text):
        raise Failed
    return float(text)


def read_bool(text: str) -> bool:
    words = {"true": True, "True": True, "TRUE": True, "t": True, "1": True,
             "false": False, "False": False, "FALSE": False, "f": False, "0": False}
    if text not in words:
        raise Failed
    return words[text]


def read_instant(text: str) -> Micros:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[-+]\d\d:\d\d)", text):
        raise Failed
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Failed from None
    return instant((at - EPOCH) // timedelta(microseconds=1))


UNITS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}


def read_span(text: str) -> Nanos:
    sign = -1 if text.startswith("-") else 1
    body = text.lstrip("+-") if text[:1] in ("+", "-") else text
    if body == "0":
        return Nanos(0)
    if not re.fullmatch(r"([0-9]+(\.[0-9]*)?(h|ms|us|ns|m|s))+", body):
        raise Failed
    total = 0
    for number, _, unit in re.findall(r"([0-9]+(\.[0-9]*)?)(h|ms|us|ns|m|s)", body):
        before, _, after = number.partition(".")
        total += int(before) * UNITS[unit] + (int(after) * UNITS[unit] // 10**len(after) if after else 0)
    return span(sign * total)


EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def local(at: Micros, zone: str) -> datetime:
    try:
        utc = EPOCH + timedelta(microseconds=at)
        if re.fullmatch(r"[-+]?\d\d:\d\d", zone):
            sign = -1 if zone[0] == "-" else 1
            hours, minutes = zone.lstrip("+-").split(":")
            return utc.astimezone(timezone(sign * timedelta(hours=int(hours), minutes=int(minutes))))
        return utc.astimezone(ZoneInfo(zone))
    except OverflowError:
        raise Beyond from None


def getter(what: Callable[[datetime], int], zone: str = "UTC") -> Callable[[Micros], int]:
    return lambda at: what(local(at, zone))


GETTERS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda d: d.year, "getMonth": lambda d: d.month - 1, "getDate": lambda d: d.day,
    "getDayOfMonth": lambda d: d.day - 1, "getDayOfWeek": lambda d: d.isoweekday() % 7,
    "getDayOfYear": lambda d: d.timetuple().tm_yday - 1, "getHours": lambda d: d.hour,
    "getMinutes": lambda d: d.minute, "getSeconds": lambda d: d.second,
    "getMilliseconds": lambda d: d.microsecond // 1000,
}


def truncated(per: int) -> Callable[[Nanos], int]:
    return lambda value: divide(value, per)


def rounded(value: float) -> float:
    """Half away from zero."""
    if not math.isfinite(value) or abs(value) >= 2.0**52:
        return value
    return math.copysign(float(math.floor(abs(value)) + (abs(value) - math.floor(abs(value)) >= 0.5)), value)


def by_finite(how: Callable[[float], float]) -> Callable[[float], float]:
    """As IEEE 754 has it: what becomes zero keeps its sign."""
    return lambda value: math.copysign(float(how(value)), value) if math.isfinite(value) else value


def show_instant(at: Micros) -> str:
    text, _, after = (EPOCH + timedelta(microseconds=at)).replace(tzinfo=None).isoformat().partition(".")
    return text + ("." + after.rstrip("0") if after else "") + "Z"


def conjunction(*values: Any) -> Any:
    return decide(values, False)


def disjunction(*values: Any) -> Any:
    return decide(values, True)


def decide(values: tuple[Any, ...], by: bool) -> Any:
    if by in [value for value in values if isinstance(value, bool)]:
        return by
    if UNKNOWN in values:
        return UNKNOWN
    return ERROR if ERROR in values else not by


def choose(condition: Any, then: Any, other: Any) -> Any:
    return condition if condition in (UNKNOWN, ERROR) else then if condition else other


# ---- the forms ----

FORMS = [
    Form("b", "(@ && @)", "bb", conjunction, logic=True), Form("b", "(@ || @)", "bb", disjunction, logic=True),
    Form("b", "(@ && @ && @)", "bbb", conjunction, logic=True),
    Form("b", "(@ || @ || @)", "bbb", disjunction, logic=True),
    Form("b", "!@", "b", lambda a: not a),
    *(Form(of, "(@ ? @ : @)", "b" + of + of, choose, logic=True) for of in "bidstu"),
    *(Form("b", f"(@ {sign} @)", of, compare(how), means=True, lenient=of in ("id", "di"))
      for of in ("bb", "ii", "dd", "id", "di", "ss", "tt", "uu")
      for sign, how in (("==", lambda a, b: a == b), ("!=", lambda a, b: a != b), ("<", lambda a, b: a < b),
                        ("<=", lambda a, b: a <= b), (">", lambda a, b: a > b), (">=", lambda a, b: a >= b))),
    *(Form("b", "(@ in [@, @, @])", of * 4, is_in, means=True) for of in "bidstu"),
    Form("b", "@.contains(@)", "ss", lambda a, b: b in a),
    Form("b", "@.startsWith(@)", "ss", lambda a, b: a.startswith(b)),
    Form("b", "@.endsWith(@)", "ss", lambda a, b: a.endswith(b)),
    *(Form("b", f"@.matches('{p}')", "s", lambda a, p=p: re.search(p, a) is not None)
      for p in ("a", "^a", "b$", "[a-f]+", "^(free|ab)$", "t.u?e", "(a|b)*c?", "[^0-9]$")),
    Form("b", "bool(@)", "s", read_bool), Form("b", "math.isNaN(@)", "d", math.isnan),
    Form("b", "math.isInf(@)", "d", math.isinf), Form("b", "math.isFinite(@)", "d", math.isfinite),
    Form("i", "(@ + @)", "ii", lambda a, b: whole(a + b)), Form("i", "(@ - @)", "ii", lambda a, b: whole(a - b)),
    Form("i", "(@ * @)", "ii", lambda a, b: whole(a * b)), Form("i", "(@ / @)", "ii", divide),
    Form("i", "(@ % @)", "ii", remainder), Form("i", "(-(@))", "i", lambda a: whole(-a)),
    Form("i", "int(@)", "d", to_int), Form("i", "int(@)", "s", read_int),
    Form("i", "int(@)", "t", lambda a: int(a) // 10**6), Form("i", "size(@)", "s", len), Form("i", "@.size()", "s", len),
    Form("i", "math.least(@, @)", "ii", min), Form("i", "math.greatest(@, @, @)", "iii", max),
    Form("i", "math.abs(@)", "i", lambda a: whole(abs(a))), Form("i", "math.sign(@)", "i", lambda a: (a > 0) - (a < 0)),
    *(Form("i", f"@.{name}()", "t", getter(what)) for name, what in GETTERS.items()),
    *(Form("i", f"@.{name}('{zone}')", "t", getter(GETTERS[name], zone)) for name in ("getHours", "getMinutes", "getDate", "getDayOfWeek", "getDayOfYear")
      for zone in ("+05:45", "-02:00", "Europe/Budapest", "America/New_York")),
    Form("i", "@.getHours()", "u", truncated(3600 * 10**9)), Form("i", "@.getMinutes()", "u", truncated(60 * 10**9)),
    Form("i", "@.getSeconds()", "u", truncated(10**9)),
    Form("d", "(@ + @)", "dd", lambda a, b: a + b), Form("d", "(@ - @)", "dd", lambda a, b: a - b),
    Form("d", "(@ * @)", "dd", lambda a, b: a * b), Form("d", "(@ / @)", "dd", quotient),
    Form("d", "(-(@))", "d", lambda a: -a), Form("d", "double(@)", "i", float), Form("d", "double(@)", "s", read_double),
    Form("d", "math.abs(@)", "d", abs), Form("d", "math.ceil(@)", "d", by_finite(math.ceil)),
    Form("d", "math.floor(@)", "d", by_finite(math.floor)), Form("d", "math.trunc(@)", "d", by_finite(math.trunc)),
    Form("d", "math.round(@)", "d", rounded),
    Form("d", "math.sqrt(@)", "d", lambda a: math.sqrt(a) if a >= 0 else math.nan),
    Form("s", "(@ + @)", "ss", lambda a, b: a + b), Form("s", "string(@)", "i", str),
    Form("s", "string(@)", "b", lambda a: "true" if a else "false"), Form("s", "string(@)", "t", show_instant),
    Form("t", "timestamp(@)", "i", lambda a: instant(a * 10**6)), Form("t", "timestamp(@ + '')", "s", read_instant),
    Form("t", "(@ + @)", "tu", lambda a, b: instant(a + b // 1000)),
    Form("t", "(@ + @)", "ut", lambda a, b: instant(b + a // 1000)),
    Form("t", "(@ - @)", "tu", lambda a, b: instant(a - b // 1000)),
    Form("u", "(@ - @)", "tt", lambda a, b: span((a - b) * 1000)),
    Form("u", "(@ + @)", "uu", lambda a, b: span(a + b)), Form("u", "(@ - @)", "uu", lambda a, b: span(a - b)),
    Form("u", "duration(@ + '')", "s", read_span),
]

#: Literals: as they are written, and what they are. Durations are whole microseconds, as instants are.
LITERALS: dict[str, list[tuple[str, Any]]] = {
    "b": [("true", True), ("false", False)],
    "i": [(str(n), n) for n in (0, 1, -1, 2, 7, 100, HIGH, LOW, 2**53 + 1)] + [("0x10", 16)],
    "d": [(repr(d), d) for d in (0.0, 1.0, -1.5, 7.25, 1e-300, 2.0**53, 2.0**63)] + [("1e300", 1e300), (".5", 0.5)],
    "s": [("''", ""), ("'a'", "a"), ('"ab"', "ab"), ("'\\u00e9t\\u00e9'", "été"), ("'12'", "12"), ("'90m'", "90m"),
          ("'2026-01-01T00:00:00Z'", "2026-01-01T00:00:00Z")],
    "t": [(f"timestamp('{text}')", read_instant(text)) for text in
          ("2026-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "2024-02-29T12:30:00+05:30", "2026-03-29T01:00:00Z")],
    "u": [(f"duration('{text}')", read_span(text)) for text in ("0s", "1h", "-90m", "1.5s", "24h", "2000000h", "1h30m5ms")],
}

VALUES: dict[str, list[Any]] = {
    "b": [True, False],
    "i": [0, 1, -1, 2, 3, 7, 16, 100, 3600, HIGH, LOW, 2**53 + 1],
    "d": [0.0, 1.0, -1.5, 2.0, 7.25, 100.0, 1e300, 2.0**53, 0.5, -2.5, 9.5, math.nan, math.inf, -math.inf],
    "s": ["", "a", "ab", "free", "été", "12", "true", "1.5", "-7", "2026-01-01T00:00:00Z", "90m", "1h30m"],
    "t": [Micros(t) for t in (0, 1, -1, 1767225600000000, 1767225599999999, 1709209800000000, 1774749600123456, FIRST, LAST)],
    "u": [Nanos(u) for u in (0, 1000, -1000, 3600 * 10**9, -5400 * 10**9, 1500000000, 86400 * 10**9, HIGH // 1000 * 1000)],
}


def evaluate(tree: Tree, row: dict[str, Any], strict: bool) -> Any:
    """The value of a tree over a row, in which None is missing; UNKNOWN; or ERROR."""
    value = walk(tree, row, strict)
    if isinstance(value, float) and not strict and not math.isfinite(value):
        return ERROR
    return value


def walk(tree: Tree, row: dict[str, Any], strict: bool) -> Any:
    form = tree.form
    if form.does is None:
        return leaf(form, row)
    kids = [walk(kid, row, strict) for kid in tree.kids]
    if form.logic:
        return form.does(*kids)
    if any(kid is UNKNOWN for kid in kids):
        return UNKNOWN
    if any(kid is ERROR for kid in kids):
        return ERROR
    try:
        return form.does(strict, *kids) if form.means else form.does(*kids)
    except Failed:
        return ERROR


LITERAL = {text: value for pairs in LITERALS.values() for text, value in pairs}


def leaf(form: Form, row: dict[str, Any]) -> Any:
    if form.text.startswith("has("):
        return row[form.text[4:-1]] is not None
    if form.text in LITERAL:
        return LITERAL[form.text]
    value = row[form.text]
    return UNKNOWN if value is None else value

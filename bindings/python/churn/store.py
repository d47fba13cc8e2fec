# SPDX-License-Identifier: MIT
"""Customer records and their history."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Literal, NamedTuple, NoReturn

from . import _core
from ._data import NAIVE, Data, Instant, rows_of, stream_of
from ._watch import Progress, watching
from .erase import EraseReport, ForgetReport, MergeReport
from .table import Table

__all__ = ["Kind", "LoadReport", "Span", "Store"]

#: The kinds of records.
Kind = Literal["customer", "attribute", "event", "subscription", "invoice", "ticket", "survey",
               "churn", "contact", "alias", "milestone", "touchpoint", "spend", "rate",
               "announcement", "override", "measure"]

_STRICT, _RETRACT = 1, 2
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNKNOWN = {None: 0, "create": 1, "reject": 2}
_ALL_VERSIONS = 1
_MONEY = {None: 0, "major": 1, "minor": 2}


class LoadReport(NamedTuple):
    """What a load did with each row: seen is the sum of the next six."""

    seen: int
    #: New records, and new versions by `known_at`.
    added: int
    #: Records replaced by what the row says.
    updated: int
    #: Rows that said what was known.
    unchanged: int
    #: Rows overruled by a later row of the same key in the same call.
    conflicting: int
    #: Records that are no more.
    retracted: int
    #: Bad rows: see `rejections`.
    rejected: int
    #: Of those rejected: attribute changes without a date.
    undated: int
    #: Of those rejected: an id that is no alias of the source.
    unmapped: int
    #: Of those updated or retracted: without `known_at`, so that past answers change.
    rewrote_history: int
    #: Of those added or updated: older than a mark of the store.
    late: int
    #: Customers that were made.
    customers: int
    #: row, field, code, reason of the bad rows, as far as the limit `rejections` goes.
    rejections: Table

    def __repr__(self) -> str:
        shown = [f"{name}={count}" for name, count in zip(self._fields[:-1], self[:-1])
                 if count or name in ("seen", "added", "rejected")]
        first = ""
        if len(self.rejections):
            row = self.rejections.row(0)
            first = f"; first: row {row['row']}: {row['field']} {row['reason']}"
        return f"LoadReport({', '.join(shown)}{first})"


def _is_column(value: Any) -> bool:
    return value is not None and not isinstance(value, (str, bytes, int, float, date))


def _report(counts: tuple[Any, ...]) -> LoadReport:
    rejections = counts[-1] if counts[-1] is not None else _no_rejections()
    return LoadReport._make((*counts[:-1], rejections))


class Span(NamedTuple):
    """How many records there are, and between which instants."""

    records: int
    #: Who have any.
    customers: int
    #: None where no record has an instant.
    first: datetime | None
    last: datetime | None


def _names(given: str | Iterable[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _no_rejections() -> Table:
    from array import array
    return Table.from_arrow({"row": array("q"), "field": [], "code": [], "reason": []})


def _choice(choices: dict[str | None, int], value: str | None, name: str) -> int:
    if value not in choices:
        wanted = " or ".join(repr(choice) for choice in choices if choice)
        raise ValueError(f"{name}: give {wanted}")
    return choices[value]


def _constant(value: Any, field: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValueError(f"constants: {field}: {NAIVE}")
        return _core.time_format(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None:
        raise TypeError(f"constants: {field}: None; leave it out")
    return str(value)


class Store(_core.Store):
    """Customer records and their history, in memory.

    One thread writes while any number of threads ask; a second writer gets StateError. Dates, and
    times without zone in the columns of tables, are taken in `time_zone`; a time that is an
    argument (`as_of`, `known_at`, `at` of `add_event`) says its zone. `unknown_customer` says what
    becomes of rows whose customer is not there: "create" (the default) or "reject".

    >>> store = Store()
    >>> store.add("event", {"customer": ["acme"], "type": ["login"], "at": ["2026-01-01T09:30Z"]}).added
    1
    """

    def __init__(self, *, time_zone: str | None = None,
                 unknown_customer: Literal["create", "reject"] | None = None,
                 limits: Mapping[str, int] | None = None, zoneinfo: str | None = None) -> None:
        #: The zone that was declared, None for UTC by default.
        self.time_zone = time_zone
        self._create(_choice(_UNKNOWN, unknown_customer, "unknown_customer"), limits, time_zone,
                     zoneinfo)

    def add(self, kind: Kind, data: Data, *, columns: Mapping[str, str] | None = None,
            constants: Mapping[str, Any] | None = None,
            values: Mapping[str, Mapping[str, str]] | None = None,
            money: Literal["major", "minor"] | None = None,
            unknown_customer: Literal["create", "reject"] | None = None,
            valid_from: Instant | None = None, known_at: Instant | None = None,
            time_zone: str | None = None, strict: bool = False, source: str | None = None,
            progress: Progress = None, cancel: _core.Cancel | None = None) -> LoadReport:
        """Add the rows of a table, all at once.

        `data` is anything with Arrow inside (polars, pyarrow, pandas, DuckDB) or a dict of columns.
        `columns` says in which column a field is, `constants` what fields hold that the data lack,
        `values` how the words of a field are to be read, `money` whether numbers are major units
        (12.50) or minor ones (1250). `valid_from` dates the attributes of customers, `known_at`
        says when all these rows were learned. `source` is the system that the rows come from, which
        `replace` asks for: where the store has records of kind "alias" of it, the rows name customers
        by the ids of that system, otherwise by your own. A bad row is rejected with its reason and never takes good ones with it; with `strict` the first one is a LoadError and
        nothing is added. `progress` is True for a bar, or what is called with the rows read and how
        many there are. Ctrl-C ends a load, and leaves the store as it was.
        """
        return self._read(
            kind, data, columns, constants, values, _STRICT if strict else 0, unknown_customer,
            money, valid_from, known_at, time_zone, source, progress, cancel, None)

    def replace(self, kind: Kind, data: Data, *, start: Instant | None = None,
                end: Instant | None = None, types: str | Iterable[str] | None = None,
                columns: Mapping[str, str] | None = None,
                constants: Mapping[str, Any] | None = None,
                values: Mapping[str, Mapping[str, str]] | None = None,
                money: Literal["major", "minor"] | None = None,
                unknown_customer: Literal["create", "reject"] | None = None,
                known_at: Instant | None = None, time_zone: str | None = None,
                source: str | None = None, strict: bool = False, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> LoadReport:
        """Let the rows of a table take the place of a slice of records, in one step.

        The slice is what happened from `start` on and before `end`, of events only those of
        `types`. Rows that repeat what is there are `unchanged`; what no row names is retracted at
        `known_at`, or, without it, never was. With `source` only what came from that system is
        replaced, so that the tables of two systems lie side by side; where the store has aliases of
        it, rows name customers by them. The way to load a table without ids again every night; what
        does not change costs nothing.

        >>> rows = {"customer": ["acme"], "type": ["login"], "at": ["2026-01-01T09:30Z"]}
        >>> store = Store()
        >>> store.replace("event", rows, start="2026-01-01", end="2026-02-01").added
        1
        >>> store.replace("event", rows, start="2026-01-01", end="2026-02-01").unchanged
        1
        """
        return self._read(
            kind, data, columns, constants, values, _STRICT if strict else 0, unknown_customer,
            money, None, known_at, time_zone, source, progress, cancel,
            (start, end, _names(types)))

    def retract(self, kind: Kind, data: Data | Mapping[str, Any], *,
                columns: Mapping[str, str] | None = None,
                constants: Mapping[str, Any] | None = None, known_at: Instant | None = None,
                time_zone: str | None = None, strict: bool | None = None, source: str | None = None,
                progress: Progress = None, cancel: _core.Cancel | None = None) -> LoadReport:
        """Say that records are no more, from `known_at` on; without it, that they never were.

        `data` names them by their key: their `id`, or what a record of the kind is known by. One
        record may be given as a dict of its fields: one that is not there is a LoadError then,
        where rows of a table are rejected as `not_found` unless `strict`.

        >>> store.retract("event", {"id": "e-1"}, known_at="2026-02-01")  # doctest: +SKIP
        """
        rows: Any = data
        if isinstance(data, Mapping) and not any(_is_column(value) for value in data.values()):
            rows = {field: [_constant(value, field)] for field, value in data.items()
                    if value is not None}
            strict = True if strict is None else strict
        return self._read(
            kind, rows, columns, constants, None, _RETRACT | (_STRICT if strict else 0), None, None,
            None, known_at, time_zone, source, progress, cancel, None)

    def _read(self, kind: Kind, data: Data, columns: Mapping[str, str] | None,
              constants: Mapping[str, Any] | None,
              values: Mapping[str, Mapping[str, str]] | None, flags: int,
              unknown_customer: str | None, money: str | None, valid_from: Instant | None,
              known_at: Instant | None, time_zone: str | None, source: str | None,
              progress: Progress, cancel: _core.Cancel | None,
              replace: tuple[Instant | None, Instant | None, list[str]] | None) -> LoadReport:
        triples = [(field, str(old), new) for field, mapping in (values or {}).items()
                   for old, new in mapping.items()]
        fixed = [(field, _constant(value, field)) for field, value in (constants or {}).items()]
        unknown = _choice(_UNKNOWN, unknown_customer, "unknown_customer")
        unit = _choice(_MONEY, money, "money")
        rows = stream_of(data)
        with watching(progress, cancel, "rows", rows_of(data)) as watch:
            counts = self._load(
                kind, rows, list((columns or {}).items()), fixed, triples, flags, unknown, unit,
                valid_from, known_at, time_zone, source, watch, replace)
        return _report(counts)

    def erase(self, customers: str | Iterable[str]) -> EraseReport:
        """Erase a customer, or several: every record, every trace in indexes and dictionaries, and
        what engines remember of them, actions in the outbox too.

        An id that no customer has is counted and no error. Saved states, tables and logs are the
        host's own: see docs/privacy.md.

        >>> store = Store()
        >>> store.add_event("acme", "login", "2026-01-01")
        >>> store.erase(["acme", "nobody"]).removed
        {'event': 1}
        """
        return EraseReport(*self._erase([customers] if isinstance(customers, str)
                                        else list(customers)))

    def erase_user(self, user: str) -> EraseReport:
        """Erase a person: records by them stay as numbers and lose the name and what they wrote."""
        return EraseReport(*self._erase_user(user))

    def records(self, kind: Kind, *, customer: str | None = None, start: Instant | None = None,
                end: Instant | None = None, as_of: Instant | None = None,
                types: str | Iterable[str] | None = None, all_versions: bool = False,
                limit: int = 0, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """The records of a kind, a column a field, rows by customer, then instant.

        `start` and `end` (not included) are bounds of the record's instant, `types` are types of
        events or names of attributes. With `as_of` rows are as an evaluation then sees them: what
        was not yet dated is None. Money is in minor units. Customers come with their attributes as
        columns. With `all_versions` every version is there, and `known_until`; the tables of all
        kinds, loaded into a new store with `money="minor"` and without `known_until`, give the same
        `hash()`.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._records(
                kind, customer, self._said(start), self._said(end), self._said(as_of),
                _names(types), _ALL_VERSIONS if all_versions else 0, limit, watch)

    def span(self, kind: Kind, *, customer: str | None = None, start: Instant | None = None,
             end: Instant | None = None, as_of: Instant | None = None,
             types: str | Iterable[str] | None = None, all_versions: bool = False,
             cancel: _core.Cancel | None = None) -> Span:
        """How many records of a kind there are and from when to when: see `records`."""
        return Span(*self._span(kind, customer, self._said(start), self._said(end),
                                self._said(as_of), _names(types),
                                _ALL_VERSIONS if all_versions else 0, 0, cancel))

    def sources(self, as_of: Instant | None = None) -> Table:
        """How far each kind of record, type of event and marked source reaches.

        The columns are source, type, provided, records, customers, first, last, mark, watermark.
        """
        return self._sources(as_of)

    def story(self, customer: str, *, as_of: Instant | None = None, start: Instant | None = None,
              end: Instant | None = None, kinds: str | Iterable[str] | None = None, limit: int = 0,
              cancel: _core.Cancel | None = None) -> Table:
        """One customer's whole story in the order of time, a line a dated fact.

        The columns are at, kind, id, what, user, value, amount (in minor units), currency, text,
        details. `kinds` names kinds of records, `limit` asks for the last so many lines.
        `Engine.story` adds what an engine did.
        """
        return self._story(customer, self._said(as_of), self._said(start), self._said(end),
                           _names(kinds), limit, cancel)

    def _said(self, value: Instant | None) -> int:
        return 0 if value is None else self._instant(value)

    def forget(self, before: Instant) -> ForgetReport:
        """Forget what happened before an instant and is over. What held then stays.

        For windows that look back further it is as if tracking had begun then: they are missing
        with short_history unless the playbook says otherwise.
        """
        since, *counts = self._forget(before)
        known = since != -2**63
        return ForgetReport(_EPOCH + timedelta(microseconds=since) if known else None, *counts)

    def merge(self, customer: str, *, into: str) -> MergeReport:
        """Make one customer of two: every record of the first becomes one of `into`.

        Where both have a record that a customer can have only one of, that of `into` stands. Aliases
        move along. A merge that would make `into` its own parent is a StateError.
        """
        return MergeReport(*self._merge(customer, into))

    def _zone(self) -> tzinfo:
        from zoneinfo import ZoneInfo
        name = self.time_zone
        if name is None:
            return timezone.utc
        if name[:1] in "+-":  # a fixed offset
            return datetime.fromisoformat(f"2000-01-01T00:00{name}").tzinfo or timezone.utc
        return ZoneInfo(name)

    def _instant(self, value: Any) -> int:
        """Microseconds of a date or of text; a date is midnight in the store's zone."""
        if isinstance(value, str):
            if len(value) != 10:
                return _core.time_parse(value)
            value = date.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return _core.time_micros(datetime.combine(value, time(), self._zone()))
        return _core.time_micros(value)

    def __len__(self) -> int:
        return self.customer_count

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError("a churn.Store is bound to this process: send the records, or the path that "
                        "they come from")

    def __repr__(self) -> str:
        if self.closed:
            return "<churn.Store closed>"
        return f"<churn.Store: {self.customer_count} customers>"

# SPDX-License-Identifier: MIT
"""The questions of a playbook to the records of a store."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, NoReturn, TypedDict, Union, cast

from . import _core
from ._asking import Every
from ._data import Instant
from ._watch import Progress, watching
from .engagement import WhoStays
from .errors import Diagnostic, diagnostics_of
from .explanation import ChangeExplanation, Explanation
from .kpi import Figures
from .ledger import Ledger
from .playbook import Playbook
from .retention import Retention
from .signals import Signals
from .store import Store
from .table import Table
from .voice import Voice

__all__ = ["CustomerAnswer", "Engine", "Every", "ExplainedLines", "Impact", "QueryAnswer", "Reference", "Run", "ScoreAnswer"]

Instants = Union[Instant, Iterable[Instant]]

_WHICH = {"waiting": 0, "open": 1, "all": 2}
_NO_ACTIONS = 1
_REASONS = 1
_NO_FIRST = 1
_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000  # microseconds, in which replays count


class Run(NamedTuple):
    """What one evaluation did."""

    as_of: datetime
    #: Too much was unknown out of ignorance: see `Engine.run_summary`.
    degraded: bool
    #: Customers evaluated.
    customers: int
    #: Conditions of triggers evaluated: the sum of the next four.
    evaluated: int
    true: int
    false: int
    unknown: int
    error: int
    #: Episodes that began.
    fired: int
    #: Episodes that ended.
    resolved: int
    reminders: int
    data_gaps: int
    #: True, but held back: cooldown, grace, refire.
    suppressed: int
    #: Put into the outbox.
    actions: int
    #: Records learned since the last evaluation that happened before it.
    late: int
    #: Triggers that fired for more customers than their budget.
    budget: int
    #: Customers whose held band of a score changed: see `Engine.band_changes`.
    band_changes: int
    #: Those of them whose cause was not sought, being too many at once.
    unexplained: int
    #: Customers of whom a condition of `loss` was not known at the last local midnight.
    loss_unknown: int


class ScoreAnswer(TypedDict):
    """A score of one customer."""

    #: None below min_coverage.
    value: float | None
    #: "unknown" there.
    band: str
    coverage: float
    low: float
    high: float
    #: low and high are in one band.
    certain: bool
    #: The segment whose numbers it was computed with, or "default".
    card: str
    #: Set by hand.
    overridden: bool


class CustomerAnswer(TypedDict):
    """What is known of one customer at a date; everything by id, in the playbook's order."""

    #: False: not yet at that date, and the rest is empty.
    exists: bool
    #: Lost, as the playbook's `loss` says.
    churned: bool
    #: None where missing.
    metrics: dict[str, Union[float, bool, str, datetime, None]]
    #: Why, of those that are missing.
    reasons: dict[str, str]
    scores: dict[str, ScoreAnswer]
    #: None where not known.
    segments: dict[str, Union[bool, None]]


class ExplainedLines(NamedTuple):
    """A customer's score with the lines that add up to it: lists by line, the baseline first."""

    #: None below min_coverage.
    score: float | None
    #: "unknown" there.
    band: str
    coverage: float
    low: float
    high: float
    #: low and high are in one band.
    certain: bool
    #: The segment whose numbers it was computed with, or "default".
    card: str
    #: baseline, factor, cap, floor, override, missing.
    kinds: list[str]
    #: Of the factor or cap.
    names: list[str]
    #: As a path; None of what is no factor.
    groups: list[Union[str, None]]
    #: That the factor names.
    metrics: list[Union[str, None]]
    values: list[Union[float, None]]
    #: Of texts and truths.
    words: list[Union[str, None]]
    #: 0 to 100; of a cap its bound.
    points: list[Union[float, None]]
    #: Effective, 0 to 1.
    weights: list[Union[float, None]]
    #: In points of the score; None of what is missing.
    contributions: list[Union[float, None]]
    #: The same in units of 1e-6, exactly; 0 for None.
    micros: list[int]


class Reference(NamedTuple):
    """The distribution of a metric, to be kept under `references` of a playbook."""

    #: The entry as YAML, to be pasted under `references:`.
    text: str
    #: value, count.
    table: Table

    def __str__(self) -> str:
        return self.text


class QueryAnswer(Table):
    """The customers for whom a condition is true, and what became of the others."""

    #: Customers that exist at that date: the sum of the next four.
    asked: int
    matched: int
    not_matched: int
    #: Something that the condition needs is missing: `reasons` says what and why.
    unknown: int
    #: The condition cannot be computed.
    errors: int
    #: Cells that cannot be computed; they are null.
    cell_errors: int
    #: part, outcome, name, reason, customers; the most frequent first.
    reasons: Table
    #: What is probably not meant.
    warnings: list[Diagnostic]

    @property
    def summary(self) -> dict[str, int]:
        """The counts as a dict."""
        return {name: getattr(self, name) for name in _COUNTS}


class Impact(NamedTuple):
    """A changed playbook against the present one, over the whole book."""

    #: Who changes band: customer, as_of, score, value_before, value_after, change, band_before,
    #: band_after, direction ("worse", "better"), mrr.
    moved: Table
    #: A row for each score and trigger of either: sort, id, side ("both", "before", "after"), before,
    #: after, change, both, only_before, only_after, unknown_before, unknown_after, and their MRR.
    counts: Table
    #: Customers that exist and are not lost, once a date.
    customers: int
    #: Of these, who has the first score.
    scored_before: int
    scored_after: int
    #: In the first score; from or to unknown is neither worse nor better.
    changed_band: int
    worse: int
    better: int
    #: Their MRR, in major units.
    mrr_worse: float
    mrr_better: float
    #: Triggers whose `when` holds of a customer, over all of them.
    alerts_before: int
    alerts_after: int
    alerts_gained: int
    alerts_lost: int

    @property
    def summary(self) -> dict[str, int | float]:
        """The numbers as a dict."""
        return {name: getattr(self, name) for name in self._fields[2:]}

    @property
    def alerts(self) -> Table:
        """The table `counts`, under the name by which triggers are looked for."""
        return self.counts

    def __str__(self) -> str:
        return (f"{self.changed_band} of {self.customers} customers change band: "
                f"{self.worse} worse (MRR {self.mrr_worse:,.2f}), "
                f"{self.better} better (MRR {self.mrr_better:,.2f})\n"
                f"scored: {self.scored_before} before, {self.scored_after} after\n"
                f"alerts: {self.alerts_before} before, {self.alerts_after} after "
                f"({self.alerts_gained} gained, {self.alerts_lost} lost)")


_COUNTS = ("asked", "matched", "not_matched", "unknown", "errors", "cell_errors")


class Engine(Figures, Ledger, Retention, Signals, Voice, WhoStays):
    """A playbook bound to a store, with what must be remembered between evaluations.

    Questions are functions of playbook, store and `as_of`, and change nothing; `advance`, `replay`
    and `warm_up` move triggers, run plays and fill the outbox. One call at a time: a second one at
    the same moment gets StateError. Instants are datetimes with zone, dates (local midnight in the
    playbook's zone), ISO text, or microseconds.
    """

    #: The playbook that the engine asks.
    playbook: Playbook
    #: The store that it asks.
    store: Store

    def __init__(self, playbook: Playbook, store: Store, *, seed: int = 0,
                 threads: int = 1) -> None:
        """`threads` are used inside a call, at most so many; they change no result."""
        self._create(playbook, store, seed, threads)
        self.playbook = playbook
        self.store = store

    # ---- questions ----

    def _question(self, name: str, as_of: Instants, *, customer: str | None = None,
                  customers: Iterable[str] | None = None, score: str | None = None,
                  owner: str | None = None, limit: int = 0, flags: int = 0,
                  progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        times = [self.playbook._instant(at) for at in _many(as_of)]
        some = None if customers is None else list(customers)
        with watching(progress, cancel, "customers") as watch:
            return self._ask(name, times, customer, some, score, owner, limit, flags, watch)

    def metrics(self, as_of: Instants, *, customer: str | None = None,
                customers: Iterable[str] | None = None, reasons: bool = False,
                progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """Every metric of every customer, or of some; a list of dates adds the column `as_of`.

        `reasons` adds a column `<metric>.reason` after each metric: why a value is missing.
        `progress`, of this and other long calls, is True for a bar, or what is called with the
        customers done and how many there are.
        """
        return self._question("metrics", as_of, customer=customer, customers=customers,
                              flags=_REASONS if reasons else 0, progress=progress, cancel=cancel)

    def missing(self, as_of: Instant, *, customer: str | None = None,
                customers: Iterable[str] | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """Why metrics are missing: customer, metric, reason."""
        return self._question("missing", _one(as_of), customer=customer, customers=customers,
                              progress=progress, cancel=cancel)

    def customer(self, customer: str, as_of: Instant) -> CustomerAnswer:
        """One customer within microseconds, for a backend that scores on each request.

        The same numbers as `metrics` and `scores` give. What playbook and store come to is worked
        out by the first call, and again once the store has changed.
        """
        return cast(CustomerAnswer, self._customer(customer, self.playbook._instant(as_of)))

    def quality(self, as_of: Instant, *, customer: str | None = None,
                customers: Iterable[str] | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """How good metrics are: a row a metric with customers, valid, how many are missing by
        reason, and of metrics of events skipped, excluded, unknown_zones.
        """
        return self._question("quality", _one(as_of), customer=customer, customers=customers,
                              progress=progress, cancel=cancel)

    def scores(self, as_of: Instants, *, score: str | None = None, customer: str | None = None,
               customers: Iterable[str] | None = None, progress: Progress = None,
               cancel: _core.Cancel | None = None) -> Table:
        """Every score of every customer: value (0 to 100, None below min_coverage), band, coverage
        (0 to 1), low, high, certain, card, overridden, churned, playbook (its hash in 16 hex digits,
        `f"{playbook.hash:016x}"`); one score by name adds its groups as columns.
        """
        return self._question("scores", as_of, score=score, customer=customer,
                              customers=customers, progress=progress, cancel=cancel)

    def explain(self, customer: str, as_of: Instant, *, score: str | None = None,
                baseline: float | Literal["own", "segment", "book"] | None = None,
                over: timedelta | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Explanation:
        """Lines that add up to a customer's score: the baseline, what moved it, caps, what lacks.

        `baseline` is where they start: the score's own by default, a number, the customer's own
        score `over` (90 days) ago, or the mean of those on the same card or of all. The answer is a
        table, a picture in a notebook, and `.text()`. Columns: kind, name, group, metric, value,
        word (of texts and truths), unit, points (0 to 100), weight (effective, 0 to 1), contribution
        (in points; null of what is missing), text, window_start, window_end, events, last_event,
        card, playbook.
        """
        which, value = _baseline(baseline)
        with watching(progress, cancel, "customers") as watch:
            return cast(Explanation, self._explain(
                Explanation, customer, self._at(_one(as_of)), score, which, value, _micros("over", over),
                watch))

    def explain_lines(self, customer: str, as_of: Instant, score: str | None = None,
                      baseline: float | Literal["own", "segment", "book"] | None = None,
                      ) -> ExplainedLines:
        """Score and explain one customer within microseconds, for a backend that does so on each
        request: the numbers of `explain`, without sentences and what stands behind them.
        """
        which, value = _baseline(baseline)
        return ExplainedLines._make(self._explain_lines(
            customer, self.playbook._instant(as_of), score, which, value))

    def explain_change(self, customer: str, before: Instant, as_of: Instant, *,
                       score: str | None = None, playbook: Playbook | None = None,
                       progress: Progress = None, cancel: _core.Cancel | None = None,
                       ) -> ChangeExplanation:
        """Why a score is not what it was: behaviour, missing data, caps, and, where the side before
        is scored by another `playbook`, configuration. The lines add up exactly. Columns: kind,
        name, group, metric, value_before, value_after, word_before, word_after, unit, points_before,
        points_after, weight_before, weight_after, contribution, text, records (what came, +, and
        went, -), card_before, card_after, playbook_before, playbook_after.
        """
        with watching(progress, cancel, "customers") as watch:
            return cast(ChangeExplanation, self._explain_change(
                ChangeExplanation, customer, self._at(before), self._at(as_of), score, playbook,
                watch))

    def evidence(self, customer: str, metric: str, as_of: Instant, *,
                 since: Instant | None = None, progress: Progress = None,
                 cancel: _core.Cancel | None = None) -> Table:
        """The records behind a metric's value: kind, id, at, what, user, value, word, change, share.

        `metric` may also be a score, or one of its factors ("health.sites"): what it stands on, of
        a roll-up the child customers with their scores and what `share` each has in the outcome.
        With `since`, `change` says of each whether it was there then, entered, or left.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._evidence(customer, metric, None if since is None else self._at(since),
                                  self._at(as_of), watch)

    def why(self, customer: str, trigger: str, as_of: Instant) -> Table:
        """A trigger's condition part by part for one customer: part, depth, line, column, outcome,
        value, because (what is missing), decided (whether the result stands on it).
        """
        return self._question("why", _one(as_of), customer=customer, score=trigger)

    def targets(self, customer: str, as_of: Instant, target: float | str | None = None, *,
                score: str | None = None, pairs: int = 1,
                cancel: _core.Cancel | None = None) -> Table:
        """What it would take to reach a score: for each factor what its metric must become, and the
        cheapest pair of factors.

        `target` is a number, or the name of a band; without it the next better band. What is
        `feasible` was tried out: with these values the score is `reaches`. Columns: rank, kind,
        factor, metric, value, value_needed, word, word_needed, unit, points, points_needed, the
        same of a pair's other factor (factor_2 ...), cost, feasible, reason, reaches, target.
        """
        band = target if isinstance(target, str) else None
        number = 0.0 if target is None or band is not None else float(target)
        if band is None and target is not None and not 0 < number <= 100:
            raise ValueError("target: a score is over 0 and at most 100")
        with watching(None, cancel, "customers") as watch:
            return self._targets(customer, self._at(as_of), score, band, number, pairs, watch)

    def what_if(self, customer: str, as_of: Instant, changes: Mapping[str, Any], *,
                cancel: _core.Cancel | None = None) -> Table:
        """What a customer would be if some values were other ones.

        `changes` are by name: a metric, "customer.<attribute>", a score; None is missing. Metrics
        made of others follow. Rows are metrics and segments that change, then every score, then
        every trigger: sort, id, value_before, value_after, change, band_before, band_after,
        coverage_before, coverage_after, word_before, word_after, holds_before, holds_after.
        """
        with watching(None, cancel, "customers") as watch:
            return self._what_if(customer, self._at(as_of), list(changes), list(changes.values()),
                                 watch)

    def lint(self, as_of: Instant, *, customers: Iterable[str] | None = None,
             progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """What of the playbook does nothing, or everything, on the data at hand: severity, code, line,
        column, what, message, suggestion, customers, share.
        """
        return self._question("lint", _one(as_of), customers=customers, progress=progress,
                              cancel=cancel)

    def impact(self, playbook: Playbook, as_of: Instants, *, score: str | None = None,
               customers: Iterable[str] | None = None, progress: Progress = None,
               cancel: _core.Cancel | None = None) -> Impact:
        """What a changed playbook would say of the whole book, at one date or many.

        The engine keeps its own playbook; `set_playbook` takes up the other one.
        """
        times = [self.playbook._instant(at) for at in _many(as_of)]
        some = None if customers is None else list(customers)
        with watching(progress, cancel, "customers") as watch:
            return Impact(*self._impact(playbook, times, some, score, watch))

    def at_risk(self, as_of: Instant, *, owner: str | None = None, limit: int = 0,
                cancel: _core.Cancel | None = None) -> Table:
        """The customers at risk, the most valuable first; `limit` 0 is all of them."""
        return self._question("at_risk", _one(as_of), owner=owner, limit=limit, cancel=cancel)

    def trends(self, as_of: Instant, *, score: str | None = None, customer: str | None = None,
               customers: Iterable[str] | None = None,
               cancel: _core.Cancel | None = None) -> Table:
        """Whether scores go up or down: value, value_before, change, noise, arrow of each customer.

        The change is that over the score's `trend.over`; up to `noise` points it is steady.
        """
        return self._question("trends", _one(as_of), customer=customer, customers=customers,
                              score=score, cancel=cancel)

    def band_changes(self, *, score: str | None = None, customer: str | None = None,
                     since: Instant | None = None, until: Instant | None = None,
                     first: bool = True, cancel: _core.Cancel | None = None) -> Table:
        """When customers changed their held band, from which to which, and why: customer, score,
        at, band_before (None: the first one), band_after, days_in (days in band_before),
        value_before, value_after, kind (of the cause), name (of the factor or cap), contribution
        (in points), cause.

        From `since` on and before `until`. `first=False` leaves out the bands that customers came
        into first, of which nothing but the date and the band is known.
        """
        return self._band_changes(customer, score, self._known(since), self._known(until),
                                  0 if first else _NO_FIRST, cancel)

    def disagreements(self, as_of: Instant, *, cancel: _core.Cancel | None = None) -> Table:
        """The customers about whose loss subscriptions, records and conditions disagree.

        Of each source whether, since when and of which kind it says so; `unknown` is at how many
        midnights a condition could not be judged.
        """
        return self._question("disagreements", _one(as_of), cancel=cancel)

    def reference(self, metric: str, as_of: Instant, *, among: str = "book",
                  name: str | None = None, max_values: int = 0, progress: Progress = None,
                  cancel: _core.Cancel | None = None) -> Reference:
        """How a metric is distributed among customers: all, or those of `segment.<id>`.

        Scores that rank against a reference come back bit for bit at any time, whatever became of
        the book. Where more than `max_values` (1000) different values occur, quantiles stand for
        them, and the text says so.
        """
        with watching(progress, cancel, "customers") as watch:
            return Reference(*self._reference(metric, self.playbook._instant(as_of), among, name,
                                              max_values, watch))

    def story(self, customer: str, as_of: Instant | None = None, *, start: Instant | None = None,
              end: Instant | None = None, kinds: str | Iterable[str] | None = None, limit: int = 0,
              cancel: _core.Cancel | None = None) -> Table:
        """One customer's whole story, as `Store.story`, with what the engine did.

        To the kinds of records come episode, action, status and tag.
        """
        names = [kinds] if isinstance(kinds, str) else list(kinds or ())
        return self._story(customer, self._known(as_of), self._known(start), self._known(end),
                           names, limit, cancel)

    def query(self, text: str, as_of: Instant, *, select: str | Iterable[str] | None = None,
              order: str | Iterable[str] | None = None, limit: int = 0,
              params: Mapping[str, Any] | None = None, customer: str | None = None,
              customers: Iterable[str] | None = None, progress: Progress = None,
              cancel: _core.Cancel | None = None) -> QueryAnswer:
        """The customers for whom a condition is true; an empty text: all of them.

        `select` are columns, "metric.mrr" or "name: expression"; without it the names that the
        condition reads. `order` are expressions or names of columns, a `-` before them for
        descending; what is missing comes last. `params` are constants, `params.<name>` in texts.
        """
        given = dict(params or {})
        with watching(progress, cancel, "customers") as watch:
            table, reasons, findings, *counts = self._query(
                QueryAnswer, text, self._at(as_of), customer,
                None if customers is None else list(customers), _texts(select), _texts(order),
                list(given), list(given.values()), limit, watch)
        answer = cast(QueryAnswer, table)
        answer.reasons = reasons
        answer.warnings = diagnostics_of(findings)
        for name, count in zip(_COUNTS, counts):
            setattr(answer, name, count)
        return answer


    # ---- the calls with memory ----

    def advance(self, as_of: Instant, *, actions: bool = True, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Run:
        """Evaluate all triggers once and let plays answer them."""
        with watching(progress, cancel, "customers") as watch:
            return Run(*self._advance(self._at(as_of), 0 if actions else _NO_ACTIONS, watch))

    def replay(self, start: Instant, end: Instant, *, every: timedelta | None = None,
               actions: bool = True, progress: Progress = None,
               cancel: _core.Cancel | None = None) -> Table:
        """Evaluate from start up to and including end, as often as the playbook says, or `every`.

        A stopped replay keeps the evaluations that were done. `progress` counts seconds of the time
        that is replayed.
        """
        if every is not None and not isinstance(every, timedelta):
            raise TypeError(f"every: give a timedelta, not {type(every).__name__}")
        micros = every // _MICROSECOND if every is not None else 0
        with watching(progress, cancel, "seconds", scale=_SECOND) as watch:
            return self._replay(self._at(start), self._at(end), micros,
                                0 if actions else _NO_ACTIONS, watch)

    def warm_up(self, start: Instant, end: Instant, *, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """Replay without actions: what a new installation does before its first day."""
        with watching(progress, cancel, "seconds", scale=_SECOND) as watch:
            return self._warm_up(self._at(start), self._at(end), watch)

    # ---- outbox ----

    def actions(self, which: Literal["waiting", "open", "all"] = "waiting", *,
                limit: int = 0) -> Table:
        """Actions: those not acknowledged, tasks not yet done, or all. Pulling changes nothing."""
        if which not in _WHICH:
            raise ValueError("which: give 'waiting', 'open' or 'all'")
        return self._actions(_WHICH[which], limit)

    def acknowledge(self, ids: str | Iterable[str] | Table) -> None:
        """Say that actions were taken over: ids, or a table of actions."""
        if isinstance(ids, Table):
            ids = ids["id"]
        self._acknowledge([ids] if isinstance(ids, str) else list(ids))

    def complete(self, action: str, outcome: Literal["done", "failed", "cancelled"],
                 at: Instant) -> None:
        """Say what became of an action."""
        self._complete(action, outcome, self._at(at))

    # ---- state ----

    def set_playbook(self, playbook: Playbook) -> None:
        """Take up a changed playbook; open episodes are kept and judged by the new rules."""
        self._set_playbook(playbook)
        self.playbook = playbook

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the engine's memory to a file, which is replaced at once or not at all."""
        data = self.to_bytes()
        temporary = f"{os.fspath(path)}.{os.getpid()}.part"
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str], playbook: Playbook, store: Store) -> Engine:
        """Go on where `save` stopped; the store is to hold the records again."""
        with open(path, "rb") as file:
            return cls.from_bytes(file.read(), playbook, store)

    @classmethod
    def from_bytes(cls, data: bytes, playbook: Playbook, store: Store) -> Engine:
        """Go on where `to_bytes` stopped."""
        self = cls.__new__(cls)
        self._load(data, playbook, store)
        self.playbook = playbook
        self.store = store
        return self

    # ---- the rest ----

    def _at(self, value: Instant) -> int:
        return self.playbook._instant(_one(value))

    def _known(self, value: Instant | None) -> int:
        return 0 if value is None else self._at(value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a churn.Engine is bound to this process: send engine.to_bytes() and the "
                        "playbook, and load the store there")

    def __repr__(self) -> str:
        if self.closed:
            return "<churn.Engine closed>"
        return f"<churn.Engine {self.playbook.name!r}>"


def _texts(given: str | Iterable[str] | None) -> list[str] | None:
    if given is None:
        return None
    return [given] if isinstance(given, str) else list(given)


def _is_one(value: Any) -> bool:
    return isinstance(value, (str, int, date)) or not hasattr(value, "__iter__")


def _many(value: Any) -> Iterable[Any]:
    return [value] if _is_one(value) else value


def _one(value: Any) -> Any:
    if not _is_one(value):
        raise TypeError("give one date, not several")
    return value


_BASELINES = {None: 0, "own": 2, "segment": 3, "book": 4}


def _baseline(given: float | str | None) -> tuple[int, float]:
    if isinstance(given, (int, float)):
        return 1, float(given)
    if given not in _BASELINES:
        raise ValueError("baseline: give a number, 'own', 'segment', 'book' or None")
    return _BASELINES[given], 0.0


def _micros(name: str, given: timedelta | None) -> int:
    if given is not None and not isinstance(given, timedelta):
        raise TypeError(f"{name}: give a timedelta, not {type(given).__name__}")
    return given // _MICROSECOND if given is not None else 0

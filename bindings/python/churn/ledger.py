# SPDX-License-Identifier: MIT
"""Every movement of MRR, the proof that they add up, and what other policies would say."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Literal, Union

from . import _core
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

__all__ = ["Ledger"]

_SPLIT = {"plan": 1, "product": 2, "currency": 4, "customer": 8}
_EVERY = {None: 0, "day": 1, "week": 2, "month": 3, "quarter": 4, "year": 5}
_AT = {"start": 0, "end": 1}

Split = Literal["plan", "product", "currency"]
Scope = Literal["plan", "product", "currency", "customer"]


def _names(given: str | Iterable[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _bits(given: str | Iterable[str] | None, known: Collection[str]) -> int:
    bits = 0
    for name in _names(given):
        if name not in known:
            raise ValueError(f"split: give some of {', '.join(map(repr, known))}")
        bits |= _SPLIT[name]
    return bits


class Ledger(_core.Engine):
    """The ledger's part of an engine."""

    if TYPE_CHECKING:
        def _at(self, value: Instant) -> int: ...
        def _known(self, value: Instant | None) -> int: ...

    def movements(self, start: Instant, end: Instant, *, as_of: Instant | None = None,
                  policy: str | None = None, split: Union[Split, Iterable[Split], None] = None,
                  progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The movements of MRR behind the figures, a row a subscription that moved.

        at, customer, subscription, plan, product, own_currency, kind, cause, amount, before, after (minor
        units of `currency`), policy. With `split` what only changes its plan, product or currency is told
        as `segment_out` and `segment_in`, so that amounts add up for each of them, too. `policy` is a preset, such as
        "stripe", instead of the playbook's own.
        """
        bits = _bits(split, ("plan", "product", "currency"))
        with watching(progress, cancel, "customers") as watch:
            return self._movements(self._at(start), self._at(end), self._known(as_of), policy, bits, watch)

    def reconciliation(self, start: Instant, end: Instant, *, as_of: Instant | None = None,
                       policy: str | None = None, split: Union[Scope, Iterable[Scope], None] = None,
                       progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The proof that MRR at the start plus all movements is MRR at the end.

        A row for the total, and for each value of what `split` names: scope, value, start, new, expansion,
        contraction, churn, reactivation, currency_moves, segment_in, segment_out, end, difference (0), unknown (customers
        left out because a rate is missing), note, currency, policy.
        """
        bits = _bits(split, _SPLIT)
        with watching(progress, cancel, "customers") as watch:
            return self._reconciliation(self._at(start), self._at(end), self._known(as_of), policy, bits, watch)

    def compare_policies(self, policies: Iterable[str], kpis: str | Iterable[str] | None, start: Instant,
                         end: Instant, *,
                         every: Literal["day", "week", "month", "quarter", "year"] | None = None,
                         as_of: Instant | None = None, by: str | Iterable[str] | None = None,
                         by_at: Literal["start", "end"] = "start", progress: Progress = None,
                         cancel: _core.Cancel | None = None) -> Table:
        """The figures of `kpi` under several policies, one beside the other.

        `policies` are names of presets; "" is the playbook's own. Two columns are added: `difference` to
        the first policy, and `reason`, the switches in which a policy differs from the first.
        """
        if every not in _EVERY:
            raise ValueError("every: give 'day', 'week', 'month', 'quarter', 'year' or None")
        if by_at not in _AT:
            raise ValueError("by_at: give 'start' or 'end'")
        with watching(progress, cancel, "customers") as watch:
            return self._compare_policies(_names(policies), _names(kpis), self._at(start), self._at(end),
                                          _EVERY[every], self._known(as_of), _names(by), _AT[by_at], watch)

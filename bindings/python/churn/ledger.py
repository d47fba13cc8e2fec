# SPDX-License-Identifier: MIT
"""Every movement of MRR, the proof that they add up, and what other policies would say."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Union

from . import _core
from ._asking import BY_AT, Asking, ByAt, Every, Names, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .kpi import _period
from .table import Table

__all__ = ["Ledger"]

_SPLIT = {"plan": 1, "product": 2, "currency": 4}
_SCOPE = {**_SPLIT, "customer": 8}

Split = Literal["plan", "product", "currency"]
Scope = Literal["plan", "product", "currency", "customer"]


def _bits(given: Names | None, known: dict[str, int]) -> int:
    bits = 0
    for name in names(given):
        bits |= word(known, name, "split")
    return bits


class Ledger(Asking):
    """The ledger's part of an engine."""

    def movements(self, start: Instant, end: Instant, *, as_of: Instant | None = None, policy: str | None = None,
                  split: Union[Split, Iterable[Split], None] = None, progress: Progress = None,
                  cancel: _core.Cancel | None = None) -> Table:
        """The movements of MRR behind the figures, a row a subscription that moved.

        >>> for row in engine.movements("2026-01-01", "2026-04-01"):
        ...     print(row["customer"], row["kind"], row["amount"] / 100)
        coda new 40.0
        dune new 40.0
        acme expansion 50.0
        blue churn -60.0

        With `split` what only changes its plan, product or currency is told as `segment_out` and `segment_in`, so
        that amounts add up for each of them, too. `policy` is a preset, such as "stripe", instead of the playbook's
        own.

        Columns: at, customer, subscription, plan, product, own_currency, kind (new, expansion, contraction, churn,
        reactivation, currency, segment_in, segment_out), cause, amount, before, after (minor units of `currency`),
        currency, policy.
        """
        bits = _bits(split, _SPLIT)
        with watching(progress, cancel, "customers") as watch:
            return self._movements(self._at(start), self._at(end), self._known(as_of), policy or None, bits, watch)

    def reconciliation(self, start: Instant, end: Instant, *, as_of: Instant | None = None,
                       policy: str | None = None, split: Union[Scope, Iterable[Scope], None] = None,
                       progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The proof that MRR at the start plus all movements is MRR at the end.

        >>> total = engine.reconciliation("2026-01-01", "2026-04-01")[0]
        >>> total["start"] + total["new"] + total["expansion"] + total["churn"], total["end"], total["difference"]
        (23000, 23000, 0)

        A row for the total, and for each value of what `split` names. Columns: scope, value, start, new, expansion,
        contraction, churn, reactivation, currency_moves, segment_in, segment_out, end, difference (0), unknown
        (customers left out because a rate is missing), note, currency, policy. Money in minor units.
        """
        bits = _bits(split, _SCOPE)
        with watching(progress, cancel, "customers") as watch:
            return self._reconciliation(self._at(start), self._at(end), self._known(as_of), policy or None, bits, watch)

    def compare_policies(self, policies: Names, kpis: Names | None, start: Instant, end: Instant, *,
                         every: Every | None = None, rolling: int | None = None, step: int | None = None,
                         by: Names | None = None, by_at: ByAt = "start", level: float = 0.95, changes: bool = False,
                         as_of: Instant | None = None, progress: Progress = None,
                         cancel: _core.Cancel | None = None) -> Table:
        """The figures of `kpi` under several policies, one beside the other.

        >>> table = engine.compare_policies(["chartmogul", "stripe"], "logo_churn", "2026-03-01", "2026-04-01")
        >>> table["value"]
        [0.25, 0.25]

        `policies` are names of presets; "" is the playbook's own. Columns: those of `kpi`, difference (to the first
        policy), reason (the switches in which a policy differs from the first).
        """
        period = _period(every, rolling, step)
        groups, at, level = names(by), word(BY_AT, by_at, "by_at"), share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._compare_policies(names(policies), names(kpis), self._at(start), self._at(end), period,
                                          self._known(as_of), rolling or 0, step or 0, groups, at, level, changes, watch)

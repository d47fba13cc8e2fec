# SPDX-License-Identifier: MIT
"""What customers say: surveys, and the themes of what they write."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from . import _core
from ._asking import BY_AT, EVERY, Asking, ByAt, Every, Names, names, share, word
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

__all__ = ["Survey", "Voice"]

#: A kind of survey.
Survey = Literal["nps", "csat", "ces", "custom"]

_KINDS = {"nps": 1, "csat": 2, "ces": 3, "custom": 4}
_COMPARE = {"previous": 0, "others": 1}
_SOURCES = {"tickets": 1, "surveys": 2}


class Voice(Asking):
    """The part of Engine that asks what customers say."""

    def surveys(self, kind: Survey, start: Instant, end: Instant, *, every: Every | None = None,
                by: Names | None = None, by_at: ByAt = "start", level: float = 0.95,
                as_of: Instant | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """NPS ("nps"), share of 4 and 5 ("csat") or mean ("ces", "custom") by period and group, and
        whether its change from the period before is more than noise.

        >>> row = engine.surveys("nps", "2026-03-01", "2026-04-01", every="month")[0]
        >>> row["value"], row["previous"], row["n"], row["signal"]
        (-90.0, 90.0, 20, 'down')

        Columns: survey, period_start, period_end, those of `by`, value, low, high, n, excluded,
        previous, previous_n, change, change_low, change_high, test, p, p_adjusted (Benjamini and
        Hochberg over the table), signal ("up", "down", "noise", or None where nothing can be
        compared), complete.
        """
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._surveys(word(_KINDS, kind, "kind"), self._at(start), self._at(end),
                                 word(EVERY, every, "every"), self._known(as_of), names(by),
                                 word(BY_AT, by_at, "by_at"), level, 0, watch)

    def nps_retention(self, start: Instant, end: Instant, *, days: int = 90,
                      every: Every | None = None, by: Names | None = None,
                      by_at: ByAt = "start", level: float = 0.95,
                      as_of: Instant | None = None, progress: Progress = None,
                      cancel: _core.Cancel | None = None) -> Table:
        """Whether NPS leads retention: how many promoters, passives and detractors of a period were
        still customers so many days after their answer, and the difference, with intervals.

        >>> for row in engine.nps_retention("2026-02-01", "2026-03-01", days=30, as_of="2026-04-01"):
        ...     print(row["answered"], row["value"], row["n"])
        promoters 0.75 4
        passives None 0
        detractors None 0
        difference None None

        Columns: period_start, period_end, those of `by`, days, answered ("promoters", "passives",
        "detractors", "difference"), n, retained, value, low, high, p, excluded, complete.
        """
        level = share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._surveys(0, self._at(start), self._at(end), word(EVERY, every, "every"),
                                 self._known(as_of), names(by), word(BY_AT, by_at, "by_at"), level,
                                 days, watch)

    def themes(self, start: Instant, end: Instant, *, every: Every | None = None,
               by: Names | None = None, by_at: ByAt = "start",
               compare: Literal["previous", "others"] = "previous",
               sources: Names = ("tickets", "surveys"), longest: int = 3, min_count: int = 5,
               min_customers: int = 2, top: int = 20, prior: float = 0.1, level: float = 0.95,
               languages: Names = ("en",), stop_words: Names = (),
               tags: Mapping[str, Names] | None = None,
               lexicon: Mapping[str, float] | None = None, as_of: Instant | None = None,
               progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The phrases of tickets and answers that are used more, or less, than in the period before
        or than by other groups.

        >>> table = engine.themes("2026-03-01", "2026-04-01", every="month", tags={"billing": ["invoice", "vat"]})
        >>> [(row["kind"], row["phrase"], row["change"]) for row in table]
        [('tag', 'billing', 'rises'), ('phrase', 'wrong invoice', 'rises'), ('phrase', 'log', 'falls')]

        `tags` are your own themes, each with its phrases; `lexicon` says how good phrases are, and
        without it there is no sentiment; `languages` are those whose stop words are left out ("en"
        "de" "fr" "es" "it" "pt" "nl" "hu", or "none").

        Columns: period_start, period_end, those of `by`, kind ("tag", "phrase"), phrase, words,
        times, documents, customers, total, share, low, high, previous_documents, previous_total,
        previous_share, log_odds, z, p, p_adjusted, change ("rises", "falls", "noise"), sentiment,
        sentiment_n, example_1, example_2, example_3, complete.
        """
        chosen = 0
        for source in names(sources):
            chosen |= word(_SOURCES, source, "sources")
        pairs = [text for tag, phrases in (tags or {}).items() for phrase in names(phrases)
                 for text in (tag, phrase)]
        weights, level = dict(lexicon or {}), share(level)
        with watching(progress, cancel, "customers") as watch:
            return self._themes(self._at(start), self._at(end), word(EVERY, every, "every"),
                                self._known(as_of), names(by), word(BY_AT, by_at, "by_at"),
                                word(_COMPARE, compare, "compare"), chosen, longest, min_count,
                                min_customers, top, prior, level, names(languages),
                                names(stop_words), pairs, list(weights),
                                [float(weight) for weight in weights.values()], watch)

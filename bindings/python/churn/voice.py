# SPDX-License-Identifier: MIT
"""What customers say: surveys, and the themes of what they write."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, Union

from . import _core
from ._data import Instant
from ._watch import Progress, watching
from .table import Table

if TYPE_CHECKING:
    from .engine import Every

__all__ = ["Survey", "Voice"]

#: A kind of survey.
Survey = Literal["nps", "csat", "ces", "custom"]

_KINDS = {"nps": 1, "csat": 2, "ces": 3, "custom": 4}
_EVERY = {None: 0, "day": 1, "week": 2, "month": 3, "quarter": 4, "year": 5}
_AT = {"start": 0, "end": 1}
_COMPARE = {"previous": 0, "others": 1}
_SOURCES = {"tickets": 1, "surveys": 2}
_Names = Union[str, Iterable[str]]


def _list(names: _Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _word(words: Mapping[str | None, int] | Mapping[str, int], word: str | None, name: str) -> int:
    if word not in words:
        raise ValueError(f"{name}: give one of " + ", ".join(repr(w) for w in words))
    return words[word]  # type: ignore[index]


class Voice(_core.Engine):
    """The part of Engine that asks what customers say."""

    def _at(self, instant: Instant) -> int:
        raise NotImplementedError

    def _known(self, as_of: Instant | None) -> int:
        raise NotImplementedError

    def surveys(self, kind: Survey, start: Instant, end: Instant, *, every: Every | None = None,
                by: _Names = (), by_at: Literal["start", "end"] = "start", level: float = 0.95,
                as_of: Instant | None = None, progress: Progress = None,
                cancel: _core.Cancel | None = None) -> Table:
        """NPS ("nps"), share of 4 and 5 ("csat") or mean ("ces", "custom") by period and group, and
        whether its change from the period before is more than noise.

        Columns: survey, period_start, period_end, those of `by`, value, low, high, n, excluded,
        previous, previous_n, change, change_low, change_high, test, p, p_adjusted (Benjamini and
        Hochberg over the table), signal ("up", "down", "noise", or None where nothing can be
        compared), complete.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._surveys(_word(_KINDS, kind, "kind"), self._at(start), self._at(end),
                                 _word(_EVERY, every, "every"), self._known(as_of), _list(by),
                                 _word(_AT, by_at, "by_at"), level, 0, watch)

    def nps_retention(self, start: Instant, end: Instant, *, days: int = 90,
                      every: Every | None = None, by: _Names = (),
                      by_at: Literal["start", "end"] = "start", level: float = 0.95,
                      as_of: Instant | None = None, progress: Progress = None,
                      cancel: _core.Cancel | None = None) -> Table:
        """Whether NPS leads retention: how many promoters, passives and detractors of a period were
        still customers so many days after their answer, and the difference, with intervals.

        Columns: period_start, period_end, those of `by`, days, answered ("promoters", "passives",
        "detractors", "difference"), n, retained, value, low, high, p, excluded, complete.
        """
        with watching(progress, cancel, "customers") as watch:
            return self._surveys(0, self._at(start), self._at(end), _word(_EVERY, every, "every"),
                                 self._known(as_of), _list(by), _word(_AT, by_at, "by_at"), level,
                                 days, watch)

    def themes(self, start: Instant, end: Instant, *, every: Every | None = None,
               by: _Names = (), by_at: Literal["start", "end"] = "start",
               compare: Literal["previous", "others"] = "previous",
               sources: _Names = ("tickets", "surveys"), longest: int = 3, min_count: int = 5,
               min_customers: int = 2, top: int = 20, prior: float = 0.1, level: float = 0.95,
               languages: _Names = ("en",), stop_words: _Names = (),
               tags: Mapping[str, _Names] | None = None,
               lexicon: Mapping[str, float] | None = None, as_of: Instant | None = None,
               progress: Progress = None, cancel: _core.Cancel | None = None) -> Table:
        """The phrases of tickets and answers that are used more, or less, than in the period before
        or than by other groups.

        `tags` are your own themes, each with its phrases; `lexicon` says how good phrases are, and
        without it there is no sentiment; `languages` are those whose stop words are left out ("en"
        "de" "fr" "es" "it" "pt" "nl" "hu", or "none").

        Columns: period_start, period_end, those of `by`, kind ("tag", "phrase"), phrase, words,
        times, documents, customers, total, share, low, high, previous_documents, previous_total,
        previous_share, log_odds, z, p, p_adjusted, change ("rises", "falls", "noise"), sentiment,
        sentiment_n, example_1, example_2, example_3, complete.
        """
        chosen = 0
        for source in _list(sources):
            chosen |= _word(_SOURCES, source, "sources")
        pairs = [text for tag, phrases in (tags or {}).items() for phrase in _list(phrases)
                 for text in (tag, phrase)]
        weights = dict(lexicon or {})
        with watching(progress, cancel, "customers") as watch:
            return self._themes(self._at(start), self._at(end), _word(_EVERY, every, "every"),
                                self._known(as_of), _list(by), _word(_AT, by_at, "by_at"),
                                _word(_COMPARE, compare, "compare"), chosen, longest, min_count,
                                min_customers, top, prior, level, _list(languages),
                                _list(stop_words), pairs, list(weights),
                                [float(weight) for weight in weights.values()], watch)

# SPDX-License-Identifier: MIT
"""Explanations of scores: tables that show themselves as bars.

Pictures and texts are made of the columns of the table alone, so that other languages can do the
same with the same table.
"""
from __future__ import annotations

import re
from typing import NamedTuple

from .table import Table

__all__ = ["ChangeExplanation", "Explanation"]

#: Blue and orange are told apart by nearly everybody, and both stand out on white and on black.
_UP, _DOWN, _PLAIN = "#3b8bc4", "#d9713c", "#8a8a8a"
_ROW, _LABEL, _BAR, _VALUE, _FONT = 24, 200, 320, 76, 13
_LABEL_MOST = 28
_TEXT_BAR = 24
#: What XML cannot hold, however it is written.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class _Bar(NamedTuple):
    """One line: from where to where it leads, in points of the score."""

    label: str
    start: float
    end: float
    #: A level (the baseline, the score) instead of a step from one to the next.
    level: bool
    missing: bool
    text: str

    @property
    def step(self) -> float:
        return self.end - self.start

    @property
    def shown(self) -> str:
        if self.missing:
            return "–"
        return f"{self.end:.1f}" if self.level else f"{self.step:+.1f}".replace("-", "−")


def _safe(text: str) -> str:
    from html import escape
    return escape(_ILLEGAL.sub("\ufffd", text))


def _short(text: str) -> str:
    return text if len(text) <= _LABEL_MOST else text[:_LABEL_MOST - 1] + "…"


def _colour(bar: _Bar) -> str:
    if bar.level:
        return _PLAIN
    return _UP if bar.step >= 0 else _DOWN


def _row_svg(bar: _Bar, at: int, left: float, unit: float) -> str:
    """`left` is the number at the left edge of the bars, `unit` the pixels of a point."""
    middle = at + _ROW / 2
    first, last = sorted((bar.start, bar.end))
    x = _LABEL + (first - left) * unit
    width = max((last - first) * unit, 1.0)
    parts = [f"<g><title>{_safe(bar.text)}</title>",
             f'<text x="{_LABEL - 8}" y="{middle + 4:.0f}" text-anchor="end">'
             f"{_safe(_short(bar.label))}</text>"]
    if not bar.missing:
        parts.append(f'<rect x="{x:.1f}" y="{at + 4}" width="{width:.1f}" height="{_ROW - 8}" '
                     f'rx="2" fill="{_colour(bar)}"/>')
    parts.append(f'<text x="{_LABEL + _BAR + _VALUE - 8}" y="{middle + 4:.0f}" '
                 f'text-anchor="end" font-weight="{"bold" if bar.level else "normal"}">'
                 f"{bar.shown}</text></g>")
    return "".join(parts)


def _draw(bars: list[_Bar], title: str, *, alone: bool) -> str:
    """All bars on one scale, each from where the one before it ended."""
    ends = [end for bar in bars if not bar.missing for end in (bar.start, bar.end)] or [0.0]
    low, high = min(ends), max(ends)
    pad = max((high - low) * 0.04, 0.5)
    left = low - pad
    unit = _BAR / (high - low + 2 * pad)
    width, height = _LABEL + _BAR + _VALUE, _ROW * len(bars) + 8
    style = ("<style>.churn-bars{color:#1f1f1f}@media (prefers-color-scheme:dark)"
             "{.churn-bars{color:#e6e6e6}}</style>") if alone else ""
    lines = []
    for i, bar in enumerate(bars[:-1]):
        if not bar.missing and not bars[i + 1].missing:
            x = _LABEL + (bar.end - left) * unit
            lines.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{4 + _ROW * i + 4}" '
                         f'y2="{4 + _ROW * (i + 2) - 4}" stroke="currentColor" '
                         'stroke-opacity="0.35" stroke-dasharray="2 2"/>')
    rows = "".join(_row_svg(bar, 4 + _ROW * i, left, unit) for i, bar in enumerate(bars))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="churn-bars" role="img" '
            f'aria-label="{_safe(title)}" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" font-family="system-ui,sans-serif" font-size="{_FONT}" '
            f'fill="currentColor">{style}{"".join(lines)}{rows}</svg>')


def _text_bar(bar: _Bar, most: float) -> str:
    """Eighths of a character to the right; what pulls down has another shape."""
    if bar.level or bar.missing or most == 0:
        return ""
    eighths = round(abs(bar.step) / most * _TEXT_BAR * 8)
    if bar.step < 0:
        return "░" * max(1, round(eighths / 8))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _write(bars: list[_Bar]) -> str:
    most = max((abs(bar.step) for bar in bars if not bar.level and not bar.missing), default=0.0)
    label = max((len(_short(bar.label)) for bar in bars), default=0)
    number = max((len(bar.shown) for bar in bars), default=0)
    lines = [f"{_short(bar.label):<{label}}  {bar.shown:>{number}}  "
             f"{_text_bar(bar, most):<{_TEXT_BAR}}  {' '.join(bar.text.split())}".rstrip()
             for bar in bars]
    return "\n".join(lines)


class _Bars(Table):
    """What both explanations have in common."""

    def _bars(self) -> list[_Bar]:
        raise NotImplementedError

    def _title(self) -> str:
        raise NotImplementedError

    def svg(self) -> str:
        """The picture by itself, for a file or a page: bright on dark pages, dark on bright ones."""
        return _draw(self._bars(), self._title(), alone=True)

    def text(self) -> str:
        """Aligned lines: name, points, a bar, and the sentence."""
        return _write(self._bars())

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        if self.closed:
            return _safe(repr(self))
        return f"<div>{_draw(self._bars(), self._title(), alone=False)}</div>"

    def __str__(self) -> str:
        return super().__repr__() if self.closed else self.text()

    __repr__ = __str__


class Explanation(_Bars):
    """Why a score is what it is: lines whose contributions add up to it.

    A table that shows itself in a notebook as bars, and elsewhere as aligned text.
    """

    @property
    def score(self) -> float | None:
        """What the lines add up to; None: there is no score."""
        parts = [part for part in self["contribution"] if part is not None]
        return round(sum(parts), 6) if parts else None

    def _bars(self) -> list[_Bar]:
        bars, at = [], 0.0
        for line in self.to_dicts():
            part, level = line["contribution"], line["kind"] == "baseline"
            end = at + (part or 0.0)
            bars.append(_Bar(line["name"], at if not level else 0.0, end, level, part is None,
                             line["text"]))
            at = end
        if self.score is not None:
            places = [i for i, bar in enumerate(bars) if not bar.missing]
            bars.insert(places[-1] + 1, _Bar("score", 0.0, self.score, True, False,
                                             "what the lines above add up to"))
        return _levels(bars)

    def _title(self) -> str:
        return "no score" if self.score is None else f"why the score is {self.score:.1f}"


class ChangeExplanation(_Bars):
    """Why a score is not what it was: lines that lead from one to the other.

    A table that shows itself in a notebook as bars, and elsewhere as aligned text.
    """

    @property
    def before(self) -> float:
        """The score before."""
        return float(self["contribution"][0])

    @property
    def after(self) -> float:
        """The score afterwards."""
        return float(self["contribution"][-1])

    def _bars(self) -> list[_Bar]:
        bars, at = [], 0.0
        for line in self.to_dicts():
            part, level = line["contribution"], line["kind"] in ("before", "after")
            at, start = (part, 0.0) if level else (at + part, at)
            bars.append(_Bar(line["name"], start, at, level, False, line["text"]))
        return _levels(bars)

    def _title(self) -> str:
        return f"why the score went from {self.before:.1f} to {self.after:.1f}"


def _levels(bars: list[_Bar]) -> list[_Bar]:
    """Levels are drawn from a little below everything, so that small steps can be seen."""
    ends = [end for bar in bars if not bar.missing and not bar.level
            for end in (bar.start, bar.end)]
    ends += [bar.end for bar in bars if bar.level and not bar.missing]
    if not ends:
        return bars
    low, high = min(ends), max(ends)
    base = max(0.0, low - max((high - low) * 0.25, 2.0)) if low >= 0 else low
    return [bar._replace(start=min(base, bar.end)) if bar.level and not bar.missing else bar
            for bar in bars]

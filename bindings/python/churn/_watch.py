# SPDX-License-Identifier: MIT
"""Showing how far a long call is."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, Union

from . import _core

__all__ = ["Progress"]

Told = Callable[[int, int], object]

#: True for a bar (tqdm's where it is installed, else a line on stderr), or what is called every
#: tenth of a second with what is done and how much there is in all, 0 while that is not known.
Progress = Union[bool, Told, None]

#: What the extension takes: a flag, and whom to tell.
Watch = Union[_core.Cancel, tuple[Union[_core.Cancel, None], Told], None]


class _Bar:
    """tqdm's bar."""

    def __init__(self, tqdm: Any, unit: str) -> None:
        self.bar = tqdm(unit=f" {unit}", unit_scale=True)

    def show(self, done: int, total: int) -> None:
        if total and self.bar.total != total:
            self.bar.total = total
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        self.bar.close()


class _Line:
    """A line that is written over on a terminal, and once at the end elsewhere."""

    def __init__(self, file: TextIO, unit: str) -> None:
        self.file, self.unit, self.text = file, unit, ""
        self.over = file.isatty()

    def show(self, done: int, total: int) -> None:
        of = f" of {total:,} ({done * 100 // total} %)" if total else ""
        self.text = f"{done:,}{of} {self.unit}"
        if self.over:
            self.file.write(f"\r{self.text}")
            self.file.flush()

    def close(self) -> None:
        if self.text:
            self.file.write("\n" if self.over else f"{self.text}\n")
            self.file.flush()


def _shown(unit: str) -> _Bar | _Line:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return _Line(sys.stderr, unit)
    return _Bar(tqdm, unit)


@contextmanager
def watching(progress: Progress, cancel: _core.Cancel | None, unit: str,
             known: int = 0, scale: int = 1) -> Iterator[Watch]:
    """What a call is to be given.

    `known` is how much there is to do where the library cannot know, `scale` how many of its units
    make one that is told.
    """
    if progress is None or progress is False:
        yield cancel
        return
    bar = None if callable(progress) else _shown(unit)
    told = bar.show if bar is not None else progress
    assert callable(told)
    call: Told = told
    try:
        yield (cancel, lambda done, total: call(done // scale, (total or known) // scale))
    finally:
        if bar is not None:
            bar.close()

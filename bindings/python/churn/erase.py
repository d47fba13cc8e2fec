# SPDX-License-Identifier: MIT
"""What is said of records that a store no longer has."""
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class EraseReport(NamedTuple):
    """What was taken out of a store and its engines."""

    #: Customers who were there and are gone.
    customers: int
    #: Ids that no customer had.
    unknown: int
    #: Records taken out, of all kinds, all versions of each counted.
    records: int
    #: The same by kind, without the zeros.
    removed: dict[str, int]
    #: Records that stay and lost what they said.
    changed: int
    #: Of a user: records in which another field has the same text, left alone.
    mentions: int
    #: Ids and texts that nobody else used.
    texts: int
    #: Older versions of the store that are still being read; their bytes go when that ends.
    pinned: int
    #: Engines that had anything of it.
    engines: int
    #: Episodes of engines.
    episodes: int
    #: Actions of engines, whatever became of them.
    actions: int
    #: Of those actions: not yet acknowledged; they will not come out.
    waiting: int
    #: Of those actions: tasks that were open.
    tasks: int


class ForgetReport(NamedTuple):
    """What a store forgot."""

    #: Coverage of every kind of record and event begins here now, or at a later `from` of the
    #: playbook; None where nothing was ever forgotten.
    since: datetime | None
    #: Records taken out, of all kinds.
    records: int
    #: The same by kind, without the zeros.
    removed: dict[str, int]
    #: Ids and texts that nobody else used.
    texts: int
    #: Older versions of the store that are still being read.
    pinned: int


class MergeReport(NamedTuple):
    """What became of the records of a customer who became another."""

    #: Records that are the other's now, of all kinds.
    records: int
    #: The same by kind, without the zeros.
    moved: dict[str, int]
    #: Records that gave way to one of the other's, and are gone.
    conflicts: int
    #: Ids and texts that nobody else used.
    texts: int
    #: Older versions of the store that are still being read.
    pinned: int

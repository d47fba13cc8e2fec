# SPDX-License-Identifier: MIT
"""Where the data that others made lie, and how they are read with Python's own means."""
import csv
import gzip
import os
import pathlib
from datetime import datetime, timezone

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("CHURN_SHARED", ROOT.parent / "shared"))
DAY = 86_400_000_000


def folder(name, probe):
    """The folder of a data set; the test module is skipped where it is absent."""
    path = SHARED / "data" / name
    if not (path / probe).exists():
        pytest.skip(f"{probe} is not in {path}", allow_module_level=True)
    return path


def rows(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        yield from csv.DictReader(file)


def instant(text):
    """Microseconds of a date or a time without zone, read as UTC."""
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 1_000_000


def columns(table):
    """A result as a dict of lists, instants as microseconds."""
    return table.to_arrow().to_pydict()

# SPDX-License-Identifier: MIT
"""The small programs, one a task, print what they should."""
import importlib.util

import pytest
from programs import ROOT, python

PROGRAMS = ["explain", "nightly", "frames", "properties", "corrections", "privacy", "cohorts", "funnel", "surveys", "themes", "figures", "survival", "goals", "anomalies", "ledger"]
LIBRARIES = ["pandas", "polars", "pyarrow", "duckdb"]


def printed(name):
    pytest.importorskip("churn")
    return python(ROOT / "examples" / f"{name}.py").decode().splitlines()


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_prints_what_was_reviewed(name):
    if name == "frames" and not all(map(importlib.util.find_spec, LIBRARIES)):
        pytest.skip("some of the libraries are not installed")
    wanted = (ROOT / "tests" / "golden" / f"{name}.txt").read_text(encoding="utf-8")
    assert printed(name) == wanted.splitlines()


def test_frames_skips_what_is_not_installed(tmp_path):
    """As on a machine that has none of the libraries."""
    pytest.importorskip("churn")
    code = ("import sys, runpy\n"
            f"for name in {LIBRARIES}: sys.modules[name] = None\n"
            f"runpy.run_path({str(ROOT / 'examples' / 'frames.py')!r}, run_name='__main__')")
    lines = python("-c", code).decode().splitlines()
    assert len(lines) == len(LIBRARIES)
    assert all(f"{name}: skipped" in line for name, line in zip(LIBRARIES, lines))


def test_all_ways_in_make_the_same_store():
    stores = {line.rpartition(" ")[2] for line in printed("frames") if " store " in line}
    assert len(stores) <= 1

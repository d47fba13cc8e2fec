# SPDX-License-Identifier: MIT
"""The types: mypy on the package, the stubs against what is there, and the samples of the texts."""
import doctest
import importlib
import pathlib
import pkgutil
import subprocess
import sys

import pytest

import churn
from sample import sample_engine

PACKAGE = pathlib.Path(churn.__file__).parent
README = pathlib.Path(__file__).resolve().parents[1] / "README.md"

USE = """
from datetime import datetime, timezone

import churn

playbook: churn.Playbook = churn.Playbook.load("saas.yaml")
store = churn.Store(time_zone="UTC")
report: churn.LoadReport = store.add("event", {"customer": ["a"], "type": ["x"], "at": ["2026-01-01"]})
rows: int = report.added
store.add_event("acme", "login", datetime.now(timezone.utc), user="ann")
engine = churn.Engine(playbook, store)
scores: churn.Table = engine.scores(["2026-01-01", "2026-02-01"])
values: list[object] = scores["value"]
first: dict[str, object] = scores[0]
run: churn.Run = engine.advance("2026-02-01")
with churn.Store() as other:
    other.add("ticket", scores, money="minor")
engine.kpi(None, "2025-01-01", "2026-01-01", every="month")
span = ("2025-01-01", "2026-01-01")
figures: churn.Table = engine.kpi(["mrr"], *span, rolling=28, step=7, by="plan", by_at="end", changes=True)
engine.compare_policies(["", "stripe"], "mrr", *span, every="quarter", level=0.9)
engine.reconciliation(*span, split=["plan", "customer"])
picture: churn.Triangle = engine.cohorts("activity", *span, events="login").triangle()
engine.survival(datetime.now(timezone.utc), by=["plan"], times=[30, 90])
engine.funnel(["login", {"milestone": "live"}], *span)
engine.themes(*span, tags={"billing": ["invoice"]}, lexicon={"good": 1})
engine.anomalies("mrr", *span, false_changes=None)
curve: churn.Table = churn.statistics.survival([1, 2], group=["a", "b"])
spikes: churn.Table = churn.anomalies([1.0, None, 3.0], kind="count")
"""

MISUSE = """
import churn

store = churn.Store()
store.add("evnt", {})
store.add_event("acme", "login")
churn.Engine(store, store)
engine: churn.Engine
engine.kpi("mrr", 0, 1, every="hour")
engine.surveys("smiles", 0, 1)
engine.movements(0, 1, split="customer")
"""


def mypy(tmp_path, *arguments):
    pytest.importorskip("mypy")
    return subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *arguments],
                          capture_output=True, text=True, cwd=tmp_path)


def test_the_package_is_typed(tmp_path):
    done = mypy(tmp_path, "-p", "churn")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_users_write_is_typed(tmp_path):
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "misuse.py").write_text(MISUSE)
    done = mypy(tmp_path, "use.py")
    assert done.returncode == 0, done.stdout + done.stderr
    done = mypy(tmp_path, "misuse.py")
    assert [line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line] == ["5", "6", "7", "9", "10", "11"]


def test_the_stubs_are_what_is_there(tmp_path):
    pytest.importorskip("mypy.stubtest")
    done = subprocess.run([sys.executable, "-m", "mypy.stubtest", "churn._core"], capture_output=True, text=True,
                          cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(m.name for m in pkgutil.iter_modules([str(PACKAGE)])))
def test_samples_of_the_modules(name):
    if name != "_core":
        with sample_engine() as engine:
            found = doctest.testmod(importlib.import_module(f"churn.{name}"), extraglobs={"engine": engine})
        assert found.failed == 0


def test_samples_of_the_readme():
    assert doctest.testfile(str(README), module_relative=False).failed == 0


def test_everything_is_documented():
    for name in churn.__all__:
        value = getattr(churn, name)
        if isinstance(value, type):
            assert value.__doc__
            own = [kind for kind in value.__mro__ if kind.__module__.startswith("churn.") and kind.__module__ != "churn._core"]
            for member, function in (item for kind in own for item in vars(kind).items()):
                if callable(function) and not member.startswith("_"):
                    assert function.__doc__, f"{name}.{member}"

# SPDX-License-Identifier: MIT
"""The plug-in for pytest: tests that playbooks carry, each case an item.

    pytest --churn saas.yaml              run the tests of a playbook, and nothing else
    pytest tests --churn saas.yaml        beside other tests

or in pyproject.toml, pytest.ini or tox.ini, for every run:

    [tool.pytest.ini_options]
    churn_playbooks = ["playbooks/*.yaml"]

It stands outside of the package `churn`, which is imported only when there is a playbook to test.
"""
from __future__ import annotations

import glob
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import churn


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("churn", "tests of playbooks")
    group.addoption("--churn", action="append", default=[], metavar="PLAYBOOK", dest="churn",
                    help="run the tests that a playbook (a file, or a pattern of files) carries")
    parser.addini("churn_playbooks", "playbooks whose tests are run: files or patterns of files, "
                  "from the folder of this file on", type="args", default=[])


def _found(pattern: str, folder: pathlib.Path) -> list[pathlib.Path]:
    """The files of a pattern, in order; what is no pattern is a file, which must be there."""
    whole = os.path.join(folder, pattern)
    if not glob.has_magic(pattern):
        return [pathlib.Path(os.path.abspath(whole))]
    return [pathlib.Path(os.path.abspath(name)) for name in sorted(glob.glob(whole, recursive=True))]


def _all_found(patterns: Iterable[str], folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for pattern in patterns for path in _found(pattern, folder)]


_CHOSEN = pytest.StashKey[frozenset[pathlib.Path]]()


def pytest_configure(config: pytest.Config) -> None:
    asked = _all_found(config.getoption("churn"), config.invocation_params.dir)
    for path in asked:
        if not path.exists():
            raise pytest.UsageError(f"--churn: there is no playbook {path}")
    kept = _all_found(config.getini("churn_playbooks"), config.inipath.parent if config.inipath
                      else config.rootpath)
    config.stash[_CHOSEN] = frozenset(asked + kept)
    chosen_by_hand = config.args_source is pytest.Config.ArgsSource.ARGS
    if asked and not chosen_by_hand:
        config.args = []  # the playbook is what was asked for
    if asked or not chosen_by_hand:
        there = {os.path.abspath(config.invocation_params.dir / arg.split("::")[0])
                 for arg in config.args}
        more = dict.fromkeys(map(str, asked or kept))
        config.args = [*config.args, *(path for path in more if path not in there)]


def pytest_collect_file(file_path: pathlib.Path, parent: pytest.Collector) -> PlaybookFile | None:
    chosen = parent.config.stash[_CHOSEN]
    if pathlib.Path(os.path.abspath(file_path)) not in chosen:
        return None
    made: PlaybookFile = PlaybookFile.from_parent(parent, path=file_path)
    return made


class PlaybookFile(pytest.File):
    """A playbook, which is compiled once."""

    def collect(self) -> Iterator[PlaybookItem]:
        import churn

        try:
            playbook = churn.Playbook.load(self.path)
        except churn.PlaybookError as error:
            raise self.CollectError("\n".join(map(str, error.diagnostics)) or str(error)) from None
        except churn.Error as error:
            raise self.CollectError(str(error)) from None
        for row in playbook.contents():
            if row["sort"] == "test":
                yield PlaybookItem.from_parent(self, name=row["id"], playbook=playbook,
                                               line=row["line"])


class PlaybookFailure(Exception):
    """What a test expected and did not get."""


class PlaybookItem(pytest.Item):
    """A test of a playbook, or one case of it."""

    def __init__(self, *, playbook: churn.Playbook, line: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.playbook = playbook
        self.line = line

    def runtest(self) -> None:
        report = self.playbook.test(self.name)
        if not report:
            raise PlaybookFailure(report)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException],
                     style: Any = None) -> Any:
        if not isinstance(excinfo.value, PlaybookFailure):
            return super().repr_failure(excinfo, style)
        file = os.path.relpath(self.path, self.config.invocation_params.dir)
        return "\n".join(_failure(file, row)
                         for row in excinfo.value.args[0].table if not row["passed"])

    def reportinfo(self) -> tuple[os.PathLike[str], int, str]:
        return self.path, self.line - 1, self.name


def _failure(file: str, row: dict[str, Any]) -> str:
    """As compilers say it, so that editors find the line."""
    place = f"{file}:{row['line']}: "
    if not row["what"]:
        return f"{place}the test cannot be run: {row['message']}"
    whose = f"{row['customer']}: " if row["customer"] is not None else ""
    lines = [f"{place}{whose}{row['what']}: expected {row['expected']}, got {row['got']}"]
    return "\n".join(lines + [f"    {line}" for line in (row["message"] or "").splitlines()])

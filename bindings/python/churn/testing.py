# SPDX-License-Identifier: MIT
"""Tests of playbooks in a line of a test file, without the plug-in's options:

    from churn.testing import playbook_tests

    test_saas = playbook_tests("saas.yaml")

pytest then has an item for each test and case of the playbook, which stands beside the test file.
"""
from __future__ import annotations

import os
import pathlib
import sys
from typing import Any

from .playbook import Playbook

__all__ = ["playbook_tests"]


def playbook_tests(playbook: Playbook | str | os.PathLike[str]) -> Any:
    """A test function for pytest: an item for each test and each case that a playbook carries.

    A path is taken from the folder of the file that calls this. A playbook without tests is skipped.
    """
    import pytest

    if not isinstance(playbook, Playbook):
        caller = sys._getframe(1).f_globals.get("__file__")
        folder = pathlib.Path(caller).parent if caller else pathlib.Path()
        playbook = Playbook.load(folder / playbook)
    compiled = playbook
    names = [row["id"] for row in compiled.contents() if row["sort"] == "test"]

    @pytest.mark.parametrize("name", names, ids=names)
    def test_playbook(name: str) -> None:
        report = compiled.test(name)
        if not report:
            pytest.fail("\n".join(report.failures), pytrace=False)

    return test_playbook

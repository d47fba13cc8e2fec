# SPDX-License-Identifier: MIT
"""One build serves every CPython from 3.11 on: the installed package is tried in those that are here."""
import pathlib
import shutil
import subprocess
import sys

import pytest

import churn

PACKAGE = pathlib.Path(churn.__file__).parent

TRY = """
import sys
sys.path.insert(0, sys.argv[1])
import churn
store = churn.Store()
store.add("event", {"customer": ["a"], "type": ["x"], "at": ["2026-01-01"]}, strict=True)
for i in range(20_000):  # more than the references that an interpreter holds to None
    store.add_event("a", "x", i)
rule = churn.Expression("x > 1", {"x": "int"})
assert rule.evaluate_table({"x": [1, 2, None]})["value"] == [False, True, None]
try:
    churn.Playbook.parse("a: [")
except churn.PlaybookError as error:
    assert error.diagnostics
del store, rule
assert churn.live_handles() == 0, churn.live_handles()
print("fine")
"""


def interpreters():
    found = []
    for minor in range(11, 20):
        for path in [shutil.which(f"python3.{minor}"),
                     *pathlib.Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}")]:
            done = path and subprocess.run([path, "-c", "import sys; print(sys.executable)"], capture_output=True,
                                           text=True)
            if done and done.returncode == 0:
                found.append(done.stdout.strip())
                break
    return [path for path in found if pathlib.Path(path).resolve() != pathlib.Path(sys.executable).resolve()]


@pytest.mark.parametrize("python", interpreters() or [None])
def test_other_interpreters(python, tmp_path):
    if python is None:
        pytest.skip("no other CPython from 3.11 on is here")
    shutil.copytree(PACKAGE, tmp_path / "churn", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([python, "-c", TRY, str(tmp_path)], capture_output=True, text=True, env={})
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr

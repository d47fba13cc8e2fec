# SPDX-License-Identifier: MIT
"""Tests of playbooks as items of pytest: by the plug-in and by churn.testing."""
import importlib.metadata
import os
import pathlib
import subprocess
import sys

import pytest

import churn
from churn.testing import playbook_tests
from conftest import PLAYBOOK, ROOT

GOOD = PLAYBOOK + """
  - name: logins
    given: {events: [{type: login, at: 2026-01-05, times: $n, every: 1h}]}
    as_of: 2026-01-20
    expect: {metric.logins_28d: $n}
    cases: [{n: 0}, {n: 3}, {case: many, n: 30}]
"""
BAD = GOOD.replace("expect: {metric.logins_28d: $n}", "expect: {health.score: {at_least: 30}}")

test_small = playbook_tests(churn.Playbook.parse(GOOD))
test_saas = playbook_tests(os.path.relpath(ROOT / "examples/playbooks/saas.yaml", pathlib.Path(__file__).parent))


@pytest.fixture(scope="module", autouse=True)
def plugin():
    names = {point.value for point in importlib.metadata.entry_points(group="pytest11")}
    if "_churn_pytest" not in names:
        pytest.skip("churn is not installed with its entry points")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "books").mkdir()
    (tmp_path / "books/bad.yaml").write_text(BAD)
    (tmp_path / "test_other.py").write_text("def test_other():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(folder, *arguments, code=0):
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments],
                          cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_playbook_in_one_line(folder):
    text = run(folder, "--churn", "good.yaml", "-vv")
    assert "good.yaml::silence is noticed PASSED" in text
    assert "good.yaml::logins [row 1] PASSED" in text and "good.yaml::logins [many] PASSED" in text
    assert "4 passed" in text and "test_other" not in text


def test_beside_other_tests(folder):
    assert "5 passed" in run(folder, "test_other.py", "--churn", "good.yaml")


def test_patterns(folder):
    text = run(folder, "--churn", "**/*.yaml", "-k", "silence")
    assert "2 passed, 6 deselected" in text


def test_one_item_by_its_name(folder):
    assert "1 passed" in run(folder, "good.yaml::logins [row 2]", "--churn", "good.yaml")


def test_failures_say_where_and_why(folder):
    text = run(folder, "--churn", "books/bad.yaml", code=1)
    line = BAD[:BAD.index("expect: {health.score")].count("\n") + 1
    assert f"books/bad.yaml:{line}: health.score: expected at least 30, got 0\n" in text
    assert "    health is made of\n" in text and "+50.000000  " in text
    assert "1 failed, 3 passed" in text
    assert "Traceback" not in text


def test_configured_playbooks_run_with_all_others(folder):
    (folder / "pytest.ini").write_text("[pytest]\nchurn_playbooks = *.yaml\n")
    assert "5 passed" in run(folder)
    assert "1 passed" in run(folder, "test_other.py")
    assert "4 passed" in run(folder, "good.yaml")


def test_a_playbook_that_does_not_compile_is_an_error(folder):
    (folder / "good.yaml").write_text(GOOD.replace("metric: logins_28d", "metric: login_28d"))
    text = run(folder, "--churn", "good.yaml", code=2)
    assert "unknown metric `login_28d`" in text and "did you mean `logins_28d`" in text


def test_a_playbook_that_is_not_there_is_an_error(folder):
    done = subprocess.run([sys.executable, "-m", "pytest", "--churn", "none.yaml"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 4 and "there is no playbook" in done.stderr


def test_it_costs_nothing_where_nobody_asks(folder):
    """Neither the package is imported, nor are files of that kind looked at."""
    (folder / "test_other.py").write_text(
        "import sys\n\ndef test_other():\n    assert 'churn' not in sys.modules\n")
    assert "1 passed" in run(folder)


def test_tests_of_a_file_without_options(folder):
    (folder / "test_other.py").write_text(
        "from churn.testing import playbook_tests\ntest_bad = playbook_tests('books/bad.yaml')\n")
    text = run(folder, "-vv", code=1)
    assert "test_other.py::test_bad[silence is noticed] PASSED" in text
    assert "test_other.py::test_bad[logins [row 1]] FAILED" in text
    assert "health.score, line" in text and "expected at least 30, got 0" in text


def test_reports_raise_and_print():
    bad = churn.Playbook.parse(BAD)
    with pytest.raises(AssertionError, match="1 of 5 expectations") as caught:
        bad.test().check()
    assert "logins [row 1]: health.score, line" in str(caught.value)
    assert "\n  health is made of" in str(caught.value)
    assert churn.Playbook.parse(GOOD).test().check().passed == 5
    assert [row["test"] for row in bad.test("logins").table] == [f"logins [{case}]" for case in
                                                              ("row 1", "row 2", "many")]
    with pytest.raises(churn.NotFoundError, match="did you mean `logins"):
        bad.test("logins [mny]")
    assert len(bad.test("logins").failures) == 1

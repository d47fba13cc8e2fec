# SPDX-License-Identifier: MIT
"""The pages about the language say what is so: every block compiles, every row of a table comes to what it says."""
import json
import pathlib
import re

import churn
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["docs/expressions-in-ten-minutes.md", "docs/cel.md"]
VARIABLES = {"plan": "string", "seats": "double", "logins": "double", "score": "double", "share": "double",
             "nps": "double", "vip": "bool"}
RECORD = {"plan": "free", "seats": 4.0, "logins": 12.0, "score": 61.5, "share": 0.25, "vip": False}


def rows(page, header):
    """The first cells of each row of the tables that have this header."""
    inside = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            inside = False
        elif line == header:
            inside = True
        elif inside and not line.startswith("|---"):
            first, second = re.split(r"(?<!\\)\|", line.strip("|"))
            yield first.strip().strip("`").replace("\\|", "|"), second.strip()


def blocks(page):
    return re.findall(r"```cel\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)


RESULTS = [(page, *row) for page in PAGES for row in rows(page, "| expression | result |")]
WARNINGS = [row for page in PAGES for row in rows(page, "| expression | warning |")]


def test_there_are_examples():
    assert len(RESULTS) > 40 and len(WARNINGS) > 4 and blocks(PAGES[0])


@pytest.mark.parametrize(("page", "text", "result"), RESULTS)
def test_results(page, text, result):
    value = churn.Expression(text, VARIABLES).evaluate(RECORD)
    wanted = None if result == "unknown" else json.loads(result)
    assert value == wanted and type(value) is type(wanted)


@pytest.mark.parametrize(("text", "code"), WARNINGS)
def test_warnings(text, code):
    assert code in [finding.code for finding in churn.check_expression(text, VARIABLES)]


@pytest.mark.parametrize("page", PAGES)
def test_blocks_compile(page):
    for text in blocks(page):
        assert not [d for d in churn.check_expression(text, VARIABLES) if d.severity == "error"], text


def test_python_on_the_page_runs():
    for code in re.findall(r"```python\n(.*?)```", (ROOT / PAGES[0]).read_text(encoding="utf-8"), re.S):
        exec(compile(code, PAGES[0], "exec"), {})

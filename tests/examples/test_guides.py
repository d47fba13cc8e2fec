# SPDX-License-Identifier: MIT
"""What the guides show is what their commands and snippets print; `test_guides.py --write` puts it there anew."""
import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from programs import ROOT, python

GUIDES = ["health-scores"]
SNIPPETS = ["business-figures", "retention", "voice-of-customer", "goals-and-anomalies"]
BLOCK = re.compile(r"^```text\n\$ python3 (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
SNIPPET = re.compile(r"^```python\n(.*?)^```$(\n\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
RUNNER = """
import contextlib, io, json, sys
sys.path.insert(0, "examples")
names, out = {"__name__": "guide"}, []
for code in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as text:
        exec(code, names)
    out.append(text.getvalue())
print(json.dumps(out))
"""


def guide(name):
    return ROOT / "docs" / f"{name}.md"


def snippets(name):
    """The Python of a guide, top to bottom in one interpreter: each snippet, what is shown, what it prints."""
    found = SNIPPET.findall(guide(name).read_text(encoding="utf-8"))
    out = python("-c", RUNNER, cwd=ROOT, input=json.dumps([code for code, _, _ in found]).encode())
    return [(code, shown, text) for (code, _, shown), text in zip(found, json.loads(out), strict=True)]


def printed(command):
    return python(*shlex.split(command), cwd=ROOT).decode()


@pytest.mark.parametrize("name", GUIDES)
def test_commands_print_what_is_shown(name):
    pytest.importorskip("churn")
    blocks = BLOCK.findall((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 5
    for command, shown in blocks:
        assert printed(command) == shown, command


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_print_what_is_shown(name):
    pytest.importorskip("churn")
    found = snippets(name)
    assert len(found) >= 5
    for code, shown, text in found:
        assert text == shown, code


def test_every_playbook_is_in_the_guide():
    text = (ROOT / "docs/playbooks.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples/playbooks").glob("*.yaml"):
        assert f"](../examples/playbooks/{path.name})" in text, path.name


def write():
    for name in GUIDES:
        path = Path(ROOT / "docs" / f"{name}.md")
        text = BLOCK.sub(lambda block: f"```text\n$ python3 {block[1]}\n{printed(block[1])}```",
                         path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    for name in SNIPPETS:
        outputs = iter(snippets(name))

        def block(match):
            code, _, text = next(outputs)
            return f"```python\n{code}```" + (f"\n\n```text\n{text}```" if text else "")

        text = SNIPPET.sub(block, guide(name).read_text(encoding="utf-8"))
        guide(name).write_text(text, encoding="utf-8")


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    write()

# SPDX-License-Identifier: MIT
"""What the guides show is what their commands print; `test_guides.py --write` puts it there anew."""
import re
import shlex
import sys
from pathlib import Path

import pytest
from programs import ROOT, python

GUIDES = ["health-scores"]
BLOCK = re.compile(r"^```text\n\$ python3 (.*)\n((?:.*\n)*?)```$", re.MULTILINE)


def printed(command):
    return python(*shlex.split(command), cwd=ROOT).decode()


@pytest.mark.parametrize("name", GUIDES)
def test_commands_print_what_is_shown(name):
    pytest.importorskip("churn")
    blocks = BLOCK.findall((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 5
    for command, shown in blocks:
        assert printed(command) == shown, command


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


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    write()

# SPDX-License-Identifier: MIT
"""The samples of the project's README and of the guide work as they stand."""
import os
import re
import subprocess
import sys

import pytest

import churn
from conftest import ROOT


def test_the_sample_of_the_readme(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    samples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert samples
    os.symlink(ROOT / "examples", tmp_path / "examples")
    for sample in samples:
        done = subprocess.run([sys.executable, "-c", sample], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout
    assert churn.version()


def test_the_playbook_of_the_guide(tmp_path):
    guide = (ROOT / "docs/first-playbook.md").read_text(encoding="utf-8")
    text = "".join(re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL))
    path = tmp_path / "first.yaml"
    path.write_text(text, encoding="utf-8")
    playbook = churn.Playbook.load(path)
    assert not playbook.warnings and playbook.test().passed
    path.write_text(text.replace("{metric: logins_28d", "{metric: login_28d")
                    .replace("trigger.gone_quiet: true", "trigger.low_helth: true"), encoding="utf-8")
    with pytest.raises(churn.PlaybookError) as caught:
        churn.Playbook.load(path)
    shown = [str(d).replace(str(path), "first.yaml") for d in caught.value.diagnostics]
    assert shown == re.findall(r"^first\.yaml:.*error.*$", guide, re.MULTILINE)

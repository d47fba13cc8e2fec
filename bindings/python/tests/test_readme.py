# SPDX-License-Identifier: MIT
"""The sample of the project's README runs as it stands."""
import os
import re
import subprocess
import sys

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

# SPDX-License-Identifier: MIT
"""Where the example programs are, for the tests beside this file."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CHURN_BUILD", ROOT / "build"))
SHARED = Path(os.environ.get("CHURN_SHARED", ROOT.parent / "shared"))


def built(path):
    """A file that the build makes; the test is skipped where there was none."""
    file = BUILD / path
    if not file.exists():
        pytest.skip(f"{file} is not there: build first, or set CHURN_BUILD")
    return file


def environment():
    """For compilers and programs that use the library as it stands in the build folder."""
    built("lib/libchurn.so")
    built("meson-uninstalled/churn-uninstalled.pc")
    return {**os.environ, "PKG_CONFIG_PATH": str(BUILD / "meson-uninstalled"),
            "LD_LIBRARY_PATH": str(BUILD / "lib")}


def needs(tool):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not there")
    return tool


def run(*command, **options):
    """A program's output as bytes; what it said where it failed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def python(*command, **options):
    return run(sys.executable, *command, **options)

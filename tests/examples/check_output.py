# SPDX-License-Identifier: MIT
"""Run a program and compare what it prints with a reviewed file: check_output.py FILE PROGRAM"""

import subprocess
import sys

with open(sys.argv[1], "rb") as file:
    expected = file.read()
got = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, check=True).stdout
if got != expected:
    print(f"printed:\n{got.decode()}\nexpected:\n{expected.decode()}")
sys.exit(got != expected)

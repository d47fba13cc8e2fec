# SPDX-License-Identifier: MIT
"""A few rounds of tests/fuzz/fuzz_business.py: always the same ones."""
import importlib.util

import pytest
from conftest import ROOT

SOURCE = ROOT / "tests" / "fuzz" / "fuzz_business.py"
spec = importlib.util.spec_from_file_location("fuzz_business", SOURCE)
assert spec and spec.loader
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)


@pytest.mark.parametrize("seed", range(1, 21))
def test_round(seed):
    counts = {"answered": 0, "refused": 0}
    fuzz.a_round(seed, counts)
    assert counts["answered"] + counts["refused"] == 10

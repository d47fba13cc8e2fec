# SPDX-License-Identifier: MIT
"""Movements of random customers beside ledger_twin.py, to the minor unit.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python compare_ledger.py SEED 1` makes a failure again.
"""

import os

import compare_ledger
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "100"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_ledger(seed):
    assert compare_ledger.run(seed) == []

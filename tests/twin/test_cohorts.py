# SPDX-License-Identifier: MIT
"""Random companies beside cohort_twin.py, cell by cell.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python cohort_twin.py SEED` makes a failure again.
"""

import os

import cohort_twin
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "24"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_cohorts(seed):
    assert cohort_twin.run(seed) == []

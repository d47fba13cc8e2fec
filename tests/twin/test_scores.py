# SPDX-License-Identifier: MIT
"""Random scores beside score_twin.py, to the last digit.

CHURN_TWIN_CASES and CHURN_TWIN_SEED as for test_twin.py; `python compare_scores.py SEED 1` makes a failure again.
"""

import os

import compare_scores
import pytest

FIRST = int(os.environ.get("CHURN_TWIN_SEED", "1"))
COUNT = int(os.environ.get("CHURN_TWIN_CASES", "24"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_scores(seed):
    assert compare_scores.run(seed) == []

"""Bounds of a guardrail where clusters were assigned whole and every customer is alike."""

import numpy as np
import pytest
from scipy import stats

from tests.analysis.evaluations import COLLECTED, COMPLAINT, PAID, evaluated, money_trial, trial


@pytest.mark.parametrize("complained", [0.0, 1.0])
@pytest.mark.parametrize("size", [4, 20])
def test_a_cluster_counts_once_where_nobody_or_everybody_complained(complained: float, size: int):
    data = trial(n=8000, effect=0.2) | {"household": np.arange(8000) // size, "complaint": np.full(8000, complained)}
    clusters = 4000 / size
    bound = stats.norm.isf(0.025) ** 2 / (clusters + stats.norm.isf(0.025) ** 2)
    for margin, code in ((bound * 1.01, "scale"), (bound * 0.99, "not_shown")):
        protocol = money_trial(
            population={"unit": "customer_id", "cluster": "household"},
            analysis={"standard_errors": "CR2"},
            outcomes=(PAID, COLLECTED, COMPLAINT | {"margin": margin}),
        )
        assert evaluated(protocol, data).verdict.code == code

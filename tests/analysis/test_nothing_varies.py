"""What does not vary but for rounding has no standard error, and so no t, p or range that would be absurd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import PAID, declared
from tests.analysis.frames import frame_of

N = 600


def constants() -> dict[str, np.ndarray[Any, Any]]:
    """Columns that are one number within an arm, a stratum or a cluster of it, give or take the last digits."""
    rng = np.random.default_rng(0)
    letter, region = (np.arange(N) // 6) % 2 == 0, (np.arange(N) // 12) % 2 == 0
    by_arm, by_region = np.where(letter, 0.7, 0.1), np.where(region, 12.34, 81.1)
    return {
        "everywhere": np.full(N, 1 / 3),
        "in_arms": by_arm,
        "in_strata": by_arm + by_region,
        "large": 1e6 + by_arm + 1e6 * region,
        "rounded": by_arm + by_region + 1e-14 * rng.normal(size=N),
    }


@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
@pytest.mark.parametrize("errors", ["HC2", "HC3", "classical", "CR2"])
def test_no_error_is_what_rounding_left(adjustment: str, errors: str) -> None:
    rng = np.random.default_rng(1)
    columns = constants() | {
        "arm": np.where((np.arange(N) // 6) % 2 == 0, "letter", "nfa"),
        "region": np.where((np.arange(N) // 12) % 2 == 0, "north", "south").astype(object),
        "household": np.char.add("h", (np.arange(N) // 6).astype(str)).astype(object),
        "reason": rng.choice(["forgot", "confused"], N).astype(object),
        "x": rng.normal(5, 2, N),
        "paid_23": (rng.random(N) < 0.4).astype(float),
    }
    amounts = [{"id": name, "role": "secondary", "kind": "amount", "direction": "increase"} for name in constants()]
    trial = declared(
        outcomes=[PAID, *amounts],
        randomisation={"method": "complete", "strata": ["region"]},
        analysis={
            "standard_errors": errors, "adjustment": adjustment, "covariates": [] if adjustment == "none" else ["x"],
            "subgroups": [{"column": "reason"}],
        },
        decision={"benefits": [{"outcome": "in_strata", "value": 1}]},
        **({"population": {"unit": "customer_id", "cluster": "household"}} if errors == "CR2" else {}),
    )  # fmt: skip
    frame = frame_of(columns, trial)
    evaluation = with_sensitivity(frame, trial, evaluate(frame, trial, protocol_digest="f" * 64))
    for row in (*evaluation.estimates, *evaluation.sensitivity):
        absurd = row.std_error is not None and 0 < row.std_error < 1e-7
        assert not absurd, row
        if row.outcome in constants() and row.estimand == "itt" and row.variant is None:
            assert (row.std_error, row.statistic, row.p_value) == (None, None, None)
            assert row.reason is not None
    for test in evaluation.interactions:
        assert test.outcome == "paid_23" or test.p_value is None, test
    assert evaluation.net_benefit.arms[0].central.std_error is None

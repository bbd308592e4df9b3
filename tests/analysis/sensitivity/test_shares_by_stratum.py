"""Where shares differ by stratum everything is within strata: a trial with no effect shows none anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimators.amounts import hurdle, quantile_effects
from analysis.evaluate import evaluate
from analysis.integrity.shares_by_stratum import shares_differ
from analysis.results import Evaluation
from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of

DIGEST = "f" * 64
STRATA = {"method": "external", "arm_column": "arm", "strata": ["region"]}
OUTCOMES = [
    {"id": "paid_23", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},
    {"id": "collected", "role": "secondary", "kind": "amount"},
]


def no_effect(seed: int, n: int = 4000) -> dict[str, np.ndarray]:
    """Audit a21: shares 2:1 and 1:2, retention 95% and 88% whatever the arm; 20% and 50% pay, and other sums."""
    rng = np.random.default_rng(seed)
    south = np.repeat([0, 1], n // 2)
    treated = rng.random(n) < np.where(south == 1, 1 / 3, 2 / 3)
    paid = (rng.random(n) < np.where(south == 1, 0.5, 0.2)).astype(float)
    collected = paid * rng.gamma(4.0, np.where(south == 1, 40.0, 20.0))
    gone = rng.random(n) > np.where(south == 1, 0.88, 0.95)
    age = rng.normal(40 + 20 * south, 5)
    return {
        "arm": np.where(treated, "letter", "nfa"),
        "region": np.where(south == 1, "south", "north"),
        "age": age,
        "paid_23": np.where(gone, np.nan, paid),
        "collected": np.where(gone, np.nan, collected),
    }


def whole(data: dict[str, np.ndarray], **sections: object) -> Evaluation:
    protocol = declared(randomisation=STRATA, outcomes=OUTCOMES, **sections)
    frame = frame_of(data, protocol)
    return with_sensitivity(frame, protocol, evaluate(frame, protocol, protocol_digest=DIGEST))


def test_nothing_is_found_anywhere_in_a_trial_with_no_effect() -> None:
    z: dict[str, list[float]] = {}
    lee, size = 0, 30
    for seed in range(size):
        evaluation = whole(no_effect(seed))
        assert {check.passed for check in evaluation.checks if check.severity == "blocks"} <= {True, None}
        (bounds,) = (b for b in evaluation.bounds if (b.outcome, b.assumption) == ("paid_23", "lee"))
        lee += bounds.ci_lower <= 0.0 <= bounds.ci_upper
        for row in evaluation.sensitivity:
            if row.variant is not None and row.std_error:
                name = f"{row.outcome} {row.variant.kind} {row.variant.quantile or ''}"
                z.setdefault(name, []).append(row.estimate / row.std_error)
    assert {name.split()[1] for name in z} >= {"logit", "quantile", "share_with_any", "mean_with_any", "bootstrap_mean"}
    for name, values in z.items():
        assert abs(np.mean(values)) < 3.3 / np.sqrt(size), name
        assert np.mean(np.abs(values) > 1.96) <= 0.25, name
    assert lee >= size - 4


def test_pooled_they_were_far_off() -> None:
    data = no_effect(0)
    pooled = declared(randomisation={"method": "external", "arm_column": "arm"}, outcomes=OUTCOMES)
    frame = frame_of(data, pooled)
    evaluation = with_sensitivity(frame, pooled, evaluate(frame, pooled, protocol_digest=DIGEST))
    (logit,) = (row for row in evaluation.sensitivity if row.variant is not None and row.variant.kind == "logit")
    assert logit.estimate < -0.05


def test_balance_is_within_strata_so_that_the_stratum_itself_is_balanced() -> None:
    evaluation = whole(no_effect(1), analysis={"covariates": ["age"], "adjustment": "additive"})
    rows = {(row.covariate, row.level): row for row in evaluation.balance}
    assert rows["region", "south"].standardised_difference == 0.0
    assert rows["region", "south"].mean_arm < 0.4 < 0.6 < rows["region", "south"].mean_comparison
    assert abs(rows["age", None].standardised_difference) < 0.05  # pooled it would be 0.6
    assert next(check for check in evaluation.checks if check.kind == "balance").passed is True


def test_a_covariate_that_differs_within_strata_is_still_found() -> None:
    data = no_effect(2)
    data["age"] = data["age"] + 5.0 * (data["arm"] == "letter")
    evaluation = whole(data, analysis={"covariates": ["age"], "adjustment": "additive"})
    assert next(check for check in evaluation.checks if check.kind == "balance").passed is False


def test_equal_shares_are_left_as_they_were() -> None:
    rng = np.random.default_rng(3)
    stratum, arm = np.repeat(np.arange(40), 50), np.tile(["nfa", "letter"], 1000)
    assert not shares_differ(arm, stratum)
    alarms = sum(shares_differ(rng.permutation(arm), stratum) for _ in range(400))
    assert alarms <= 4


def test_one_stratum_is_as_none_and_several_are_weighed_by_their_customers() -> None:
    rng = np.random.default_rng(4)
    y, treated = np.round(rng.gamma(1.0, 20.0, 900)) * (rng.random(900) < 0.6), rng.random(900) < 0.4
    assert hurdle(y, treated, stratum=np.zeros(900, int)) == hurdle(y, treated)
    stratum = np.repeat([4, 9], [300, 600])
    parts = [hurdle(y[stratum == s], treated[stratum == s]).paid_anything for s in (4, 9)]
    found = hurdle(y, treated, stratum=stratum).paid_anything
    assert found.estimate == pytest.approx(parts[0].estimate / 3 + 2 * parts[1].estimate / 3)
    assert found.std_error == pytest.approx(np.hypot(parts[0].std_error / 3, 2 * parts[1].std_error / 3))


def test_quantiles_within_strata_have_the_spread_of_repeated_trials() -> None:
    found, errors = [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        stratum = np.repeat([0, 1], 500)
        treated = rng.random(1000) < np.where(stratum == 1, 0.3, 0.7)
        y = rng.normal(3.0 * stratum, 1.0) + 0.5 * treated
        (median,) = quantile_effects(y, treated, (0.7,), rng=rng, stratum=stratum)
        found.append(median.estimate)
        errors.append(median.std_error)
    assert np.mean(found) == pytest.approx(0.5, abs=3.3 * np.std(found) / np.sqrt(300))
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.15)

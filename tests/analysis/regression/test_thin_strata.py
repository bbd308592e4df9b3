"""One customer of an arm in a small stratum: the others of the arm lend the variance, where few are in such strata."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.frame import ARM_COLUMN
from analysis.randomisation.randomisation_inference import randomisation_test
from analysis.specification import Column
from tests.analysis.frames import design, only, two_arms


def with_welsh(size: int = 2, *, n: int = 400, seed: int = 2) -> dict[str, Any]:
    """Of those who prefer Welsh one has the letter."""
    columns = two_arms(n, seed=seed)
    letter, nfa = (np.flatnonzero(columns[ARM_COLUMN] == arm) for arm in ("letter", "nfa"))
    columns["language"] = np.where(np.arange(n) % 3 == 0, "english", "scots").astype(object)
    columns["language"][[letter[0], *nfa[: size - 1]]] = "welsh"
    return columns


def by_hand(columns: dict[str, Any], y: np.ndarray[Any, Any], columns_of_arm: int) -> tuple[float, float]:
    """Stratum by stratum; a stratum's lone customer of an arm has the variance within the arm's other strata."""
    arm, language = columns[ARM_COLUMN], columns["language"]
    names = np.unique(language)
    estimate = variance = 0.0
    for sign, of in ((1.0, "letter"), (-1.0, "nfa")):
        parts = {name: y[(arm == of) & (language == name)] for name in names}
        squares = sum(((part - part.mean()) ** 2).sum() for part in parts.values())
        pooled = squares / (sum(len(part) for part in parts.values()) - columns_of_arm)
        for name, part in parts.items():
            weight = (language == name).mean()
            own = pooled if len(part) == 1 else part.var(ddof=1)
            estimate += sign * weight * part.mean()
            variance += weight**2 * own / len(part)
    return float(estimate), float(np.sqrt(variance))


@pytest.mark.parametrize("adjustment", ["none", "lin"])
@pytest.mark.parametrize("size", [2, 5, 20])
def test_its_variance_is_that_of_the_arms_other_strata(adjustment: str, size: int) -> None:
    columns = with_welsh(size)
    found = only(columns, design(adjustment=adjustment, strata=("language",)))
    assert (found.estimate, found.std_error) == pytest.approx(by_hand(columns, columns["y"], 3), rel=1e-9)
    assert found.n_left_out == 0
    assert "taken from its other strata" in str(found.note)


@pytest.mark.parametrize("kind", ["HC0", "HC2", "HC3"])
def test_covariates_are_taken_off_first(kind: str) -> None:
    columns = with_welsh()
    found = only(columns, design(kind, "lin", covariates=(Column("x", "number"),), strata=("language",)))
    without = {name: values[columns["language"] != "welsh"] for name, values in columns.items()}
    others = only(without, design(kind, "lin", covariates=(Column("x", "number"),), strata=("language",)))
    assert found.std_error == pytest.approx(others.std_error, rel=0.03)


def test_above_five_in_a_hundred_there_is_no_error() -> None:
    found = only(with_welsh(21), design(strata=("language",)))
    assert found.estimate is not None
    assert (found.std_error, found.reason) == (None, "arm letter has fewer than two customers in stratum welsh")


def test_a_missing_outcome_blanks_no_arm_either() -> None:
    """Two of an arm, of whom one has no outcome."""
    columns = with_welsh(4)
    letter = np.flatnonzero(columns[ARM_COLUMN] == "letter")
    columns["language"][letter[1]] = "welsh"
    columns["y"][letter[1]] = np.nan
    found = only(columns, design(strata=("language",)))
    assert found.std_error is not None


def test_redraws_hold_their_size_with_such_a_stratum() -> None:
    """1,000 trials with nothing to find: 5 in 100 within three Monte Carlo errors."""
    rng, rejected = np.random.default_rng(5), 0
    stratum = np.concatenate([np.zeros(60, int), np.ones(2, int)])
    for _ in range(1000):
        treated = np.concatenate([rng.permutation(np.arange(60) < 20), rng.permutation([True, False])])
        test = randomisation_test(
            rng.normal(size=62) + 2 * stratum, treated, stratum, draws=199, rng=rng, interval=False
        )
        assert test.p_value is not None
        rejected += test.p_value <= 0.05
    assert abs(rejected / 1000 - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 1000)

"""Bounds for missing outcomes within strata and by clusters: about the stratum-weighted estimate, with its errors."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from analysis.integrity.missing_outcomes import lee_bounds, worst_case_bounds

NAN = float("nan")


def test_worst_case_bounds_are_the_extremes_of_every_completion_weighted_by_stratum() -> None:
    y = np.array([1.0, 0.0, NAN, 1.0, 0.0, NAN, 1.0, 0.0, NAN, 0.0, 1.0, 0.0])
    treated = np.array([1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0], bool)
    stratum = np.repeat([3, 7], 6)
    gaps = np.flatnonzero(np.isnan(y))
    effects = []
    for fill in product([0.0, 1.0], repeat=gaps.size):
        whole = y.copy()
        whole[gaps] = fill
        of = [whole[(stratum == s) & treated].mean() - whole[(stratum == s) & ~treated].mean() for s in (3, 7)]
        effects.append(np.mean(of))
    bounds = worst_case_bounds(y, treated, 0.0, 1.0, stratum=stratum)
    assert (bounds.lower, bounds.upper) == pytest.approx((min(effects), max(effects)))


def test_a_stratum_without_one_of_the_arms_is_left_out() -> None:
    y = np.array([1.0, 0.0, 1.0, 0.0, 9.0, NAN])
    treated = np.array([1, 1, 0, 0, 1, 1], bool)
    stratum = np.array([0, 0, 0, 0, 1, 1])
    for bounds in (worst_case_bounds(y, treated, 0, 1, stratum=stratum), lee_bounds(y, treated, stratum=stratum)):
        assert (bounds.lower, bounds.upper) == (0.0, 0.0)


def test_lee_trims_in_each_stratum_and_weighs_by_who_is_always_observed() -> None:
    first, second = np.arange(1.0, 11.0), np.array([2.0, 3, 4, 5, 6, 7, 8, 9, NAN, NAN])  # a fifth is trimmed
    third, fourth = np.array([5.0, 5, NAN, NAN, NAN]), np.array([1.0, 2, 3, 4, 5])  # three fifths, of the other arm
    y = np.concatenate([first, second, third, fourth])
    treated = np.repeat([True, False, True, False], [10, 10, 5, 5])
    stratum = np.repeat([0, 1], [20, 10])
    bounds = lee_bounds(y, treated, stratum=stratum)
    weights = np.array([20 * 0.8, 10 * 0.4])
    lower = [np.mean(first[:8]) - 5.5, 5.0 - np.mean([4.0, 5.0])]
    upper = [np.mean(first[2:]) - 5.5, 5.0 - np.mean([1.0, 2.0])]
    assert bounds.lower == pytest.approx(np.average(lower, weights=weights))
    assert bounds.upper == pytest.approx(np.average(upper, weights=weights))
    assert bounds.trimmed_share == pytest.approx(np.average([0.2, 0.6], weights=weights))


def test_alike_strata_and_clusters_of_one_are_as_none() -> None:
    rng = np.random.default_rng(2)
    y, treated = rng.normal(size=300), np.arange(300) % 2 == 0
    y[rng.random(300) < np.where(treated, 0.05, 0.2)] = NAN
    for bounds in (lee_bounds, lambda *a, **k: worst_case_bounds(*a, -3.0, 3.0, **k)):
        plain = bounds(y, treated)
        clustered = bounds(y, treated, cluster=rng.permutation(300))
        assert (clustered.lower, clustered.upper) == pytest.approx((plain.lower, plain.upper))
        assert clustered.std_error_lower == pytest.approx(plain.std_error_lower, rel=0.01)
        assert clustered.ci_upper > plain.ci_upper  # Student's t, and the factor of whole clusters


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """60 clusters of 10 in three strata with shares of their own; losses follow arm, stratum and cluster."""
    cluster = np.repeat(np.arange(60), 10)
    stratum = (np.arange(60) % 3)[cluster]
    chance = np.array([0.3, 0.5, 0.6])
    treated = np.zeros(60, bool)
    for j in range(3):
        of = np.flatnonzero(np.arange(60) % 3 == j)
        treated[rng.choice(of, round(chance[j] * 20), replace=False)] = True
    arm = treated[cluster]
    y = stratum + 0.6 * rng.normal(size=60)[cluster] + rng.normal(size=600) * (1 + 0.3 * stratum)
    kept = np.clip(np.where(arm, 0.92, 0.78) - 0.04 * stratum + 0.1 * rng.normal(size=60)[cluster], 0, 1)
    return np.where(rng.random(600) < kept, y, NAN), arm, stratum, cluster


@pytest.mark.parametrize("kind", ["lee", "worst case"])
def test_errors_by_strata_and_clusters_match_the_spread_over_repeated_trials(kind: str) -> None:
    rng = np.random.default_rng(6)
    lower, upper, errors = [], [], []
    for _ in range(800):
        y, arm, stratum, cluster = drawn(rng)
        if kind == "lee":
            bounds = lee_bounds(y, arm, stratum=stratum, cluster=cluster)
        else:
            bounds = worst_case_bounds(y, arm, -2.0, 4.0, stratum=stratum, cluster=cluster)
        lower.append(bounds.lower)
        upper.append(bounds.upper)
        errors.append((bounds.std_error_lower, bounds.std_error_upper))
    means = np.mean(errors, axis=0)
    assert np.std(lower) * 0.95 <= means[0] <= np.std(lower) * 1.2
    assert np.std(upper) * 0.95 <= means[1] <= np.std(upper) * 1.2


def test_a_stratum_with_one_customer_of_an_arm_takes_its_error_from_the_others() -> None:
    rng = np.random.default_rng(8)
    y, treated = rng.normal(size=41), np.arange(41) < 20
    stratum = np.where(np.arange(41) % 2 == 0, 0, 1)
    stratum[[0, 40]] = 2
    y[7] = NAN
    for bounds in (lee_bounds(y, treated, stratum=stratum), worst_case_bounds(y, treated, -3, 3, stratum=stratum)):
        assert bounds.reason is None
        assert bounds.std_error_lower > 0
    alone = worst_case_bounds(np.array([1.0, 2.0, 3.0]), np.array([True, False, False]), 0, 3)
    assert "one customer" in str(alone.reason)
    whole = np.array([0, 0, 1])
    clusters = worst_case_bounds(np.array([1.0, NAN, 3.0]), np.array([True, True, False]), 0, 3, cluster=whole)
    assert "one cluster" in str(clusters.reason)


def test_a_household_in_both_arms_pulls_both_ways() -> None:
    """What its members share cancels out of a difference within the household."""
    rng = np.random.default_rng(4)
    household = np.repeat(np.arange(100), 2)
    treated = np.tile([True, False], 100)
    y = 5.0 * rng.normal(size=100)[household] + rng.normal(size=200)
    y[3] = NAN
    within, apart = lee_bounds(y, treated, cluster=household), lee_bounds(y, treated)
    assert within.std_error_lower < 0.5 * apart.std_error_lower

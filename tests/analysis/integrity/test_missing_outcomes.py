"""Bounds for missing outcomes, against enumeration of what could be missing and simulated coverage."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from analysis.integrity.missing_outcomes import lee_bounds, worst_case_bounds

NAN = float("nan")


def test_worst_case_bounds_are_the_extremes_of_every_completion() -> None:
    y = np.array([1.0, 0.0, NAN, NAN, 1.0, 0.0, NAN, 0.0])
    treated = np.arange(8) < 4
    gaps = np.flatnonzero(np.isnan(y))
    effects = []
    for fill in product([0.0, 1.0], repeat=gaps.size):
        whole = y.copy()
        whole[gaps] = fill
        effects.append(whole[treated].mean() - whole[~treated].mean())
    bounds = worst_case_bounds(y, treated, 0.0, 1.0)
    assert (bounds.lower, bounds.upper) == pytest.approx((min(effects), max(effects)))
    assert bounds.ci_lower < bounds.lower < bounds.upper < bounds.ci_upper  # type: ignore[operator]


def test_nothing_missing_leaves_the_usual_interval() -> None:
    rng = np.random.default_rng(1)
    y, treated = rng.normal(size=400), np.arange(400) < 200
    estimate = y[treated].mean() - y[~treated].mean()
    error = np.sqrt(y[treated].var(ddof=1) / 200 + y[~treated].var(ddof=1) / 200)
    for bounds in (worst_case_bounds(y, treated, -9, 9), lee_bounds(y, treated)):
        assert (bounds.lower, bounds.upper) == pytest.approx((estimate, estimate))
        assert bounds.ci_lower == pytest.approx(estimate - 1.96 * error, abs=0.01 * error)
        assert bounds.ci_upper == pytest.approx(estimate + 1.96 * error, abs=0.01 * error)


def test_lee_bounds_trim_the_excess_share() -> None:
    """Ten of ten observed against eight of ten: a fifth of the first arm goes, from the top and from the bottom."""
    first, second = np.arange(1.0, 11.0), np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, NAN, NAN])
    y, treated = np.concatenate([first, second]), np.arange(20) < 10
    bounds = lee_bounds(y, treated)
    assert bounds.trimmed_share == pytest.approx(0.2)
    assert bounds.lower == pytest.approx(np.mean(first[:8]) - 5.5)
    assert bounds.upper == pytest.approx(np.mean(first[2:]) - 5.5)
    mirrored = lee_bounds(y, ~treated)
    assert (mirrored.lower, mirrored.upper) == pytest.approx((-bounds.upper, -bounds.lower))  # type: ignore[operator]


def test_lee_bounds_of_a_binary_outcome_split_ties() -> None:
    y = np.array([1.0] * 30 + [0.0] * 70 + [1.0] * 20 + [0.0] * 60 + [NAN] * 20)
    treated = np.arange(200) < 100
    bounds = lee_bounds(y, treated)
    assert bounds.lower == pytest.approx((30 - 20) / 80 - 0.25)
    assert bounds.upper == pytest.approx(30 / 80 - 0.25)


@pytest.mark.parametrize("binary", [True, False])
def test_lee_intervals_cover_the_effect_among_the_always_observed(binary: bool) -> None:
    rng = np.random.default_rng(9)
    runs, size, covered = 800, 600, 0
    for _ in range(runs):
        base = rng.normal(size=size)
        kind = rng.random(size)
        always, helped = kind < 0.7, (kind >= 0.7) & (kind < 0.85)
        treated = rng.permutation(size) < size // 2
        latent = base + 0.3 * treated + 0.8 * helped
        y = (latent > 0.5).astype(float) if binary else latent
        seen = always | (helped & treated)
        effect_of = (lambda v: (v > 0.5).astype(float)) if binary else (lambda v: v)
        truth = np.mean(effect_of(base[always] + 0.3) - effect_of(base[always]))
        bounds = lee_bounds(np.where(seen, y, NAN), treated)
        covered += bounds.ci_lower <= truth <= bounds.ci_upper  # type: ignore[operator]
    assert covered / runs >= 0.95 - 3.3 * np.sqrt(0.95 * 0.05 / runs)


def test_lee_errors_match_the_spread_over_repeated_trials() -> None:
    rng = np.random.default_rng(4)
    lower, upper, errors = [], [], []
    for _ in range(1_500):
        y, treated = rng.normal(size=500), rng.permutation(500) < 250
        seen = rng.random(500) < np.where(treated, 0.9, 0.75)
        bounds = lee_bounds(np.where(seen, y, NAN), treated)
        lower.append(bounds.lower)
        upper.append(bounds.upper)
        errors.append((bounds.std_error_lower, bounds.std_error_upper))
    means = np.mean(errors, axis=0)
    assert means[0] == pytest.approx(np.std(lower), rel=0.07)
    assert means[1] == pytest.approx(np.std(upper), rel=0.07)


def test_what_has_no_bounds_says_why() -> None:
    nobody = lee_bounds(np.array([1.0, 2.0, NAN, NAN]), np.array([True, True, False, False]))
    assert nobody.lower is None
    assert "nobody" in str(nobody.reason)
    assert worst_case_bounds(np.ones(3), np.ones(3, bool), 0, 1).reason is not None

"""Amounts and ratios against plain formulas and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimators.amounts import bootstrap_interval, hurdle, quantile_effects
from analysis.estimators.ratios import ratio_effect


def skewed(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.lognormal(0.0, 1.0, size) * (rng.random(size) < 0.6)


def test_hurdle_parts_multiply_back_to_the_mean() -> None:
    rng = np.random.default_rng(1)
    y, treated = skewed(rng, 500), np.arange(500) < 250
    split = hurdle(y, treated)
    shares = [np.mean(y[arm] > 0) for arm in (treated, ~treated)]
    payers = [y[arm & (y > 0)].mean() for arm in (treated, ~treated)]
    assert split.paid_anything.estimate == pytest.approx(shares[0] - shares[1])
    assert split.how_much.estimate == pytest.approx(payers[0] - payers[1])
    assert y[treated].mean() == pytest.approx(shares[0] * payers[0])


def test_hurdle_with_nobody_paying_says_so() -> None:
    split = hurdle(np.array([0.0, 0.0, 5.0, 6.0]), np.array([True, True, False, False]))
    assert split.how_much.estimate is None
    assert "nobody" in str(split.how_much.reason)


def test_bootstrap_intervals_cover_skewed_pounds() -> None:
    rng = np.random.default_rng(2)
    runs, covered = 300, 0
    for run in range(runs):
        y = skewed(rng, 240)
        treated = rng.permutation(240) < 60
        interval = bootstrap_interval(y, treated, np.zeros(240, int), rng=np.random.default_rng(run), draws=399)
        covered += interval.ci_lower <= 0.0 <= interval.ci_upper  # type: ignore[operator]
    assert covered / runs == pytest.approx(0.95, abs=3.3 * np.sqrt(0.95 * 0.05 / runs) + 0.01)


def test_bootstrap_resamples_whole_clusters() -> None:
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(60), 10)
    y = rng.normal(size=60)[cluster] + 0.1 * rng.normal(size=600)
    treated = cluster % 2 == 0
    alone = bootstrap_interval(y, treated, np.zeros(600, int), rng=np.random.default_rng(1))
    whole = bootstrap_interval(y, treated, np.zeros(600, int), rng=np.random.default_rng(1), cluster=cluster)
    assert whole.estimate == pytest.approx(alone.estimate)
    assert whole.std_error > 2.5 * alone.std_error  # type: ignore[operator]


def test_bootstrap_keeps_to_strata_and_says_when_it_cannot() -> None:
    y = np.array([1.0, 2.0, 3.0, 4.0])
    lone = bootstrap_interval(
        y, np.array([True, False, True, False]), np.array([0, 0, 1, 1]), rng=np.random.default_rng(1)
    )
    assert lone.ci_lower is None
    assert "fewer than two" in str(lone.reason)


def test_quantile_effects_cover_a_shift() -> None:
    rng = np.random.default_rng(6)
    runs, covered = 400, np.zeros(3)
    for run in range(runs):
        y = rng.exponential(1.0, 400)
        treated = rng.permutation(400) < 200
        y[treated] += 0.5
        effects = quantile_effects(y, treated, (0.25, 0.5, 0.9), rng=np.random.default_rng(run), draws=799)
        covered += [e.ci_lower <= 0.5 <= e.ci_upper for e in effects]  # type: ignore[operator]
    assert covered / runs == pytest.approx(np.full(3, 0.95), abs=3.3 * np.sqrt(0.95 * 0.05 / runs) + 0.015)


def test_ratio_errors_match_the_spread_over_repeated_trials() -> None:
    rng = np.random.default_rng(7)
    estimates, errors = [], []
    for _ in range(2_000):
        calls = rng.poisson(1.0, 300).astype(float)
        minutes = calls * rng.gamma(2.0, 2.0, 300)
        effect = ratio_effect(minutes, calls, np.arange(300) < 150)
        estimates.append(effect.estimate)
        errors.append(effect.std_error)
    assert np.mean(errors) == pytest.approx(np.std(estimates), rel=0.06)
    assert np.mean(estimates) == pytest.approx(0.0, abs=4 * np.std(estimates) / 2_000**0.5)


def test_a_ratio_under_clusters_varies_with_them() -> None:
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(40), 15)
    calls = np.ones(600)
    minutes = 5 + rng.normal(size=40)[cluster] + 0.1 * rng.normal(size=600)
    alone = ratio_effect(minutes, calls, cluster % 2 == 0)
    whole = ratio_effect(minutes, calls, cluster % 2 == 0, cluster=cluster)
    assert whole.std_error > 3 * alone.std_error  # type: ignore[operator]
    assert ratio_effect(minutes, np.zeros(600), cluster % 2 == 0).reason is not None

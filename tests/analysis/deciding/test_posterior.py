"""Posterior summaries against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from analysis.deciding.posterior import FLAT, Prior, posterior, shrunk, summarise
from analysis.errors import AnalysisRefused

SHARED = np.array([[2.0, 1.0], [1.0, 2.0]])


def test_a_flat_prior_leaves_the_likelihood() -> None:
    mean, spread = posterior(np.array([1.0, 2.0]), SHARED, FLAT)
    assert mean.tolist() == [1.0, 2.0]
    assert spread is SHARED


def test_a_normal_prior_is_the_precision_weighted_mean() -> None:
    estimates, prior = np.array([1.0, 3.0]), Prior(0.5, 2.0, "library")
    precision = np.linalg.inv(SHARED) + np.eye(2) / 4
    expected = np.linalg.solve(precision, np.linalg.inv(SHARED) @ estimates + np.full(2, 0.5) / 4)
    mean, spread = posterior(estimates, SHARED, prior)
    assert mean == pytest.approx(expected)
    assert spread == pytest.approx(np.linalg.inv(precision))


def test_one_arm_against_nfa_has_closed_forms() -> None:
    summary = summarise(["sms"], np.array([0.8]), np.array([[1.0]]), rng=np.random.default_rng(1))
    arm = summary.arms[0]
    assert arm.probability_beats_nfa == pytest.approx(ndtr(0.8))
    assert arm.probability_best == pytest.approx(ndtr(0.8), abs=0.005)
    density = np.exp(-0.32) / np.sqrt(2 * np.pi)
    assert arm.expected_loss == pytest.approx(density - 0.8 * ndtr(-0.8), abs=0.01)  # E max(−θ, 0)
    assert summary.nfa_expected_loss == pytest.approx(density + 0.8 * ndtr(0.8), abs=0.01)
    assert summary.nfa_probability_best + arm.probability_best == pytest.approx(1.0)


def test_a_shared_comparison_group_enters_the_race() -> None:
    """Two like arms: independent errors would make NFA best a quarter of the time, a shared group a third."""
    summary = summarise(["a", "b"], np.zeros(2), SHARED, rng=np.random.default_rng(2))
    assert summary.nfa_probability_best == pytest.approx(1 / 3, abs=0.005)


def test_shrinkage_pulls_the_winner_towards_the_rest() -> None:
    estimates = np.array([0.0, 1.0, 2.0, 6.0])
    after = shrunk(estimates, np.eye(4) + 0.5)
    assert after.argmax() == 3
    assert after[3] < 6.0
    assert after[0] > 0.0
    assert shrunk(np.array([1.0, 1.1, 0.9, 1.0]), np.eye(4)) == pytest.approx(np.full(4, 1.0))
    with pytest.raises(AnalysisRefused, match="four arms"):
        shrunk(np.zeros(3), np.eye(3))


def test_a_prior_without_spread_is_refused() -> None:
    with pytest.raises(AnalysisRefused, match="spread"):
        posterior(np.zeros(1), np.eye(1), Prior(0.0, 0.0, "none"))

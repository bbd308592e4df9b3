"""Simulated power against statsmodels on single trials and the formula on many."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.planning.power import _proportions, power_at
from analysis.planning.power_simulation import BinaryWorld, _lin_hc2, simulate_power


def test_each_trial_equals_a_regression_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((3, 60)).astype(np.float32), (rng.random((3, 60)) < 0.4).astype(np.float32)
    estimates, errors = _lin_hc2(x, y, 20)
    for row in range(3):
        z, covariate = np.arange(60) < 20, x[row].astype(float)
        centred = covariate - covariate.mean()
        fit = sm.OLS(y[row].astype(float), np.column_stack([np.ones(60), z, centred, z * centred])).fit(cov_type="HC2")
        assert estimates[row] == pytest.approx(fit.params[1], rel=1e-4)
        assert errors[row] == pytest.approx(fit.bse[1], rel=1e-4)


def test_without_a_covariate_to_use_power_is_the_formula() -> None:
    simulated = simulate_power(
        BinaryWorld(0.3, 0.03), 1_500, 4_500, trials=4_000, alpha=0.05, rng=np.random.default_rng(1)
    )
    expected = power_at(_proportions(0.3), 0.03, 1_500, 4_500, alpha=0.05)
    assert simulated.power == pytest.approx(expected, abs=4 * simulated.monte_carlo_error + 0.005)
    assert simulated.mean_estimate == pytest.approx(0.03, abs=4 * simulated.spread / 4_000**0.5)
    assert simulated.mean_std_error == pytest.approx(simulated.spread, rel=0.05)


def test_nothing_to_find_is_found_at_alpha() -> None:
    simulated = simulate_power(
        BinaryWorld(0.3, 0.0, 0.1), 400, 400, trials=6_000, alpha=0.05, rng=np.random.default_rng(3)
    )
    assert simulated.power == pytest.approx(0.05, abs=3.3 * np.sqrt(0.05 * 0.95 / 6_000))


def test_a_covariate_that_predicts_gains_power() -> None:
    blind, sighted = (
        simulate_power(
            BinaryWorld(0.5, 0.04, slope), 1_000, 1_000, trials=2_000, alpha=0.05, rng=np.random.default_rng(4)
        )
        for slope in (0.0, 0.3)
    )
    assert sighted.power > blind.power + 0.05


def test_a_handful_of_customers_is_refused() -> None:
    with pytest.raises(AnalysisRefused, match="too few"):
        simulate_power(BinaryWorld(0.5, 0.1), 2, 50, trials=10, alpha=0.05, rng=np.random.default_rng(1))

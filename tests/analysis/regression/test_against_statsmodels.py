"""Every estimator against the same regression written out and fitted by statsmodels, on fifty-six random designs."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.fit import Term
from analysis.regression import regress
from tests.analysis.frames import frame_of, outcome, random_trial

KINDS = ("classical", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "HC2")
CONTRASTS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]])  # on (letter, sms), the comparison being nfa or letter
OUTCOMES = ("amount", "partial")


def reference(trial, y, kind):
    """Estimates and standard errors of the three contrasts."""
    import statsmodels.api as sm

    X, y, rows = trial.dense(y)
    weights = trial.columns["w"][rows] if trial.design.weight else None
    model = sm.OLS(y, X) if weights is None else sm.WLS(y, X, weights=weights)
    if kind == "classical":
        fit = model.fit()
    elif kind.startswith("HC"):
        fit = model.fit(cov_type=kind)
    else:
        groups = trial.columns["household"][rows]
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    covariance = fit.cov_params()[1:3, 1:3]
    if kind == "CR1":
        n, p, G = len(y), np.linalg.matrix_rank(X), len(np.unique(groups))
        covariance = covariance * (G / (G - 1) * (n - 1) / (n - p))
    contrasts = CONTRASTS @ covariance @ CONTRASTS.T
    return CONTRASTS @ fit.params[1:3], contrasts


# Collinear columns are part of the matrix: statsmodels warns and takes the pseudo-inverse, which fits the same.
@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
@pytest.mark.parametrize("seed", range(56))
def test_equals_statsmodels(seed):
    kind = KINDS[seed % len(KINDS)]
    trial = random_trial(seed, n=250 + 7 * seed, kind=kind, weighted=seed % 8 == 7)
    fits = regress(frame_of(trial.columns), trial.design, [outcome(name) for name in OUTCOMES]).fits
    for name in OUTCOMES:
        estimates, covariance = reference(trial, trial.columns[name], kind)
        fit = fits[name, None]
        np.testing.assert_allclose([c.estimate for c in fit.contrasts], estimates, rtol=1e-9)
        np.testing.assert_allclose([c.std_error for c in fit.contrasts], np.sqrt(np.diag(covariance)), rtol=1e-9)
        np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-8, atol=1e-9 * covariance.max())


@pytest.mark.parametrize("adjustment", ["additive", "lin"])
def test_a_collinear_column_is_dropped_in_every_arm_and_listed(adjustment):
    trial = next(
        t
        for t in (random_trial(seed) for seed in range(200))
        if t.design.adjustment == adjustment and {"age", "twice_age"} <= {c.name for c in t.design.covariates}
    )
    fit = regress(frame_of(trial.columns), trial.design, [outcome("amount")]).fits["amount", None]
    X, _, _ = trial.dense(trial.columns["amount"])
    assert fit.dropped == (Term("twice_age"),)
    assert fit.p == np.linalg.matrix_rank(X)

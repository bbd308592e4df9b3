"""Strata in which an arm has one customer with the outcome: that one says nothing of the spread, and no arm is blanked.

Where few customers of a contrast are in such strata, what one of them adds to the variance is its weight squared times
the arm's own variance within its other strata, as small blocks borrow from others (Pashley & Miratrix 2021, Journal of
Educational and Behavioral Statistics 46:271). Where they are more than 5% there is no standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.regression.fitting import Fitting
from analysis.regression.gram import totals
from analysis.regression.heteroskedastic import LEVERAGE_POWER
from analysis.regression.leaving import too_many
from analysis.regression.uncertainty import Uncertainty

Floats = NDArray[np.float64]


def with_borrowed(
    fits: Sequence[Fitting], known: Mapping[tuple[int, int], Uncertainty]
) -> dict[tuple[int, int], Uncertainty]:
    """What is known by (level, response), variances of thin strata borrowed where few customers are in them.

    Clustered and classical errors, additive strata and weights are as they were.
    """
    of_fits = {
        (fit.fitted.level, r): _borrowing(fit, i, known[fit.fitted.level, r])
        for fit in fits
        for i, r in enumerate(fit.fitted.responses)
    }
    return {**known, **of_fits}


def _borrowing(fit: Fitting, i: int, uncertainty: Uncertainty) -> Uncertainty:
    cells, model = fit.cells, fit.fitted.model
    specification = cells.plan.specification
    robust = specification.standard_errors in LEVERAGE_POWER
    if not (specification.strata and robust) or specification.adjustment == "additive" or specification.weight:
        return uncertainty
    K, J = len(specification.arms), len(cells.stratum_names)
    count = totals(cells.arm * J + cells.strata, cells.count, K * J).reshape(K, J)
    thin = count == 1
    if not thin.any():
        return uncertainty
    share = count.sum(axis=0) / count.sum()
    added = np.where(thin, share**2, 0.0).sum(axis=1) * _variances(fit, i, count)
    covariance, few = uncertainty.covariance.copy(), []
    signs = np.zeros((len(specification.contrasts), K))
    for t, pair in enumerate(specification.contrasts):
        at = [specification.arms.index(arm) for arm in pair]
        signs[t, at] = 1.0, -1.0
        in_thin = count[at][:, thin[at].any(axis=0)].sum()
        few.append(model.uninferable[t] is not None and not too_many(in_thin, count[at].sum()))
    borrowed = np.where(np.isfinite(added), added, 0.0)
    covariance += (signs * borrowed) @ signs.T
    known = [bool(of and np.isfinite(added[signs[t] != 0]).all()) for t, of in enumerate(few)]
    return replace(uncertainty, covariance=covariance, borrowed=tuple(known))


def _variances(fit: Fitting, i: int, count: Floats) -> Floats:
    """Each arm's variance within its strata, shape (K,), by the model's residuals; NaN where nothing is left of it."""
    K = len(count)
    model, residual = fit.fitted.model, fit.residual[i]
    if len(residual) == K:  # Lin: one regression an arm
        freedom = count.sum(axis=1) - model.p / max(int((count.sum(axis=1) > 0).sum()), 1)
        squares = residual
    else:
        present = len(residual) // K
        squares = residual.reshape(K, present).sum(axis=1)
        freedom = (count - 1.0).clip(min=0.0).sum(axis=1)
    variances: Floats = np.divide(squares, freedom, out=np.full(K, np.nan), where=freedom > 0)
    return variances

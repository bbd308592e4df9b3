"""Superpopulation variance: a roll-out's customers are others, drawn from where these were drawn.

Where the effect varies with a covariate or between strata, the mix of customers in the trial is itself a sample, and
the variance of the effect on others holds one more term: that of the predicted effect over customers, divided by n.
"""

from __future__ import annotations

import numpy as np

from analysis.regression.fitting import Fitting


def superpopulation_variance(fit: Fitting, i: int, t: int) -> float:
    """Variance that contrast ``t`` of response ``i`` gains when its target is other customers than these.

    Lin: (β̂ₐ − β̂c)'S_x(β̂ₐ − β̂c)/n, with S_x the covariance of the regression's columns over everyone. Difference in
    means: Σ w_j (τ̂_j − τ̂)²/n over strata. Zero for additive adjustment, whose effect is one for all, and under
    inverse-probability weights, where it is not defined here.

    Source: Imbens & Rubin (2015), Causal Inference, section 7.4; Abadie, Athey, Imbens & Wooldridge (2020),
    Econometrica 88:265.
    """
    design, model = fit.cells.plan.specification, fit.fitted.model
    if design.adjustment == "additive" or design.weight is not None or model.unestimable[t] is not None:
        return 0.0
    n, coefficients = float(fit.cells.count.sum()), fit.fitted.coefficients[i]
    arm, comparison = (design.arms.index(arm) for arm in design.contrasts[t])
    if design.adjustment == "none":
        strata = len(coefficients) // len(design.arms)
        by_arm = coefficients[:, 0].reshape(len(design.arms), strata)
        effects, share = by_arm[arm] - by_arm[comparison], model.functionals[arm * strata : (arm + 1) * strata, 0, 0]
        return float(share @ (effects - share @ effects) ** 2 / n)
    taking_part = sorted({int(block) for block in np.unique(model.block) if block >= 0})
    means, slopes = model.functionals[0, 0], coefficients[arm] - coefficients[comparison]
    spread = model.gram[taking_part].sum(axis=0) / model.n - np.outer(means, means)
    return max(0.0, float(slopes @ spread @ slopes) / n)

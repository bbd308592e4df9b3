"""Covariance and degrees of freedom of the contrasts of fitted models, by the declared standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.regression.cluster_inference import clustered_uncertainty
from analysis.regression.fitting import Fitting
from analysis.regression.gram import totals
from analysis.regression.heteroskedastic import (
    LEVERAGE_POWER,
    BlockVariances,
    classical_covariance,
    contrast_covariance,
    from_cells,
)
from analysis.regression.moments import Cells
from analysis.regression.residuals import block_variances
from analysis.regression.third_moments import customers_cubes, from_blocks
from analysis.regression.uncertainty import Joint, Uncertainty
from designs.literals import CLUSTERED, StandardErrors

Floats = NDArray[np.float64]

CANCELLED = 1e-6  # residual share of the sum of squares below which moments alone have lost digits


def infer(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitting]
) -> tuple[dict[tuple[int, int], Uncertainty], dict[int, Joint]]:
    """By (level, response): covariance and degrees of freedom; and with clusters the joint covariance by response."""
    kind = cells.plan.specification.standard_errors
    if kind in CLUSTERED:
        return clustered_uncertainty(frame, cells, fits, kind)
    residual_rows = kind != "classical" and (bool(cells.plan.running) or cells.plan.specification.weight is not None)
    if residual_rows or any(_cancelled(fit) for fit in fits):
        power = LEVERAGE_POWER.get(kind, 0)
        variances = block_variances(frame, cells, [fit.fitted for fit in fits], power)
    else:
        variances = {}
    uncertainty = {
        (fit.fitted.level, r): _unclustered(fit, i, kind, variances.get((fit.fitted.level, r)))
        for fit in fits
        for i, r in enumerate(fit.fitted.responses)
    }
    if cells.plan.third_moments:
        # Where slopes are shared a block is of no one arm.
        by_arm = cells.plan.specification.adjustment != "additive"
        known = {
            (fit.fitted.level, r): from_blocks(fit, of_blocks)
            for fit in fits
            for r in fit.fitted.responses
            if by_arm
            and (fit.fitted.level, r) in variances
            and (of_blocks := variances[fit.fitted.level, r].cubes) is not None
        }
        sizes = {fit.fitted.level: _customers(fit) for fit in fits}
        for (level, r), cubes in (known or customers_cubes(frame, cells, fits)).items():
            none_shared = np.hstack([cubes, np.zeros((len(cubes), 1))])
            uncertainty[level, r] = replace(uncertainty[level, r], cubes=none_shared, sizes=sizes[level])
    return uncertainty, {}


def _customers(fit: Fitting) -> Floats:
    """(K,) customers of each arm."""
    return totals(fit.cells.arm, fit.cells.count, len(fit.cells.plan.specification.arms))


def _cancelled(fit: Fitting) -> bool:
    return bool((fit.residual.sum(axis=1) < CANCELLED * fit.squares.sum(axis=1)).any())


def _unclustered(fit: Fitting, i: int, kind: StandardErrors, variances: BlockVariances | None) -> Uncertainty:
    model, r = fit.fitted.model, fit.fitted.responses[i]
    T = len(model.combine)
    if kind == "classical":
        residual = fit.residual[i] if variances is None else variances.residual
        return Uncertainty(classical_covariance(model, residual), np.full(T, float(model.n - model.p)))
    power = LEVERAGE_POWER[kind]
    if variances is None:
        variances = from_cells(fit.cells, model, fit.fitted.coefficients[i], r, power)
    covariance = contrast_covariance(model, variances.meat)
    if kind == "HC1":
        covariance = covariance * (model.n / (model.n - model.p) if model.n > model.p else np.nan)
    return Uncertainty(
        covariance, _degrees_of_freedom(fit, variances), int(variances.leverage_one.sum()) if power else 0
    )


def _degrees_of_freedom(fit: Fitting, variances: BlockVariances) -> Floats:
    """Welch for two means, n_contrast - 2J for stratified ones, else n - p."""
    design, model = fit.cells.plan.specification, fit.fitted.model
    if design.adjustment != "none":
        return np.full(len(design.contrasts), float(model.n - model.p))
    counts = totals(fit.cells.arm, fit.cells.count, len(design.arms))
    J = len(model.functionals) // len(design.arms)
    df = np.full(len(design.contrasts), np.nan)
    for t, pair in enumerate(design.contrasts):
        at = [design.arms.index(arm) for arm in pair]
        n = counts[at]
        if design.strata:
            df[t] = n.sum() - 2 * J
        elif (n > 1).all():
            plain = variances.residual[at] / (n * (n - 1.0))
            parts = plain if design.weight is None else variances.meat[at, 0, 0]
            df[t] = parts.sum() ** 2 / (parts**2 / (n - 1.0)).sum() if parts.sum() > 0 else np.nan
    return df

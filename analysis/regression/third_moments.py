"""Third moments of estimates: cubes of each customer's influence, from cells where nothing varies in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.inference.skewness import skewness
from analysis.regression.fitting import Fitting
from analysis.regression.gram import inner, quadratic, totals
from analysis.regression.heteroskedastic import LEVERAGE_ONE, LEVERAGE_POWER
from analysis.regression.moments import Cells
from analysis.regression.residuals import influence_cubes
from analysis.regression.uncertainty import Uncertainty

Floats = NDArray[np.float64]


def customers_cubes(frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitting]) -> dict[tuple[int, int], Floats]:
    """By (level, response): (T, K) Σ u³ over the customers of each arm, u their influence on each contrast.

    Residuals are divided by √(1 − h) where the variance does so with their squares. Within a cell in which nothing
    varies but the outcome Σ(y − f)³ follows from sums of y, y² and y³; else the rows are read once more.
    """
    leverage = bool(LEVERAGE_POWER.get(cells.plan.specification.standard_errors, 0))
    if not cells.plan.cubes:
        return influence_cubes(frame, cells, [fit.fitted for fit in fits], leverage=leverage)
    return {
        (fit.fitted.level, r): _from_cells(fit, i, r, leverage)
        for fit in fits
        for i, r in enumerate(fit.fitted.responses)
    }


def from_blocks(fit: Fitting, cubes: Floats) -> Floats:
    """(T, K) of one response from Σ u³ by block, where each block is of one arm and has one functional."""
    combine = fit.fitted.model.combine[:, :, 0]
    K = len(fit.cells.plan.specification.arms)
    arm = np.arange(combine.shape[1]) // (combine.shape[1] // K)
    return np.stack([totals(arm, signs**3 * cubes, K) for signs in combine])


def contrast_skewness(t: int, pair: tuple[int, int], std_error: float | None, uncertainty: Uncertainty) -> float | None:
    """How far contrast ``t`` between a pair of arms leans; ``None`` where its cubes were not asked for."""
    if std_error is None or uncertainty.cubes is None or uncertainty.sizes is None:
        return None
    cubes, sizes = uncertainty.cubes[t], uncertainty.sizes
    units = sizes if uncertainty.clusters_by_arm is None else uncertainty.clusters_by_arm
    arm, comparison = pair
    return skewness(
        (float(cubes[arm]), float(cubes[comparison])),
        (float(sizes[arm]), float(sizes[comparison])),
        (float(units[arm]), float(units[comparison])),
        std_error,
        others=float(cubes.sum() - cubes[arm] - cubes[comparison]),
        separate=not cubes[-1],
    )


def _from_cells(fit: Fitting, i: int, r: int, leverage: bool) -> Floats:
    model, cells = fit.fitted.model, fit.cells
    assert cells.response_cubes is not None
    block = np.where(model.block >= 0, model.block, 0)
    taking_part = model.block >= 0
    mean = inner(model.rows, block, fit.fitted.coefficients[i])
    y, squares, cubes = (sums[:, r] for sums in (cells.response_sums, cells.response_squares, cells.response_cubes))
    residual = cubes - 3.0 * mean * squares + 3.0 * mean**2 * y - cells.count * mean**3
    if leverage:
        left = 1.0 - quadratic(model.rows, block, model.inverse)
        residual = np.where(left > LEVERAGE_ONE, residual / np.where(left > LEVERAGE_ONE, left, 1.0) ** 1.5, 0.0)
    residual = np.where(taking_part, residual, 0.0)
    directions = np.einsum("tbf,bfq,bqp->tbp", model.combine, model.functionals, model.inverse, optimize=True)
    K = len(cells.plan.specification.arms)
    return np.stack([totals(cells.arm, inner(model.rows, block, w) ** 3 * residual, K) for w in directions])

"""Variances of contrasts: classical, and HC0 to HC3 where residuals are constant enough to be had from cells.

HC is Σ w²e²/(1 - h)^d with w = x'G⁻¹l, h = x'G⁻¹x and d = 0, 0, 1, 2 for HC0, HC1, HC2, HC3; HC1 scales by n/(n - p) of
the whole fit. HC2 carries no further factor. Source: MacKinnon & White (1985), Journal of Econometrics 29:305–325.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.regression.gram import inner, quadratic, totals
from analysis.regression.model import Model
from analysis.regression.moments import Cells
from designs.literals import StandardErrors

Floats = NDArray[np.float64]

LEVERAGE_POWER: dict[StandardErrors, int] = {"HC0": 0, "HC1": 0, "HC2": 1, "HC3": 2}
LEVERAGE_ONE = 1e-10  # 1 - h below this counts as h = 1: the customer alone decides a coefficient, its residual is 0


@dataclass(frozen=True, slots=True)
class BlockVariances:
    """One response's sums over the customers of each block.

    Attributes:
        meat: (B, F, F) Σ w w' e²/(1 - h)^d over the functionals.
        residual: (B,) Σ weight·e².
        leverage_one: (B,) customers with leverage one, who add nothing to ``meat``.
        cubes: (B,) Σ w³e³/(1 - h)^(3d/2), where they were asked for and a block has one functional.
    """

    meat: Floats
    residual: Floats
    leverage_one: Floats
    cubes: Floats | None = None


def from_cells(cells: Cells, model: Model, coefficients: Floats, response: int, power: int) -> BlockVariances:
    """Exact when nothing in the model varies within a cell, and every weight is one.

    Args:
        cells: M cells.
        model: Of those cells.
        coefficients: (B, q).
        response: Which of the cells' responses.
        power: d above.
    """
    B, F, _ = model.functionals.shape
    block = np.where(model.block >= 0, model.block, 0)
    count = np.where(model.block >= 0, cells.count, 0.0)
    mean = cells.response_sums[:, response] / cells.count
    within = np.maximum(cells.response_squares[:, response] - cells.response_sums[:, response] * mean, 0.0)
    away = mean - inner(model.rows, block, coefficients)
    squares = np.where(count > 0, within + count * away**2, 0.0)
    left = 1.0 - quadratic(model.rows, block, model.inverse)
    regular = left > LEVERAGE_ONE
    share = np.where(regular, squares / np.where(regular, left, 1.0) ** power, 0.0) if power else squares
    directions = np.einsum("bfq,bqp->bfp", model.functionals, model.inverse)
    w = np.column_stack([inner(model.rows, block, directions[:, f]) for f in range(F)])
    meat = np.empty((B, F, F))
    for f in range(F):
        for g in range(f + 1):
            meat[:, f, g] = meat[:, g, f] = totals(block, w[:, f] * w[:, g] * share, B)
    return BlockVariances(meat, totals(block, squares, B), totals(block, np.where(regular, 0.0, count), B))


def classical_covariance(model: Model, residual: Floats) -> Floats:
    """(T, T): σ² times the contrasts' G⁻¹, σ² = Σ e²/(n - p) pooled over the whole fit. NaN without df."""
    freedom = model.n - model.p
    sigma = float(residual.sum()) / freedom if freedom > 0 else np.nan
    bread = np.einsum("bfq,bqp,bgp->bfg", model.functionals, model.inverse, model.functionals, optimize=True)
    return sigma * contrast_covariance(model, bread)


def contrast_covariance(model: Model, meat: Floats) -> Floats:
    """(T, T) covariance of the contrasts from (B, F, F) covariances of each block's functionals."""
    weighted = np.matmul(model.combine[:, :, None, :], meat)[:, :, 0, :]
    T = len(weighted)
    covariance: Floats = weighted.reshape(T, -1) @ model.combine.reshape(T, -1).T
    return covariance

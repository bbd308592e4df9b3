"""From cells to fitted models: one for each subgroup level and set of responses observed on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.regression.additive import additive
from analysis.regression.coefficients import Fitted
from analysis.regression.difference_in_means import difference_in_means
from analysis.regression.gram import cross_responses, totals
from analysis.regression.lin import lin
from analysis.regression.model import Model, filled_responses
from analysis.regression.moments import Cells, select

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

METHODS = {"none": difference_in_means, "additive": additive, "lin": lin}


@dataclass(frozen=True, slots=True)
class Fitting:
    """A fitted model and its cells.

    Attributes:
        fitted: Model and coefficients.
        cells: The m cells of the level where the responses are observed.
        squares: (R', B) Σw·y² about the centre; ``residual``: (R', B) what the model leaves of it.
    """

    fitted: Fitted
    cells: Cells
    squares: Floats
    residual: Floats


def fit_models(cells: Cells) -> list[Fitting]:
    """Every level and sample that has any rows."""
    levels = 1 if cells.plan.by is None else len(cells.plan.by.names)
    samples = _samples(cells)
    fits = []
    for level in range(levels):
        for s, responses in enumerate(samples):
            rows = (cells.level == level) & cells.observed[:, responses[0]]
            if rows.any():
                fits.append(_fit(select(cells, rows), level, s, responses, np.flatnonzero(rows)))
    return fits


def _samples(cells: Cells) -> list[tuple[int, ...]]:
    """Responses grouped by the rows on which they are observed."""
    groups: dict[bytes, list[int]] = {}
    for r in range(len(cells.plan.responses)):
        groups.setdefault(cells.observed[:, r].tobytes(), []).append(r)
    return [tuple(group) for group in groups.values()]


def _fit(cells: Cells, level: int, sample: int, responses: tuple[int, ...], index: Ints) -> Fitting:
    model: Model = METHODS[cells.plan.specification.adjustment](cells)
    chosen = list(responses)
    taking_part = model.block >= 0
    block = model.block[taking_part]
    B = len(model.gram)
    y = cells.response_sums[taking_part][:, chosen]
    yx = filled_responses(
        cells.missing[taking_part], y, cells.response_products[taking_part][:, chosen], model.fill, model.scale
    )
    moments = cross_responses(block, B, model.rows.take(taking_part), y, yx)
    coefficients = model.inverse @ moments
    # One step of refinement wins back what the inverse of an ill-conditioned Gram matrix loses.
    coefficients = coefficients + model.inverse @ (moments - model.gram @ coefficients)
    squares = np.stack([totals(block, cells.response_squares[taking_part, r], B) for r in chosen])
    explained = (coefficients * moments).sum(axis=1).T
    fitted = Fitted(level, sample, responses, index, model, coefficients.transpose(2, 0, 1))
    return Fitting(fitted, cells, squares, np.maximum(squares - explained, 0.0))

"""Covariates as the columns of a regression that is fitted in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.randomisation.in_memory import RowsInMemory
from analysis.specification import Column

Floats = NDArray[np.float64]


def covariate_matrix(
    data: RowsInMemory, covariates: Sequence[Column], chosen: NDArray[np.bool_], *, in_arms: Sequence[str]
) -> Floats:
    """Covariates of the chosen rows as columns: indicators of levels, numbers with missing ones at the mean.

    A number that is missing somewhere has an indicator of that beside it. Levels that some of these arms lacks stand
    together.
    """
    columns: list[Floats] = []
    arms = data.arm[chosen]
    for covariate in covariates:
        if covariate.kind == "category":
            codes, names = data.codes(covariate.name)
            codes = codes[chosen]
            reference = int(np.argmax(np.bincount(codes)))
            everywhere = [k for k in range(len(names)) if all((codes[arms == a] == k).any() for a in in_arms)]
            # Where columns depend on each other the last one goes: the most frequent level, which is the reference.
            everywhere.sort(key=lambda k: k == reference)
            columns += [(codes == k).astype(np.float64) for k in everywhere]
            continue
        values = data.number(covariate.name)[chosen]
        missing = np.isnan(values)
        if missing.any():
            columns.append(missing.astype(np.float64))
            values = np.where(missing, values[~missing].mean() if not missing.all() else 0.0, values)
        columns.append(values)
    return np.column_stack(columns) if columns else np.empty((int(chosen.sum()), 0))


def independent_columns(columns: Floats, arms: NDArray[np.str_], *, in_arms: Sequence[str]) -> Floats:
    """The columns that are independent of each other and of a constant in each of these arms.

    Where none is named: of each other and of every arm's constant, over all arms together. Which of a collinear set
    stays does not change a fitted mean.
    """
    if in_arms:
        parts = [np.column_stack([np.ones(int((arms == a).sum())), columns[arms == a]]) for a in in_arms]
    else:
        parts = [np.column_stack([(arms[:, None] == np.unique(arms)).astype(np.float64), columns])]
    # Which columns depend on each other can be read off the triangle, however many rows there are.
    triangles = [np.asarray(np.linalg.qr(part, mode="r")) for part in parts]
    smallest = [part.shape[0] * np.finfo(np.float64).eps for part in parts]  # as for the matrix itself
    constants = parts[0].shape[1] - columns.shape[1]
    independent: list[int] = []
    for j in range(columns.shape[1]):
        candidate = [*independent, j]
        places = [*range(constants), *(constants + k for k in candidate)]
        if all(
            np.linalg.matrix_rank(triangle[:, places], rtol=rtol) == len(places)
            for triangle, rtol in zip(triangles, smallest, strict=True)
        ):
            independent.append(j)
    return columns[:, independent]

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
    for covariate in covariates:
        if covariate.kind == "category":
            codes, everywhere = _levels_everywhere(data, covariate.name, chosen, in_arms)
            reference = int(np.argmax(np.bincount(codes)))
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


def columns_of(
    data: RowsInMemory, covariates: Sequence[Column], chosen: NDArray[np.bool_], *, in_arms: Sequence[str]
) -> int:
    """How many columns :func:`covariate_matrix` makes, at most: a number may have one for its being missing."""
    return sum(
        len(_levels_everywhere(data, of.name, chosen, in_arms)[1]) if of.kind == "category" else 2 for of in covariates
    )


def _levels_everywhere(
    data: RowsInMemory, column: str, chosen: NDArray[np.bool_], in_arms: Sequence[str]
) -> tuple[NDArray[np.int64], list[int]]:
    """A category's codes in the chosen rows, and the levels that each of these arms has."""
    codes, names = data.codes(column)
    codes, arms = codes[chosen], data.arm[chosen]
    has = np.ones(len(names), dtype=bool)
    for arm in in_arms:
        has &= np.bincount(codes[arms == arm], minlength=len(names)) > 0
    return codes, np.flatnonzero(has).tolist()


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

    def take(candidates: Sequence[int]) -> None:
        """Those that are independent of what is taken: all at once where they are, for then each part of them is."""
        places = [*range(constants), *(constants + k for k in (*independent, *candidates))]
        if all(
            np.linalg.matrix_rank(triangle[:, places], rtol=rtol) == len(places)
            for triangle, rtol in zip(triangles, smallest, strict=True)
        ):
            independent.extend(candidates)
        elif len(candidates) > 1:
            half = len(candidates) // 2
            take(candidates[:half])
            take(candidates[half:])

    if columns.shape[1]:
        take(range(columns.shape[1]))
    return columns[:, independent]

"""Matched pairs: the effect of an arm from the differences within its pairs.

The estimate is the mean difference d̄ and its variance s²_d / J with J − 1 degrees of freedom, which is what additive
pair effects with HC2 give (Imai, King & Nall 2009, Statistical Science 24:29). With more than two arms each contrast
uses its own two units of a tuple.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.fit import Contrast, Fit, JointCovariance, Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.specification import Levels, Response, Specification, level_position, response_values

Floats = NDArray[np.float64]


def regress_pairs(
    frame: AnalysisFrame,
    specification: Specification,
    responses: Sequence[Response],
    *,
    pairs: str,
    by: Levels | None = None,
) -> Regression:
    """Fit every response from differences within pairs; a pair in which either outcome is missing is left out.

    Args:
        frame: one row per allocated customer.
        design: its arms and contrasts; covariates and strata are not used, for pairs were made on them.
        responses: what is compared.
        pairs: the column that names the pair.
        by: subgroup levels; a pair belongs to a level when both its customers do.

    Raises:
        AnalysisRefused: an adjustment is declared, or customers of a pair were assigned to one arm.
    """
    if specification.adjustment != "none":
        raise AnalysisRefused(
            "an adjustment is declared for matched pairs",
            where="analysis.adjustment",
            rule="pairs are compared within themselves",
            remedy="declare adjustment: none",
        )
    columns = sorted({column for response in responses for column in response.columns})
    keys: dict[str, nw.Expr] = {"_pair": nw.col(pairs).cast(nw.String), "_arm_of": nw.col(ARM_COLUMN)}
    if by is not None:
        keys["_level"] = level_position(by)
    table = frame.engine.collect(frame.rows.select(*(nw.col(column).cast(nw.Float64) for column in columns), **keys))
    arm = np.array(table["_arm_of"].to_pylist(), dtype=np.str_)
    pair = np.unique(np.array(table["_pair"].to_pylist(), dtype=np.str_), return_inverse=True)[1]
    values = {column: _number(table[column]) for column in columns}
    level = _number(table["_level"]) if by is not None else None
    fits: dict[tuple[str, str | None], Fit] = {}
    joint: dict[str, JointCovariance] = {}
    for response in responses:
        offset = np.array([response.offsets.get(str(name), 0.0) for name in arm])
        y: Floats = response_values(response, values.__getitem__) + offset
        wide = {name: _by_pair(y, arm == name, pair, name) for name in specification.arms}
        if by is None or level is None:
            fits[response.id, None] = _fit(response.id, specification, wide)
            continue
        for number, name in enumerate(by.names):
            inside = np.where(level == number, y, np.nan)
            within = {a: _by_pair(inside, arm == a, pair, a) for a in specification.arms}
            fits[response.id, name] = _fit(response.id, specification, within)
        joint[response.id] = _joint(by, [fits[response.id, name] for name in by.names])
    return Regression(fits, joint)


def _number(column: pa.ChunkedArray) -> Floats:
    """A column as doubles, NaN where missing."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _by_pair(y: Floats, in_arm: NDArray[np.bool_], pair: NDArray[np.int64], arm: str) -> Floats:
    """The outcome of each pair's customer in one arm, NaN where there is none."""
    if np.bincount(pair[in_arm]).max(initial=0) > 1:
        raise AnalysisRefused(
            f"a pair has more than one customer in arm {arm}", rule="each pair has one customer in every arm"
        )
    out = np.full(int(pair.max(initial=-1)) + 1, np.nan)
    out[pair[in_arm]] = y[in_arm]
    return out


def _fit(response: str, specification: Specification, wide: dict[str, Floats]) -> Fit:
    differences = [wide[arm] - wide[comparison] for arm, comparison in specification.contrasts]
    contrasts = tuple(
        _contrast(response, pair, wide, d) for pair, d in zip(specification.contrasts, differences, strict=True)
    )
    covariance = np.full((len(differences), len(differences)), np.nan)
    for i, first in enumerate(differences):
        for j, second in enumerate(differences):
            both = ~np.isnan(first) & ~np.isnan(second)
            pairs = (~np.isnan(first)).sum() * (~np.isnan(second)).sum()
            if both.sum() > 1:
                # pairs that have both differences, of all that each mean is over
                covariance[i, j] = np.cov(first[both], second[both])[0, 1] * both.sum() / pairs
    observed = int(sum((~np.isnan(values)).sum() for values in wide.values()))
    return Fit(contrasts, covariance, (), observed, None)


def _contrast(response: str, pair: tuple[str, str], wide: dict[str, Floats], difference: Floats) -> Contrast:
    arm, comparison = pair
    known = ~np.isnan(difference)
    count = int(known.sum())
    mean_arm = float(wide[arm][known].mean()) if count else None
    mean_comparison = float(wide[comparison][known].mean()) if count else None
    reason = None
    error = df = None
    if count < 2:
        reason = "fewer than two pairs have both outcomes"
    else:
        error, df = float(difference[known].std(ddof=1) / np.sqrt(count)), float(count - 1)
        if error == 0.0:
            reason, error = "the difference is the same in every pair, so its error is not estimable", None
    return Contrast(
        response, arm, comparison, float(difference[known].mean()) if count else None, error, df, count, count,
        mean_arm, mean_comparison, mean_arm, mean_comparison, reason,
        skewness=None if error is None else _skewness(difference[known], error),
    )  # fmt: skip


def _skewness(difference: Floats, error: float) -> float:
    """g of a mean difference: a pair is what is independent, and both its customers' amounts are in it."""
    return float(((difference - difference.mean()) ** 3).sum() / difference.size**3 / error**3)


def _joint(by: Levels, fits: Sequence[Fit]) -> JointCovariance:
    """Levels share no pair, so their estimates are independent."""
    width = len(fits[0].contrasts)
    pairs = tuple((name, number) for name in by.names for number in range(width))
    matrix = np.zeros((len(pairs), len(pairs)))
    for place, fit in enumerate(fits):
        block = slice(place * width, (place + 1) * width)
        matrix[block, block] = fit.covariance
    known = [c.df for fit in fits for c in fit.contrasts if c.df is not None]
    return JointCovariance(pairs, matrix, float(min(known)) if known else None)

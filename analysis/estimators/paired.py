"""Matched pairs: the effect of an arm from the differences within its pairs.

With d_j the difference of pair j and ω_j its weight, the estimate is Σ ω_j d_j and its variance
Σ ω_j² (d_j − Σ ω d)² / (1 − ω_j), with J − 1 degrees of freedom: what additive pair effects give with errors clustered
by pair, CR2. For pairs of customers ω = 1/J, and the variance is s²_d / J, which HC2 gives (Imai, King & Nall 2009,
Statistical Science 24:29). For pairs of clusters of n and m customers ω_j ∝ nm / (n + m); the pair is the cluster,
for errors clustered below it are too small (de Chaisemartin & Ramirez-Cuellar 2024, AEJ: Applied 16:193). With more
than two arms each contrast uses its own two units of a tuple.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.fit import Contrast, Fit, JointCovariance, Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression.regress import NO_VARIATION
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
        specification: its arms and contrasts; covariates and strata are not used, for pairs were made on them. With a
            cluster, whole clusters were paired.
        responses: what is compared.
        pairs: the column that names the pair.
        by: subgroup levels; a pair belongs to a level when both its units have customers there.

    Raises:
        AnalysisRefused: an adjustment is declared, or units of a pair were assigned to one arm.
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
    if specification.cluster is not None:
        keys["_unit"] = nw.col(specification.cluster).cast(nw.String)
    if by is not None:
        keys["_level"] = level_position(by)
    table = frame.engine.collect(frame.rows.select(*(nw.col(column).cast(nw.Float64) for column in columns), **keys))
    arm = np.array(table["_arm_of"].to_pylist(), dtype=np.str_)
    pair = np.unique(np.array(table["_pair"].to_pylist(), dtype=np.str_), return_inverse=True)[1]
    values = {column: _number(table[column]) for column in columns}
    level = _number(table["_level"]) if by is not None else None
    _refuse_doubled(specification, arm, pair, table)
    fits: dict[tuple[str, str | None], Fit] = {}
    joint: dict[str, JointCovariance] = {}
    for response in responses:
        offset = np.array([response.offsets.get(str(name), 0.0) for name in arm])
        y: Floats = response_values(response, values.__getitem__) + offset
        if by is None or level is None:
            fits[response.id, None] = _fit(response.id, specification, _wide(y, arm, pair, specification))[0]
            continue
        influences = []
        for number, name in enumerate(by.names):
            inside = np.where(level == number, y, np.nan)
            fits[response.id, name], influence = _fit(
                response.id, specification, _wide(inside, arm, pair, specification)
            )
            influences.append(influence)
        of_levels = [fits[response.id, name] for name in by.names]
        joint[response.id] = _joint(by, of_levels, influences, whole_units=specification.cluster is None)
    return Regression(fits, joint)


def _number(column: pa.ChunkedArray) -> Floats:
    """A column as doubles, NaN where missing."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class UnitMeans:
    """One arm of every pair, each of shape (J,): customers with the outcome, and their mean, NaN where none."""

    count: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class PairDifferences:
    """Differences of a contrast's pairs, those with both outcomes, each of shape (J,).

    Attributes:
        pair: Which pairs, as numbered.
        difference: Mean of the arm's unit less mean of the comparison's.
        weight: Summing to one.
        size: Root mean square of the units' means: what their rounding is relative to.
    """

    pair: NDArray[np.int64]
    difference: Floats
    weight: Floats
    size: float

    @property
    def estimate(self) -> float:
        return float(self.weight @ self.difference)

    @property
    def influence(self) -> Floats:
        """Shape (J,); its squares add up to the variance."""
        return np.asarray(self.weight * (self.difference - self.estimate) / np.sqrt(1.0 - self.weight))

    def skewness(self, error: float) -> float:
        """g of the estimate: a pair is what is independent, and the amounts of both its units are in it."""
        return float(((self.weight * (self.difference - self.estimate)) ** 3).sum() / error**3)

    @property
    def constant(self) -> bool:
        """Whether the difference is the same in every pair, but for rounding."""
        return bool(np.ptp(self.difference) <= NO_VARIATION * self.size)


def unit_means(y: Floats, in_arm: NDArray[np.bool_], pair: NDArray[np.int64], pairs: int) -> UnitMeans:
    """One arm's customers of each pair.

    Args:
        y: shape (n,), NaN where missing.
        in_arm: shape (n,).
        pair: shape (n,), codes below ``pairs``.
    """
    known = in_arm & ~np.isnan(y)
    count = np.bincount(pair[known], minlength=pairs).astype(np.float64)
    total = np.bincount(pair[known], y[known], pairs)
    return UnitMeans(count, np.divide(total, count, out=np.full(pairs, np.nan), where=count > 0))


def pair_differences(of_arm: UnitMeans, of_comparison: UnitMeans) -> PairDifferences | None:
    """The differences of the pairs in which both units have the outcome; ``None`` where there is no such pair."""
    both = np.flatnonzero((of_arm.count > 0) & (of_comparison.count > 0))
    if not both.size:
        return None
    n, m = of_arm.count[both], of_comparison.count[both]
    weight = n * m / (n + m)
    values = np.concatenate([of_arm.mean[both], of_comparison.mean[both]])
    difference = of_arm.mean[both] - of_comparison.mean[both]
    return PairDifferences(both, difference, weight / weight.sum(), float(np.sqrt(np.mean(values**2))))


def _wide(
    y: Floats, arm: NDArray[np.str_], pair: NDArray[np.int64], specification: Specification
) -> dict[str, UnitMeans]:
    pairs = int(pair.max(initial=-1)) + 1
    return {name: unit_means(y, arm == name, pair, pairs) for name in specification.arms}


def _refuse_doubled(
    specification: Specification, arm: NDArray[np.str_], pair: NDArray[np.int64], table: pa.Table
) -> None:
    """A pair has one unit in every arm: a customer, or a cluster."""
    what = "customer" if specification.cluster is None else "cluster"
    unit = np.arange(len(arm))
    if specification.cluster is not None:
        unit = np.unique(np.array(table["_unit"].to_pylist(), dtype=np.str_), return_inverse=True)[1]
    for name in specification.arms:
        of_arm = np.unique(np.stack([pair[arm == name], unit[arm == name]]), axis=1)[0]
        if np.bincount(of_arm).max(initial=0) > 1:
            raise AnalysisRefused(
                f"a pair has more than one {what} in arm {name}", rule=f"each pair has one {what} in every arm"
            )


def _fit(response: str, specification: Specification, wide: Mapping[str, UnitMeans]) -> tuple[Fit, Floats]:
    """The fit, and the influence of every pair on every contrast, shape (contrasts, pairs); NaN where there is none."""
    pairs = len(next(iter(wide.values())).count)
    influence = np.full((len(specification.contrasts), pairs), np.nan)
    contrasts = []
    for t, (arm, comparison) in enumerate(specification.contrasts):
        found = pair_differences(wide[arm], wide[comparison])
        contrasts.append(_contrast(response, (arm, comparison), wide, found))
        if found is not None and contrasts[-1].std_error is not None:
            influence[t] = 0.0
            influence[t, found.pair] = found.influence
    observed = int(sum(of_arm.count.sum() for of_arm in wide.values()))
    clusters = None
    if specification.cluster is not None:
        clusters = int(sum((of_arm.count > 0).sum() for of_arm in wide.values()))
    return Fit(tuple(contrasts), influence @ influence.T, (), observed, clusters), influence


def _contrast(
    response: str, names: tuple[str, str], wide: Mapping[str, UnitMeans], found: PairDifferences | None
) -> Contrast:
    arm, comparison = names
    reason = "fewer than two pairs have both outcomes"
    if found is None:
        return Contrast(response, arm, comparison, None, None, None, 0, 0, None, None, None, None, reason)
    counts = [wide[name].count[found.pair] for name in names]
    means = [wide[name].mean[found.pair] for name in names]
    error = df = None
    if found.pair.size > 1 and found.constant:
        reason = "the difference is the same in every pair, so its error is not estimable"
    elif found.pair.size > 1:
        error, df = float(np.sqrt((found.influence**2).sum())), float(found.pair.size - 1)
    return Contrast(
        response=response,
        arm=arm,
        comparison=comparison,
        estimate=found.estimate,
        std_error=error,
        df=df,
        n_arm=int(counts[0].sum()),
        n_comparison=int(counts[1].sum()),
        mean_arm=float(counts[0] @ means[0] / counts[0].sum()),
        mean_comparison=float(counts[1] @ means[1] / counts[1].sum()),
        adjusted_mean_arm=float(found.weight @ means[0]),
        adjusted_mean_comparison=float(found.weight @ means[1]),
        reason=None if error is not None else reason,
        skewness=None if error is None else found.skewness(error),
    )


def _joint(by: Levels, fits: Sequence[Fit], influences: Sequence[Floats], *, whole_units: bool) -> JointCovariance:
    """Levels share no pair of customers; a pair of clusters may be in every level, and its influences go together.

    A Wald test over the levels of J pairs of clusters is Hotelling's: for q differences its F is (J − q)/(J − 1) of
    what the covariance gives, on J − q degrees of freedom.
    """
    width = len(fits[0].contrasts)
    places = tuple((name, number) for name in by.names for number in range(width))
    known = [c.df for fit in fits for c in fit.contrasts if c.df is not None]
    df = float(min(known)) if known else None
    if whole_units:
        matrix = np.zeros((len(places), len(places)))
        for place, fit in enumerate(fits):
            block = slice(place * width, (place + 1) * width)
            matrix[block, block] = fit.covariance
        return JointCovariance(places, matrix, df)
    stacked = np.concatenate(influences)
    matrix = stacked @ stacked.T
    q = len(by.names) - 1
    if df is None or df + 1 - q <= 0:
        return JointCovariance(places, np.full_like(matrix, np.nan), None)
    return JointCovariance(places, matrix * df / (df + 1 - q), df + 1 - q)

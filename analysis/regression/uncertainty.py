"""How sure a fit is of its contrasts: what every kind of standard error ends in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Of one response in one level.

    Attributes:
        covariance: (T, T). ``df``: (T,); NaN where there is none.
        leverage_one: Customers with leverage one, who add nothing to a variance.
        clusters: Clusters in the fit, and ``clusters_by_arm`` (K,) those with customers in each arm.
        clusters_together: (K, K) those with customers in either of two arms.
        effective_clusters_by_arm: (K,) effective number of them: clusters of equal size that would say as much.
        cubes: (T, K + 1) Σ u³ of what is independent, by arm; the last column holds clusters that are in several arms.
            ``None`` where they were not asked for.
        borrowed: (T,) whether the variance of an arm's single customers of a stratum is that of its other strata.
        sizes: (K,) customers (Σw) of each arm that they are over.
    """

    covariance: Floats
    df: Floats
    leverage_one: int = 0
    clusters: int | None = None
    clusters_by_arm: Floats | None = None
    clusters_together: Floats | None = None
    effective_clusters_by_arm: Floats | None = None
    cubes: Floats | None = None
    sizes: Floats | None = None
    borrowed: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Joint:
    """Clustered covariance over levels: (L·T, L·T) by response, level by level, and clusters over all levels.

    ``expected`` (L·T,) and ``kernel`` (L·T, L·T) as in :class:`analysis.fit.JointCovariance`; ``None`` unless CR2.
    """

    matrix: Floats
    clusters: int
    expected: Floats | None = None
    kernel: Floats | None = None

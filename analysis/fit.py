"""What a regression returns: contrasts, fits, and their covariance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Term:
    """One column of a model: a number, one level of a category, or the mark of where a number is missing.

    ``customers`` are those of the level; equal columns may count different ones.
    """

    column: str
    level: str | None = None
    marks_missing: bool = False
    customers: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        if self.marks_missing:
            return f"{self.column} missing"
        return self.column if self.level is None else f"{self.column} = {self.level}"


@dataclass(frozen=True, slots=True)
class Contrast:
    """One arm against one comparison on one response, in the response's unit.

    ``std_error`` and ``df`` are ``None`` when they cannot be had, and ``estimate`` too when nothing can; ``reason``
    then says why. ``mean_*`` are raw observed means, ``adjusted_mean_*`` those at the covariate means of all arms.
    ``n_*`` count customers with the response observed. ``note`` is a warning that travels with the row.
    ``n_left_out`` are customers of the two arms whose stratum lacks the other. ``superpopulation_variance`` is
    what the variance gains when the target is other customers than these. ``skewness`` is g of
    :func:`analysis.inference.skewness.skewness`; ``None`` where it was not asked for.
    """

    response: str
    arm: str
    comparison: str
    estimate: float | None
    std_error: float | None
    df: float | None
    n_arm: int
    n_comparison: int
    mean_arm: float | None
    mean_comparison: float | None
    adjusted_mean_arm: float | None
    adjusted_mean_comparison: float | None
    reason: str | None = None
    note: str | None = None
    superpopulation_variance: float = 0.0
    n_left_out: int = 0
    skewness: float | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """One response in one subgroup level (or all customers).

    Attributes:
        contrasts: In the order of ``Specification.contrasts``.
        covariance: Contrasts × contrasts; NaN where a contrast is not estimable.
        dropped: Columns left out because they are collinear or constant.
        merged: Covariate levels that some arm lacks, merged into "other" where slopes are the arm's own (Lin).
        n: Customers with the response observed, all arms.
        clusters: Clusters among them; ``None`` without a cluster column or with unclustered errors.
        p: Columns of the whole fit, all arms.
        reason: Why nothing at all could be fitted.
    """

    contrasts: tuple[Contrast, ...]
    covariance: Floats
    dropped: tuple[Term, ...]
    n: int
    clusters: int | None
    reason: str | None = None
    merged: tuple[Term, ...] = ()
    p: int = 0


@dataclass(frozen=True, slots=True)
class JointCovariance:
    """Covariance of all (level, contrast) estimates of one response, for tests of interaction.

    Attributes:
        pairs: (level, contrast number), level by level, as the rows and columns are ordered.
        matrix: NaN in the rows and columns of what is not estimable.
        df: Degrees of freedom for the denominator of a Wald F over levels: Σ(n − p) over the levels, or clusters
            over all levels less one; ``None`` when nothing is estimable.
        expected: Under CR2, what the diagonal of ``matrix`` is expected to be were customers independent with variance
            one: (pairs,); ``None`` otherwise.
        kernel: Likewise Σ over pairs of clusters of what two estimates of one contrast share, as
            :mod:`analysis.inference.hotelling` uses it: (pairs, pairs), NaN between contrasts.
    """

    pairs: tuple[tuple[str, int], ...]
    matrix: Floats
    df: float | None
    expected: Floats | None = None
    kernel: Floats | None = None


@dataclass(frozen=True, slots=True)
class Regression:
    """All fits of one call, by (response id, level); level is ``None`` without subgroups."""

    fits: Mapping[tuple[str, str | None], Fit]
    joint_covariance: Mapping[str, JointCovariance] = field(default_factory=dict)

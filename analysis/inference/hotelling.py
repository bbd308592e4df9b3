"""Whether an effect is the same in several levels: Wald's F, and under clusters approximate Hotelling's T² (AHT).

With few clusters the Wald statistic of several differences is larger than F with G − 1 degrees of freedom allows: with
20 clusters and four levels it rejected 18% of true nulls at 5%. AHT takes the covariance of the differences, CR2 of the
whole constraint, as a Wishart matrix, whose degrees of freedom η make its total variance right.

Source: Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36:672, section 3.3 (clubSandwich: HTZ):
η = q(q + 1) / ΣΣ Var(d_st) and (η − q + 1)/(ηq) Q ~ F(q, η − q + 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from analysis.inference.intervals import above_zero

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FTest:
    """A statistic, its degrees of freedom and its p-value."""

    statistic: float
    df_numerator: float
    df_denominator: float
    p_value: float


def equality(
    estimates: Floats, covariance: Floats, df: float | None, *, expected: Floats | None = None,
    kernel: Floats | None = None,
) -> FTest | str:  # fmt: skip
    """Test that all estimates are equal.

    Args:
        estimates: shape (L,).
        covariance: shape (L, L).
        df: of Wald's F, where ``kernel`` is not given.
        expected: shape (L,), what the variances are expected to be under the working model: independent customers of
            variance one.
        kernel: shape (L, L), Σ_gh k_l(g, h) k_m(g, h), where k_l(g, h) is what clusters g and h together add to the
            spread of level l's variance under that model.

    Returns:
        The test, or the reason why there is none.
    """
    q = estimates.size - 1
    difference = np.hstack([-np.ones((q, 1)), np.eye(q)])
    spread, gap = difference @ covariance @ difference.T, difference @ estimates
    if not np.isfinite(spread).all() or np.linalg.matrix_rank(spread) < q:
        return "the differences between levels have no error to judge them by"
    wald = max(float(gap @ np.linalg.solve(spread, gap)), 0.0)
    if kernel is None or expected is None:
        if df is None or df <= 0:
            return "no degrees of freedom are left"
        return FTest(wald / q, float(q), df, above_zero(float(fdtrc(q, df, wald / q))))
    eta = _degrees_of_freedom(difference, expected, kernel)
    left = eta - q + 1.0
    if not (np.isfinite(eta) and left > 0.0):
        return f"the clusters are too few to compare {q + 1} levels"
    statistic = left / (eta * q) * wald
    return FTest(statistic, float(q), left, above_zero(float(fdtrc(q, left, statistic))))


def _degrees_of_freedom(difference: Floats, expected: Floats, kernel: Floats) -> float:
    """η, by which the total variance of the standardised covariance is that of a Wishart matrix."""
    working = difference * expected @ difference.T
    values, vectors = np.linalg.eigh(working)
    if not (values > 0.0).all():
        return float("nan")
    standardised = (vectors / np.sqrt(values)) @ vectors.T @ difference
    inner = standardised.T @ standardised  # (L, L) c_l'c_m
    length = np.diag(inner)
    q = len(difference)
    return float(q * (q + 1) / ((np.outer(length, length) + inner**2) * kernel).sum())

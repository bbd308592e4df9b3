"""What missing outcomes could hide: worst-case bounds and Lee's bounds beside the estimate.

Nobody is dropped after allocation, and nothing is imputed. Worst-case bounds assume nothing about who is missing;
Lee's bounds assume that the approach moves missingness in one direction only (monotone selection).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range that the effect must lie in, and an interval that covers it with the stated confidence."""

    lower: float | None
    upper: float | None
    std_error_lower: float | None = None
    std_error_upper: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    trimmed_share: float | None = None
    reason: str | None = None


def imbens_manski(
    lower: float, upper: float, error_lower: float, error_upper: float, alpha: float
) -> tuple[float, float]:
    """Interval for a parameter known only to lie between two estimated bounds (Imbens & Manski 2004, eq. 6-7).

    Examples:
        >>> low, high = imbens_manski(0.1, 0.1, 0.02, 0.02, 0.05)  # a point: the usual 1.96
        >>> round((high - low) / 0.04, 2)
        1.96
        >>> low, high = imbens_manski(0.0, 1.0, 0.02, 0.02, 0.05)  # a wide range: one-sided at each end
        >>> round(-low / 0.02, 3)
        1.645
    """
    widest = max(error_lower, error_upper)
    if widest == 0.0:
        return lower, upper
    width = (upper - lower) / widest
    critical = brentq(lambda c: ndtr(c + width) - ndtr(-c) - (1 - alpha), 0.0, float(ndtri(1 - alpha / 2)) + 1e-9)
    return lower - critical * error_lower, upper + critical * error_upper


def worst_case_bounds(
    y: Floats, treated: NDArray[np.bool_], lowest: float, highest: float, alpha: float = 0.05
) -> Bounds:
    """Bounds when every missing outcome could be anything from ``lowest`` to ``highest`` (Manski 1990).

    Args:
        y: shape (n,), NaN where missing.
        treated: shape (n,).
        lowest: the least the outcome can be.
        highest: the most it can be.
        alpha: one minus the confidence.

    Examples:
        >>> import numpy as np
        >>> y, z = np.array([1.0, np.nan, 0.0, 0.0]), np.array([True, True, False, False])
        >>> bounds = worst_case_bounds(y, z, 0.0, 1.0)
        >>> bounds.lower, bounds.upper
        (0.5, 1.0)
    """
    if treated.all() or not treated.any():
        return Bounds(None, None, reason="one of the two arms has no customers")

    def moments(fill_treated: float, fill_comparison: float) -> tuple[float, float]:
        of_arm = np.where(np.isnan(y[treated]), fill_treated, y[treated])
        of_comparison = np.where(np.isnan(y[~treated]), fill_comparison, y[~treated])
        if min(of_arm.size, of_comparison.size) < 2:
            return float(of_arm.mean() - of_comparison.mean()), float("nan")
        variance = of_arm.var(ddof=1) / of_arm.size + of_comparison.var(ddof=1) / of_comparison.size
        return float(of_arm.mean() - of_comparison.mean()), float(np.sqrt(variance))

    lower, error_lower = moments(lowest, highest)
    upper, error_upper = moments(highest, lowest)
    if not np.isfinite(error_lower + error_upper):
        return Bounds(lower, upper, reason="an arm has one customer, so the bounds have no error")
    ci = imbens_manski(lower, upper, error_lower, error_upper, alpha)
    return Bounds(lower, upper, error_lower, error_upper, *ci)


def lee_bounds(y: Floats, treated: NDArray[np.bool_], alpha: float = 0.05) -> Bounds:
    """Bounds on the effect among customers observed in either arm (Lee 2009, REStud 76:1071, propositions 1-3).

    The arm with the larger share observed is trimmed, from above and from below, by the excess share; ties at the
    trimming point are split, so a binary outcome is handled exactly. The errors are Lee's asymptotic ones.

    Args:
        y: shape (n,), NaN where missing.
        treated: shape (n,).
        alpha: one minus the confidence.
    """
    if treated.all() or not treated.any():
        return Bounds(None, None, reason="one of the two arms has no customers")
    observed = ~np.isnan(y)
    shares = [float(observed[treated].mean()), float(observed[~treated].mean())]
    if min(shares) == 0.0:
        return Bounds(None, None, reason="nobody in one of the two arms has the outcome")
    sign = 1.0 if shares[0] >= shares[1] else -1.0
    trimmed_arm = treated if sign > 0 else ~treated
    trimmed, whole = y[trimmed_arm & observed], y[~trimmed_arm & observed]
    if min(trimmed.size, whole.size) < 2:
        return Bounds(None, None, reason="an arm has fewer than two customers with the outcome")
    excess = 1.0 - min(shares) / max(shares)
    n = (int(trimmed_arm.sum()), int((~trimmed_arm).sum()))
    control_variance = float(whole.var(ddof=1)) / whole.size
    low, low_variance = _trimmed_mean(np.sort(trimmed), excess, n, (max(shares), min(shares)))
    high, high_variance = _trimmed_mean(-np.sort(-trimmed)[:], excess, n, (max(shares), min(shares)))
    ends = [
        (sign * (low - float(whole.mean())), float(np.sqrt(low_variance + control_variance))),
        (sign * (high - float(whole.mean())), float(np.sqrt(high_variance + control_variance))),
    ]
    (lower, error_lower), (upper, error_upper) = sorted(ends)
    ci = imbens_manski(lower, upper, error_lower, error_upper, alpha)
    return Bounds(lower, upper, error_lower, error_upper, *ci, trimmed_share=excess)


def _trimmed_mean(
    kept_first: Floats, excess: float, n: tuple[int, int], shares: tuple[float, float]
) -> tuple[float, float]:
    """Mean of the first ``1 − excess`` of the ordered outcomes, the last one in part, and its variance."""
    size = kept_first.size
    mass = (1.0 - excess) * size
    whole = int(np.floor(mass + 1e-9))
    weights = np.zeros(size)
    weights[:whole] = 1.0
    if whole < size:
        weights[whole] = mass - whole
    edge = float(kept_first[min(whole, size - 1)])
    mean = float(weights @ kept_first / mass)
    spread = float(weights @ (kept_first - mean) ** 2 / mass)
    # The trimming share is itself estimated from the two arms' shares observed.
    observed_more, observed_less = shares
    share_variance = (1 - excess) ** 2 * (
        (1 - observed_more) / (n[0] * observed_more) + (1 - observed_less) / (n[1] * observed_less)
    )
    gap = (edge - mean) / (1 - excess)
    variance = spread / mass + gap**2 * (1 - excess) * excess / size + gap**2 * share_variance
    return mean, variance

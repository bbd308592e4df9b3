"""Ratios of two totals, such as minutes a call or pounds collected per pound owed, by the delta method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.inference.intervals import lower_tail

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RatioEffect:
    """Difference between two arms' ratios, and their relative difference on the log scale."""

    ratio_arm: float | None
    ratio_comparison: float | None
    estimate: float | None = None
    std_error: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    log_ratio: float | None = None
    log_ratio_std_error: float | None = None
    reason: str | None = None


def ratio_effect(
    numerator: Floats,
    denominator: Floats,
    treated: NDArray[np.bool_],
    *,
    cluster: NDArray[np.int64] | None = None,
    alpha: float = 0.05,
) -> RatioEffect:
    """Compare Σ numerator / Σ denominator between two arms (Deng, Knoblich & Lu 2018, KDD, section 3).

    The unit that was assigned is what varies: the customer, or the cluster where whole clusters were assigned.

    Args:
        numerator: shape (n,), none missing.
        denominator: shape (n,), none missing.
        treated: shape (n,), constant within a cluster.
        cluster: shape (n,), codes.
        alpha: one minus the coverage.

    Examples:
        >>> import numpy as np
        >>> minutes, calls = np.array([6.0, 2.0, 4.0, 2.0, 4.0, 3.0]), np.array([2.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        >>> ratio_effect(minutes, calls, np.array([True] * 3 + [False] * 3)).ratio_arm
        3.0
    """
    parts = []
    for arm in (treated, ~treated):
        top, bottom = numerator[arm], denominator[arm]
        if cluster is not None:
            members = np.unique(cluster[arm], return_inverse=True)[1]
            top = np.bincount(members, top).astype(np.float64)
            bottom = np.bincount(members, bottom).astype(np.float64)
        if top.size < 2 or bottom.sum() <= 0:
            return RatioEffect(None, None, reason="an arm has fewer than two units, or a total of zero to divide by")
        ratio = float(top.sum() / bottom.sum())
        residual = top - ratio * bottom
        variance = float(residual.var(ddof=1)) * top.size / float(bottom.sum()) ** 2
        parts.append((ratio, variance))
    (of_arm, arm_variance), (of_comparison, comparison_variance) = parts
    difference, error = of_arm - of_comparison, float(np.sqrt(arm_variance + comparison_variance))
    if error == 0.0:
        reason = "the ratio does not vary, so its error is not estimable"
        return RatioEffect(of_arm, of_comparison, difference, reason=reason)
    reach = float(ndtri(1 - alpha / 2)) * error
    positive = of_arm > 0 and of_comparison > 0
    return RatioEffect(
        of_arm,
        of_comparison,
        difference,
        error,
        2.0 * lower_tail(-abs(difference) / error, None),
        difference - reach,
        difference + reach,
        float(np.log(of_arm / of_comparison)) if positive else None,
        float(np.sqrt(arm_variance / of_arm**2 + comparison_variance / of_comparison**2)) if positive else None,
    )

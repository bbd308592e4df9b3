"""Whether a bound by the normal distribution may be relied on when what it is about leans to one side."""

from __future__ import annotations

import math

from analysis.inference.intervals import critical_value

SKEWNESS_LIMIT = 0.005


def skewness(
    third_moment_arm: float, n_arm: int, third_moment_comparison: float, n_comparison: int, std_error: float
) -> float:
    """g = (μ₃ₐ/nₐ² − μ₃c/n_c²) / V^1.5: how far the difference in means leans to one side.

    Args:
        third_moment_arm, third_moment_comparison: third central moments of the net benefit in each arm.
        n_arm, n_comparison: customers with it observed.
        std_error: of the difference; V is its square.

    Source: the one-term Edgeworth expansion (Hall 1992, The Bootstrap and Edgeworth Expansion, section 2.6).
    """
    return (third_moment_arm / n_arm**2 - third_moment_comparison / n_comparison**2) / std_error**3


def bounds_unsafe(g: float, alpha: float) -> bool:
    """Whether skewness moves the size of a one-sided test at ``alpha / 2`` by more than half a percentage point.

    Examples:
        >>> bounds_unsafe(0.05, 0.05), bounds_unsafe(0.06, 0.05)
        (False, True)
    """
    z = critical_value(alpha, None)
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return abs(g) * (2.0 * z * z + 1.0) * density / 6.0 > SKEWNESS_LIMIT

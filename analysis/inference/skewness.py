"""How far an estimate leans to one side, and whether a bound by Student's t may be relied on all the same.

Few customers, or few clusters, of one arm carry a bound where shares are unequal; where a few of them hold very large
amounts, the size of a one-sided test drifts from what is stated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.inference.intervals import Effect, critical_value
from analysis.inference.redrawn import Redrawn

SKEWNESS_LIMIT = 0.005  # how far a one-sided error rate may drift
RELATIVE_LIMIT = 0.2  # and no more than this share of it, where it is stricter than 0.025


def skewness(
    cubes: tuple[float, float],
    sizes: tuple[float, float],
    units: tuple[float, float],
    std_error: float,
    *,
    others: float = 0.0,
    separate: bool = True,
) -> float:
    """g = Σ u³ / V^1.5 over what is independent (customers, or clusters of them), u being their influence.

    For a difference in means that is (μ₃ₐ/nₐ² − μ₃c/n_c²) / V^1.5. Each arm's own cubes are taken, and one third moment
    for both, whichever leans more: a small arm may have drawn none of the large values that would show how it leans.

    Args:
        cubes: Σ u³ in the arm and in the comparison, each with its sign in the difference.
        sizes: customers that each arm's mean is over.
        units: customers, or clusters, of each arm.
        std_error: of the estimate; V is its square.
        others: Σ u³ elsewhere: in other arms, where a slope is shared with them.
        separate: whether each unit is in one arm; else nothing can be said of both together.

    Source: the one-term Edgeworth expansion (Hall 1992, The Bootstrap and Edgeworth Expansion, section 2.6).

    Examples:
        >>> round(skewness((60 / 300**2, -60 / 5_700**2), (300, 5_700), (300, 5_700), 0.1), 3)
        0.665
    """
    own = sum(cubes) + others
    if not separate:
        return own / std_error**3
    a, c = sizes
    third_moment = (cubes[0] * a**3 - cubes[1] * c**3) / sum(units)
    pooled = third_moment * (units[0] / a**3 - units[1] / c**3)
    return max(own, pooled, key=abs) / std_error**3


def bounds_unsafe(g: float | None, level: float) -> bool:
    """Whether skewness moves the size of a one-sided test at ``level / 2`` further than is let pass.

    Half a percentage point, or a fifth of ``level / 2`` where that is less: at the level of one cell among fifty half a
    point would be ten times what is promised.

    Args:
        g: as :func:`skewness` gives it; ``None`` where the estimate is not one that leans.
        level: two-sided.

    Examples:
        >>> bounds_unsafe(0.05, 0.05), bounds_unsafe(0.06, 0.05), bounds_unsafe(0.05, 0.01)
        (False, True, True)
    """
    if g is None:
        return False
    z = critical_value(level, None)
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    drift = abs(g) * (2.0 * z * z + 1.0) * density / 6.0
    return drift > min(SKEWNESS_LIMIT, RELATIVE_LIMIT * level / 2.0)


def leans(effect: Effect, level: float) -> bool:
    """Whether an effect leans too much for its own bounds at two-sided ``level``."""
    return bounds_unsafe(effect.skewness, effect.held_to(level))


def p_above(effect: Effect, level: float, null: float = 0.0) -> float | None:
    """One-sided p-value against a difference of at most ``null``, to be held against ``level / 2``.

    The larger of two where the effect leans: its own, and that of redraws, which is 1 where nothing was redrawn.
    """
    p_value = effect.p_above(null)
    if p_value is None or not leans(effect, level):
        return p_value
    redrawn = effect.in_order(effect.redrawn.p_greater(null)) if isinstance(effect.redrawn, Redrawn) else None
    return max(p_value, 1.0 if redrawn is None else redrawn)


def p_below(effect: Effect, level: float, null: float = 0.0) -> float | None:
    """One-sided p-value against a difference of at least ``null``, as :func:`p_above`."""
    return p_above(effect.reversed(), level, -null)


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends of an interval; ``by_redraws`` where the effect leans and was redrawn."""

    lower: float
    upper: float
    by_redraws: bool = False


def interval(effect: Effect, level: float) -> Range | None:
    """The two-sided ``1 - level`` range that is shown: by redraws where the effect leans and there are any.

    An adjusted estimate keeps its own value and its own error; the redraws say how many errors each end is off.
    """
    if leans(effect, level) and isinstance(effect.redrawn, Redrawn):
        ends = effect.redrawn.bounds(effect.held_to(level))
        if ends is not None and effect.estimate is not None and effect.std_error is not None:
            lower, upper = (effect.estimate + end * effect.std_error for end in ends)
            return Range(lower, upper, by_redraws=True)
    lower_end, upper_end = effect.lower(level), effect.upper(level)
    return None if lower_end is None or upper_end is None else Range(lower_end, upper_end)

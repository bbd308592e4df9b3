"""Whether the arms looked alike before the trial: standardised differences, which describe and never test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.results import Balance


@dataclass(frozen=True, slots=True)
class ArmMoments:
    """One covariate in one arm, over the customers for whom it is known. ``variance`` divides by ``n - 1``."""

    n: int
    mean: float
    variance: float


def standardised_difference(arm: ArmMoments, comparison: ArmMoments) -> float | None:
    """Difference in means ÷ √((s²ₐ + s²c)/2), or ``None`` where neither arm varies but the means differ.

    Source: Rosenbaum & Rubin (1985), The American Statistician 39:33.

    Examples:
        >>> standardised_difference(ArmMoments(50, 1.0, 4.0), ArmMoments(50, 0.0, 4.0))
        0.5
    """
    if arm.n < 2 or comparison.n < 2:
        return None
    spread = math.sqrt((arm.variance + comparison.variance) / 2.0)
    difference = arm.mean - comparison.mean
    if spread == 0.0:
        return 0.0 if difference == 0.0 else None
    return difference / spread


def of_number(
    covariate: str, moments: Mapping[str, ArmMoments], contrasts: Sequence[tuple[str, str]]
) -> tuple[Balance, ...]:
    """One row a contrast for a numeric covariate."""
    return tuple(
        _row(covariate, None, arm, comparison, moments.get(arm), moments.get(comparison))
        for arm, comparison in contrasts
    )


def of_category(
    covariate: str, counts: Mapping[str, Mapping[str, int]], contrasts: Sequence[tuple[str, str]]
) -> tuple[Balance, ...]:
    """One row a level and contrast: the share of each level. ``counts`` is arm -> level -> customers.

    Examples:
        >>> rows = of_category("sex", {"a": {"f": 50, "m": 50}, "b": {"f": 50, "m": 50}}, [("a", "b")])
        >>> [(row.level, row.mean_arm, row.standardised_difference) for row in rows]
        [('f', 0.5, 0.0), ('m', 0.5, 0.0)]
    """
    levels = sorted({level for by_level in counts.values() for level in by_level})
    return tuple(
        _row(covariate, level, arm, comparison, _share(counts, arm, level), _share(counts, comparison, level))
        for level in levels
        for arm, comparison in contrasts
    )


def _share(counts: Mapping[str, Mapping[str, int]], arm: str, level: str) -> ArmMoments | None:
    n = sum(counts.get(arm, {}).values())
    if n == 0:
        return None
    share = counts[arm].get(level, 0) / n
    return ArmMoments(n, share, share * (1.0 - share) * n / (n - 1) if n > 1 else 0.0)


def _row(
    covariate: str,
    level: str | None,
    arm: str,
    comparison: str,
    of_arm: ArmMoments | None,
    of_comparison: ArmMoments | None,
) -> Balance:
    return Balance(
        covariate,
        level,
        arm,
        comparison,
        mean_arm=None if of_arm is None else of_arm.mean,
        mean_comparison=None if of_comparison is None else of_comparison.mean,
        standardised_difference=standardised_difference(of_arm, of_comparison) if of_arm and of_comparison else None,
    )

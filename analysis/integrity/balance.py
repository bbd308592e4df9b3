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


ByStratum = Mapping[object, tuple[int, float]]  # customers for whom the covariate is known, and its mean


def difference_within_strata(arm: ByStratum, comparison: ByStratum) -> float | None:
    """Difference in means within strata, with Mantel-Haenszel weights; ``None`` where no stratum holds both arms.

    Examples:
        >>> difference_within_strata({"north": (30, 2.0), "south": (10, 8.0)}, {"north": (10, 2.0), "south": (30, 8.0)})
        0.0
    """
    both = [key for key in arm if key in comparison and arm[key][0] > 0 and comparison[key][0] > 0]
    weights = [arm[key][0] * comparison[key][0] / (arm[key][0] + comparison[key][0]) for key in both]
    if not both:
        return None
    gaps = [arm[key][1] - comparison[key][1] for key in both]
    return sum(w * gap for w, gap in zip(weights, gaps, strict=True)) / sum(weights)


def standardised_difference(arm: ArmMoments, comparison: ArmMoments, difference: float | None = None) -> float | None:
    """Difference in means ÷ √((s²ₐ + s²c)/2), or ``None`` where neither arm varies but the means differ.

    ``difference`` is that within strata, where it is not that of the means.

    Source: Rosenbaum & Rubin (1985), The American Statistician 39:33.

    Examples:
        >>> standardised_difference(ArmMoments(50, 1.0, 4.0), ArmMoments(50, 0.0, 4.0))
        0.5
    """
    if arm.n < 2 or comparison.n < 2:
        return None
    spread = math.sqrt((arm.variance + comparison.variance) / 2.0)
    difference = arm.mean - comparison.mean if difference is None else difference
    if spread == 0.0:
        return 0.0 if difference == 0.0 else None
    return difference / spread


def of_number(
    covariate: str,
    moments: Mapping[str, ArmMoments],
    contrasts: Sequence[tuple[str, str]],
    within: Mapping[str, ByStratum] | None = None,
) -> tuple[Balance, ...]:
    """One row a contrast for a numeric covariate. ``within`` holds each arm's strata, where shares differ by them."""
    return tuple(
        _row(covariate, None, arm, comparison, moments.get(arm), moments.get(comparison), within)
        for arm, comparison in contrasts
    )


def of_category(
    covariate: str,
    counts: Mapping[str, Mapping[str, int]],
    contrasts: Sequence[tuple[str, str]],
    within: Mapping[str, Mapping[str, ByStratum]] | None = None,
) -> tuple[Balance, ...]:
    """One row a level and contrast: the share of each level. ``counts`` is arm -> level -> customers.

    ``within`` is level -> arm -> strata, where shares differ by them.

    Examples:
        >>> rows = of_category("sex", {"a": {"f": 50, "m": 50}, "b": {"f": 50, "m": 50}}, [("a", "b")])
        >>> [(row.level, row.mean_arm, row.standardised_difference) for row in rows]
        [('f', 0.5, 0.0), ('m', 0.5, 0.0)]
    """
    levels = sorted({level for by_level in counts.values() for level in by_level})
    return tuple(
        _row(
            covariate,
            level,
            arm,
            comparison,
            _share(counts, arm, level),
            _share(counts, comparison, level),
            within.get(level, {}) if within is not None else None,
        )
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
    within: Mapping[str, ByStratum] | None,
) -> Balance:
    standardised: float | None = None
    if of_arm and of_comparison and within is None:
        standardised = standardised_difference(of_arm, of_comparison)
    elif of_arm and of_comparison and within is not None:
        difference = difference_within_strata(within.get(arm, {}), within.get(comparison, {}))
        if difference is not None:
            standardised = standardised_difference(of_arm, of_comparison, difference)
    return Balance(
        covariate,
        level,
        arm,
        comparison,
        mean_arm=None if of_arm is None else of_arm.mean,
        mean_comparison=None if of_comparison is None else of_comparison.mean,
        standardised_difference=standardised,
    )

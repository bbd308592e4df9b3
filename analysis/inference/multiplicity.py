"""Adjusting a family of contrasts: one outcome's planned comparisons, or one subgroup's levels.

The size of a family is what was planned. A contrast that cannot be estimated still counts, as one that was not
rejected: leaving it out would reward losing an arm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.inference.dunnett import adjusted_p_value, loadings, simultaneous_critical_value
from analysis.inference.intervals import Effect
from designs.literals import Multiplicity

Floats = NDArray[np.float64]
PValues = Sequence[float | None]

LARGEST_GAP = 1e-3  # one-factor correlation is said to be approximate beyond this


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One contrast within its family; ``None`` where the contrast cannot be estimated."""

    p_adjusted: float | None
    ci_lower_simultaneous: float | None
    ci_upper_simultaneous: float | None
    note: str | None = None


def bonferroni(p_values: PValues) -> tuple[float | None, ...]:
    """Each p-value times the size of the family.

    Examples:
        >>> bonferroni([0.01, 0.04, None])
        (0.03, 0.12, None)
    """
    return tuple(None if p is None else min(1.0, p * len(p_values)) for p in p_values)


def holm(p_values: PValues) -> tuple[float | None, ...]:
    """Step-down Bonferroni (Holm 1979, Scandinavian Journal of Statistics 6:65).

    Examples:
        >>> [round(p, 12) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    m = len(p_values)
    adjusted: list[float | None] = [None] * m
    running = 0.0
    for rank, (p, index) in enumerate(_ascending(p_values)):
        running = max(running, min(1.0, p * (m - rank)))
        adjusted[index] = running
    return tuple(adjusted)


def benjamini_hochberg(p_values: PValues) -> tuple[float | None, ...]:
    """Step-up false discovery rate (Benjamini & Hochberg 1995, JRSS B 57:289). For exploration only.

    Examples:
        >>> [round(p, 12) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
        [0.03, 0.04, 0.04]
    """
    m = len(p_values)
    adjusted: list[float | None] = [None] * m
    running = 1.0
    for rank, (p, index) in reversed(list(enumerate(_ascending(p_values), start=1))):
        running = min(running, p * m / rank)
        adjusted[index] = running
    return tuple(adjusted)


def adjust(
    effects: Sequence[Effect], method: Multiplicity, alpha: float, *, covariance: Floats | None = None
) -> tuple[Adjusted, ...]:
    """Adjusted p-values and simultaneous intervals of one family, in its order.

    Intervals are Bonferroni ``1 - alpha / m``, or max-t under Dunnett. Where Holm rejects a contrast whose
    simultaneous interval still crosses zero, the bound that crosses becomes zero: the test has shown the sign, and
    no more (Strassburger & Bretz 2008, Statistics in Medicine 27:4914).

    Args:
        effects: the planned contrasts of one outcome, m of them.
        method: as declared in the protocol.
        alpha: two-sided error rate of the family.
        covariance: shape (m, m), of the contrasts; needed by ``dunnett`` and by nothing else. NaN where not known.

    Raises:
        AnalysisRefused: ``dunnett`` without a covariance of the right shape.

    Examples:
        >>> [round(a.p_adjusted, 4) for a in adjust([Effect(2.0, 1.0), Effect(3.0, 1.0)], "holm", 0.05)]
        [0.0455, 0.0054]
    """
    if not effects:
        return ()
    if method == "dunnett":
        return _dunnett(effects, alpha, covariance)
    p_values = [effect.p_value for effect in effects]
    adjusted = _ADJUSTMENTS[method](p_values)
    return tuple(
        _with_bonferroni_interval(effect, p, alpha, len(effects), sign_shown=method == "holm")
        for effect, p in zip(effects, adjusted, strict=True)
    )


def _ascending(p_values: PValues) -> list[tuple[float, int]]:
    return sorted((p, index) for index, p in enumerate(p_values) if p is not None)


_ADJUSTMENTS: dict[str, Callable[[PValues], tuple[float | None, ...]]] = {
    "none": tuple,
    "holm": holm,
    "bonferroni": bonferroni,
    "benjamini_hochberg": benjamini_hochberg,
}


def _with_bonferroni_interval(
    effect: Effect, p_adjusted: float | None, alpha: float, m: int, *, sign_shown: bool
) -> Adjusted:
    lower, upper = effect.lower(alpha / m), effect.upper(alpha / m)
    if effect.estimate is not None and lower is not None and upper is not None and lower < 0.0 < upper:
        rejected = sign_shown and p_adjusted is not None and p_adjusted <= alpha
        lower = 0.0 if rejected and effect.estimate > 0 else lower
        upper = 0.0 if rejected and effect.estimate < 0 else upper
    return Adjusted(p_adjusted, lower, upper)


def _dunnett(effects: Sequence[Effect], alpha: float, covariance: Floats | None) -> tuple[Adjusted, ...]:
    m = len(effects)
    if covariance is None or covariance.shape != (m, m):
        raise AnalysisRefused(
            "Dunnett's adjustment was asked for without the covariance of its contrasts",
            rule="it needs one row and one column for each contrast",
            remedy="declare holm, or contrasts against one comparison",
        )
    known = [index for index, effect in enumerate(effects) if effect.estimable]
    loading = np.zeros(m)  # a contrast that cannot be estimated stays in the family, as one of its own
    gap = 0.0
    if known:
        # Contrasts over customers of their own have no covariance here; none at all is the safe side (Šidák 1967).
        part = np.nan_to_num(covariance[np.ix_(known, known)], nan=0.0)
        scale = np.sqrt(np.diag(part))
        loading[known], gap = loadings(part / np.outer(scale, scale))
    smallest = [effect.df for effect in effects if effect.estimable and effect.df is not None]
    df = min(smallest) if smallest else None
    critical = simultaneous_critical_value(alpha, loading, df)
    note = f"correlations approximated by one factor (largest gap {gap:.3f})" if gap > LARGEST_GAP else None
    return tuple(_max_t(effect, loading, df, critical, note) for effect in effects)


def _max_t(effect: Effect, loading: Floats, df: float | None, critical: float, note: str | None) -> Adjusted:
    estimate, std_error, statistic, p = effect.estimate, effect.std_error, effect.statistic, effect.p_value
    if estimate is None or std_error is None or statistic is None or p is None:
        return Adjusted(None, None, None)
    # The family shares the smallest degrees of freedom. Bonferroni with the contrast's own is as valid, so the lower
    # of the two stands; it also keeps the last digits of the integral from passing below the unadjusted p-value.
    p_adjusted = min(max(adjusted_p_value(statistic, loading, df), p), min(1.0, p * len(loading)))
    return Adjusted(p_adjusted, estimate - critical * std_error, estimate + critical * std_error, note)

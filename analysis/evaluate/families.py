"""The planned contrasts of one outcome as a family; over all levels of a column, where it is a subgroup's."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.fit import Contrast, Fit
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted, adjust
from designs.protocol.models import Protocol


def effect_of(contrast: Contrast) -> Effect:
    return Effect(contrast.estimate, contrast.std_error, contrast.df, contrast.reason)


def find(fit: Fit, arm: str, comparison: str) -> Contrast:
    return next(c for c in fit.contrasts if (c.arm, c.comparison) == (arm, comparison))


def family(protocol: Protocol, fit: Fit) -> tuple[Adjusted, ...]:
    """The planned contrasts of one fit, adjusted as declared."""
    effects = [effect_of(contrast) for contrast in fit.contrasts]
    return adjust(effects, protocol.analysis.multiplicity, protocol.analysis.alpha, covariance=fit.covariance)


def family_over_levels(protocol: Protocol, fits: Sequence[Fit]) -> tuple[tuple[Adjusted, ...], ...]:
    """The planned contrasts of every level of one subgroup column: one family, in the order of the levels.

    Dunnett's correlations hold within a level only, so there the levels share the error rate equally.
    """
    method, alpha = protocol.analysis.multiplicity, protocol.analysis.alpha
    if method == "dunnett":
        shared = alpha / len(fits)
        by_level = []
        for fit in fits:
            effects = [effect_of(contrast) for contrast in fit.contrasts]
            of_level = adjust(effects, "dunnett", shared, covariance=fit.covariance)
            by_level.append(tuple(_times(adjusted, len(fits)) for adjusted in of_level))
        return tuple(by_level)
    effects = [effect_of(contrast) for fit in fits for contrast in fit.contrasts]
    adjusted, width = adjust(effects, method, alpha), len(fits[0].contrasts)
    return tuple(adjusted[start : start + width] for start in range(0, len(adjusted), width))


def _times(adjusted: Adjusted, levels: int) -> Adjusted:
    p = adjusted.p_adjusted
    return Adjusted(
        None if p is None else min(1.0, p * levels),
        adjusted.ci_lower_simultaneous,
        adjusted.ci_upper_simultaneous,
        adjusted.note,
    )

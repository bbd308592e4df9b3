"""The planned contrasts of one outcome as families; over all levels of a column, where they are a subgroup's.

Where each arm is compared with one, the arms that a verdict judges are a family, the verdict's own: a letter that goes
out today, beside doing nothing, is compared too, and takes nothing from theirs. All pairs, where declared, are one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.fit import Contrast, Fit
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted, adjust
from designs.protocol.models import Protocol


def effect_of(contrast: Contrast) -> Effect:
    return Effect(contrast.estimate, contrast.std_error, contrast.df, contrast.reason, contrast.skewness)


def find(fit: Fit, arm: str, comparison: str) -> Contrast:
    return next(c for c in fit.contrasts if (c.arm, c.comparison) == (arm, comparison))


def places_of_families(protocol: Protocol, arms: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Which contrasts are adjusted together, given the first arm of each: places, family by family."""
    everyone = tuple(range(len(arms)))
    if protocol.analysis.contrasts == "all_pairs":
        return (everyone,)
    judged = {arm.id for arm in protocol.otm_arms}
    parts = [tuple(i for i in everyone if (arms[i] in judged) is of_verdict) for of_verdict in (True, False)]
    return tuple(part for part in parts if part)


def by_family(
    protocol: Protocol, arms: Sequence[str], adjusted: Callable[[tuple[int, ...]], Sequence[Adjusted]]
) -> tuple[Adjusted, ...]:
    """Adjust each family by itself, and put the contrasts back in their order."""
    placed: dict[int, Adjusted] = {}
    for places in places_of_families(protocol, arms):
        placed |= dict(zip(places, adjusted(places), strict=True))
    return tuple(placed[i] for i in range(len(arms)))


def family(protocol: Protocol, fit: Fit, seen: Callable[[Contrast], Effect] = effect_of) -> tuple[Adjusted, ...]:
    """The planned contrasts of one fit, adjusted as declared; ``seen`` makes an effect of each."""
    method, alpha = protocol.analysis.multiplicity, protocol.analysis.alpha

    def adjusted(places: tuple[int, ...]) -> tuple[Adjusted, ...]:
        effects = [seen(fit.contrasts[i]) for i in places]
        return adjust(effects, method, alpha, covariance=fit.covariance[np.ix_(places, places)])

    return by_family(protocol, [contrast.arm for contrast in fit.contrasts], adjusted)


def family_over_levels(protocol: Protocol, fits: Sequence[Fit]) -> tuple[tuple[Adjusted, ...], ...]:
    """The planned contrasts of every level of one subgroup column, family by family, in the order of the levels.

    Dunnett's correlations hold within a level only, so there the levels share the error rate equally.
    """
    method, alpha = protocol.analysis.multiplicity, protocol.analysis.alpha
    arms = [contrast.arm for contrast in fits[0].contrasts]

    def of_dunnett(fit: Fit, places: tuple[int, ...]) -> list[Adjusted]:
        effects = [effect_of(fit.contrasts[i]) for i in places]
        covariance = fit.covariance[np.ix_(places, places)]
        return [_times(a, len(fits)) for a in adjust(effects, method, alpha / len(fits), covariance=covariance)]

    by_level: list[dict[int, Adjusted]] = [{} for _ in fits]
    for places in places_of_families(protocol, arms):
        if method == "dunnett":
            parts = [of_dunnett(fit, places) for fit in fits]
        else:
            together = adjust([effect_of(fit.contrasts[i]) for fit in fits for i in places], method, alpha)
            width = len(places)
            parts = [list(together[start : start + width]) for start in range(0, len(together), width)]
        for level, part in zip(by_level, parts, strict=True):
            level |= dict(zip(places, part, strict=True))
    return tuple(tuple(level[i] for i in range(len(arms))) for level in by_level)


def _times(adjusted: Adjusted, levels: int) -> Adjusted:
    p = adjusted.p_adjusted
    return Adjusted(
        None if p is None else min(1.0, p * levels),
        adjusted.ci_lower_simultaneous,
        adjusted.ci_upper_simultaneous,
        adjusted.note,
    )

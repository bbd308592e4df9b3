"""Factorial designs: the main effect of each factor, and how two factors work together, from one model of all cells.

A *main effect* is the mean of the cells at one level less the mean of those at the factor's first level, the levels of
the other factors weighing equally, whatever the cells' sizes. An *interaction* of two factors is a difference of
differences: the effect of one at a level of the other, less its effect at the other's first level. Both are sums of
the cells' means with weights that add up to zero, so their errors follow from the joint covariance of the contrasts
between cells.

Source: Dasgupta, Pillai & Rubin (2015), Journal of the Royal Statistical Society B 77:727; Satterthwaite (1946),
Biometrics Bulletin 2:110, for the degrees of freedom of a sum of means whose variances differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.fit import Contrast, Fit
from analysis.inference.intervals import Effect
from analysis.results import FactorLevel
from analysis.specification import Specification
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]

OTHER_CUSTOMERS = "some combinations are compared among fewer customers than others, so they do not add up"
# From the variance of a mean as the declared errors have it to s²/n, which Welch's degrees of freedom go by.
_TO_PLAIN = {"HC0": 1, "HC1": 1, "HC3": -1}


@dataclass(frozen=True, slots=True)
class FactorEffect:
    """A main effect (of one factor) or an interaction (of two), as weights over the cells that add up to zero.

    Attributes:
        weights: by arm id; an arm outside the factors has none.
        reference: weights of what it is compared with, which add up to one: the cells at the first levels.
    """

    estimand: Literal["main_effect", "interaction"]
    factors: tuple[FactorLevel, ...]
    weights: Mapping[str, float]
    reference: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Estimated:
    """One factor effect of one response; ``n_*`` count the customers of cells added, and of those subtracted."""

    effect: Effect
    n_above: int
    n_below: int
    reference_mean: float | None
    note: str | None


def cells_of(protocol: Protocol) -> dict[tuple[str, ...], str]:
    """The arm of each combination of levels, factors in their declared order."""
    factors = protocol.randomisation.factors or {}
    return {tuple(arm.levels[name] for name in factors): arm.id for arm in protocol.arms if arm.levels is not None}


def factor_effects(protocol: Protocol) -> tuple[FactorEffect, ...]:
    """Every main effect, then every interaction of two factors; each level against the first.

    Examples:
        >>> from types import SimpleNamespace as Any
        >>> arms = [Any(id=t + c, levels={"tone": t, "by": c}) for t in ("soft", "hard") for c in ("sms", "letter")]
        >>> plan = Any(arms=arms, randomisation=Any(factors={"tone": ("soft", "hard"), "by": ("sms", "letter")}))
        >>> [sorted(effect.weights.items()) for effect in factor_effects(plan)][0]
        [('hardletter', 0.5), ('hardsms', 0.5), ('softletter', -0.5), ('softsms', -0.5)]
        >>> [sorted(effect.weights.items()) for effect in factor_effects(plan)][2]
        [('hardletter', 1.0), ('hardsms', -1.0), ('softletter', -1.0), ('softsms', 1.0)]
    """
    factors = protocol.randomisation.factors or {}
    names, cells = list(factors), cells_of(protocol)
    effects = []
    for size, estimand in ((1, "main_effect"), (2, "interaction")):
        for chosen in combinations(range(len(names)), size):
            for levels in product(*(factors[names[at]][1:] for at in chosen)):
                of = tuple(
                    FactorLevel(names[at], level, factors[names[at]][0])
                    for at, level in zip(chosen, levels, strict=True)
                )
                effects.append(_effect("main_effect" if estimand == "main_effect" else "interaction", of, names, cells))
    return tuple(effects)


def _effect(
    estimand: Literal["main_effect", "interaction"],
    of: tuple[FactorLevel, ...],
    names: Sequence[str],
    cells: Mapping[tuple[str, ...], str],
) -> FactorEffect:
    weights, reference = dict.fromkeys(cells.values(), 0.0), dict.fromkeys(cells.values(), 0.0)
    for levels, arm in cells.items():
        at = dict(zip(names, levels, strict=True))
        signs = [1.0 if at[f.factor] == f.level else -1.0 if at[f.factor] == f.reference else 0.0 for f in of]
        weights[arm] = float(np.prod(signs))
        reference[arm] = 1.0 if all(at[f.factor] == f.reference for f in of) else 0.0
    alike = sum(reference.values())  # cells for each combination of the factors in question
    return FactorEffect(
        estimand,
        of,
        {arm: weight / alike for arm, weight in weights.items()},
        {arm: weight / alike for arm, weight in reference.items()},
    )


def estimate(fit: Fit, effect: FactorEffect, specification: Specification) -> Estimated:
    """A factor effect from the contrasts of every other cell with the first.

    Args:
        fit: of ``specification``, whose contrasts are (cell, first cell) for all other cells.
        effect: what is wanted of it.
        specification: the declared adjustment, strata and errors, from which the degrees of freedom follow.
    """
    first = fit.contrasts[0].comparison
    customers = {first: fit.contrasts[0].n_comparison, **{c.arm: c.n_arm for c in fit.contrasts}}
    n_above = sum(customers[arm] for arm, weight in effect.weights.items() if weight > 0.0)
    n_below = sum(customers[arm] for arm, weight in effect.weights.items() if weight < 0.0)
    used = [c for c in fit.contrasts if effect.weights[c.arm] != 0.0]
    notes = dict.fromkeys(note for c in used if c.note for note in c.note.split("; "))
    reason = next((c.reason for c in used if c.estimate is None), None)
    if reason is None and any(c.n_left_out for c in used):
        reason = OTHER_CUSTOMERS
    mean = _reference_mean(fit, effect, first)
    if reason is not None:
        return Estimated(Effect(None, None, reason=reason), n_above, n_below, mean, None)
    weight = np.array([effect.weights[c.arm] for c in fit.contrasts])
    difference = float(sum(w * (c.estimate or 0.0) for w, c in zip(weight, fit.contrasts, strict=True) if w))
    at = np.flatnonzero(weight)
    variance = float(weight[at] @ fit.covariance[np.ix_(at, at)] @ weight[at])
    if not (np.isfinite(variance) and variance > 0.0):
        why = next((c.reason for c in used if c.reason), "the outcome does not vary within the combinations")
        return Estimated(Effect(difference, None, reason=why), n_above, n_below, mean, None)
    df = _degrees_of_freedom(fit, effect, used, specification)
    return Estimated(Effect(difference, variance**0.5, df), n_above, n_below, mean, "; ".join(notes) or None)


def _reference_mean(fit: Fit, effect: FactorEffect, first: str) -> float | None:
    means = {first: fit.contrasts[0].mean_comparison, **{c.arm: c.mean_arm for c in fit.contrasts}}
    total = 0.0
    for arm, weight in effect.reference.items():
        mean = means[arm]
        if weight and mean is None:
            return None
        total += weight * (mean or 0.0)
    return total


def _degrees_of_freedom(
    fit: Fit, effect: FactorEffect, used: Sequence[Contrast], specification: Specification
) -> float | None:
    """As for two arms: Welch over the cells for differences in means, n − J for each cell of stratified ones; where all
    contrasts share one number, that one. Under CR2 the smallest of the contrasts', which is on the safe side."""
    known = [c.df for c in used if c.df is not None]
    unclustered_means = specification.adjustment == "none" and specification.standard_errors in (
        "HC0", "HC1", "HC2", "HC3",
    )  # fmt: skip
    if not unclustered_means or len(known) < len(used) or len(used) == 1:
        return min(known) if known else None
    first = fit.contrasts[0].comparison
    customers = {first: fit.contrasts[0].n_comparison, **{c.arm: c.n_arm for c in fit.contrasts}}
    cells = [arm for arm, weight in effect.weights.items() if weight]
    if specification.strata:
        strata = (used[0].n_arm + used[0].n_comparison - known[0]) / 2.0
        return sum(customers[arm] - strata for arm in cells)
    # Two contrasts share the first cell alone, so their covariance is the variance of its mean.
    shared = [i for i, c in enumerate(fit.contrasts) if c in used][:2]
    of_first = float(fit.covariance[shared[0], shared[1]])
    variances = {first: of_first}
    variances |= {c.arm: float(fit.covariance[i, i]) - of_first for i, c in enumerate(fit.contrasts)}
    n = np.array([float(customers[arm]) for arm in cells])
    to_plain = (n / (n - 1.0)) ** _TO_PLAIN.get(specification.standard_errors, 0)
    plain = np.array([variances[arm] for arm in cells]) * to_plain
    parts = np.array([effect.weights[arm] ** 2 for arm in cells]) * plain
    return float(parts.sum() ** 2 / (parts**2 / (n - 1.0)).sum())

"""Which of several passing arms to scale: the cheapest, unless another is shown to gain more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.deciding.evidence import DecisionRules, Evidence, Floats
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import holm


def which_arm(arms: Sequence[Evidence], covariance: Floats | None, rules: DecisionRules, passing: Sequence[str]) -> str:
    """The cheapest passing arm, unless the best one is shown to gain more (Holm over the dearer passing arms).

    Args:
        arms: every OTM arm, among everyone or in one segment.
        covariance: of their net benefits, shape (arms, arms); ``None`` where unknown.
        rules: of the verdict.
        passing: ids of the arms to choose from.
    """
    index = {evidence.arm: i for i, evidence in enumerate(arms)}
    candidates = [arms[index[arm]] for arm in passing]
    cheapest = min(candidates, key=lambda evidence: (evidence.cost, -gain(evidence)))
    dearer = [evidence for evidence in candidates if evidence.arm != cheapest.arm]
    if not dearer:
        return cheapest.arm
    best = max(candidates, key=gain)
    adjusted = holm([_difference(covariance, index, evidence, cheapest).p_value for evidence in dearer])
    for evidence, p in zip(dearer, adjusted, strict=True):
        if evidence.arm == best.arm and p is not None and p <= rules.alpha:
            return best.arm
    return cheapest.arm


def _difference(covariance: Floats | None, index: dict[str, int], dearer: Evidence, cheaper: Evidence) -> Effect:
    """How much more one arm gains than another, with the covariance that their shared comparison gives."""
    a, b = dearer.net_benefit, cheaper.net_benefit
    if a is None or b is None or a.estimate is None or b.estimate is None or covariance is None:
        return Effect(None, None)
    i, j = index[dearer.arm], index[cheaper.arm]
    variance = float(covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j])
    if not variance > 0.0:
        return Effect(None, None)
    known = [df for df in (a.df, b.df) if df is not None]
    return replace(a, estimate=a.estimate - b.estimate, std_error=math.sqrt(variance), df=min(known) if known else None)


def gain(evidence: Evidence) -> float:
    return evidence.net_benefit.estimate if evidence.net_benefit and evidence.net_benefit.estimate is not None else 0.0

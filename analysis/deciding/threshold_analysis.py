"""At which cost a verdict would be another: found by deciding again, a penny to each side.

Threshold analysis in the sense of NICE decision support (Phillippo et al. 2019, Annals of Internal Medicine 170:538):
how far an input must move before the decision changes. Everything that a cost moves is moved, redraws included; and a
verdict is another where its code, its arm or any segment is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.verdict import Decided, decide
from analysis.inference.intervals import critical_value
from analysis.results import CostThreshold, Scenario, Thresholds, WouldBe

_LOOKS = 16  # costs looked at on each side before the nearest change is narrowed down


def thresholds(
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Mapping[Scenario, Decided],
    contact: Mapping[str, float],
) -> Thresholds:
    """What costs and values would have to be for the verdict to be another.

    Args:
        trial: what the central verdict was decided from.
        rules: by which.
        decided: the verdict under each scenario, the central one among them.
        contact: central cost of contact by arm, pounds per customer.
    """
    return Thresholds(
        costs=tuple(
            _of_cost(trial, rules, decided["central"], evidence, contact[evidence.arm])
            for evidence in trial.arms
            if evidence.net_benefit is not None and evidence.net_benefit.estimable
        ),
        scenarios=tuple((name, would_be(other)) for name, other in decided.items() if name != "central"),
    )


def would_be(decided: Decided) -> WouldBe:
    """A verdict without its evidence: what two verdicts are compared by.

    Examples:
        >>> would_be(Decided("scale", "sms", None, ()))
        WouldBe(code='scale', arm='sms', segments=())
    """
    segments = tuple((cell.evidence.arm, cell.segment) for cell in decided.to_segments)
    # The order of segments is that of their gains, which a cost moves without changing where to scale.
    return WouldBe(decided.code, None if segments else decided.arm, tuple(sorted(segments, key=str)))


def _of_cost(
    trial: TrialEvidence, rules: DecisionRules, central: Decided, evidence: Evidence, assumed: float
) -> CostThreshold:
    now = would_be(central)

    def at(pence: int) -> WouldBe:
        return would_be(decide(_dearer(trial, evidence.arm, pence / 100.0 - assumed), rules))

    far = math.ceil(100.0 * (assumed + _far(evidence, rules, trial)))
    dearer = _nearest_change(at, now, math.floor(100.0 * assumed + 1e-9), far)
    cheaper = _nearest_change(at, now, math.ceil(100.0 * assumed - 1e-9), 0)
    return CostThreshold(
        evidence.arm,
        assumed,
        None if dearer is None else dearer / 100.0,
        None if dearer is None else at(dearer),
        None if cheaper is None else cheaper / 100.0,
        None if cheaper is None else at(cheaper),
    )


def _nearest_change(at: Callable[[int], WouldBe], now: WouldBe, start: int, end: int) -> int | None:
    """The whole pence nearest to ``start``, towards ``end``, at which the verdict is not what it is now.

    ``start`` is the assumed cost in pence, or the whole penny next to it on the other side, where nothing changes.
    """
    same = start
    for pence in _steps(start, end):
        if at(pence) != now:
            changed = pence
            while abs(changed - same) > 1:
                middle = (changed + same) // 2
                same, changed = (middle, changed) if at(middle) == now else (same, middle)
            return changed
        same = pence
    return None


def _steps(start: int, end: int) -> Iterator[int]:
    """Costs to look at, the nearer ones closer together: a change can be a penny off, or many pounds."""
    distance, side = abs(end - start), 1 if end > start else -1
    steps = sorted({max(1, round(distance ** (look / _LOOKS))) for look in range(1, _LOOKS + 1)}) if distance else []
    return (start + side * step for step in steps)


def _far(evidence: Evidence, rules: DecisionRules, trial: TrialEvidence) -> float:
    """Pounds beyond which no bound of the arm's net benefit reaches: nothing more can change."""
    net = evidence.net_benefit
    assert net is not None
    assert net.estimate is not None
    assert net.std_error is not None
    strictest = min(rules.level_worse, rules.level_of_arms(len(trial.arms)), rules.level_of_cells(len(trial.cells)))
    widths = [net.std_error, *(_error(cell.evidence) for cell in trial.cells if cell.evidence.arm == evidence.arm)]
    estimates = [net.estimate, *(_gain(cell.evidence) for cell in trial.cells if cell.evidence.arm == evidence.arm)]
    return max(map(abs, estimates)) + 3.0 * critical_value(strictest, net.df) * max(widths) + 0.01


def _error(evidence: Evidence) -> float:
    return (evidence.net_benefit.std_error if evidence.net_benefit else None) or 0.0


def _gain(evidence: Evidence) -> float:
    return (evidence.net_benefit.estimate if evidence.net_benefit else None) or 0.0


def _dearer(trial: TrialEvidence, arm: str, extra: float) -> TrialEvidence:
    """The same trial where each customer of an arm costs so many more pounds."""

    def moved(evidence: Evidence) -> Evidence:
        if evidence.arm != arm or evidence.net_benefit is None:
            return evidence
        return replace(evidence, net_benefit=evidence.net_benefit.with_more(-extra), cost=evidence.cost + extra)

    return replace(
        trial,
        arms=tuple(moved(evidence) for evidence in trial.arms),
        cells=tuple(replace(cell, evidence=moved(cell.evidence)) for cell in trial.cells),
    )

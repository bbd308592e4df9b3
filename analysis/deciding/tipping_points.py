"""How unlike the others the customers without an outcome would have to be for the verdict to be another.

An estimate takes those who lack an outcome to be like those of their arm and stratum who have it. Nothing in the data
can show that, so beside a verdict stands how far the missing of one arm would have to be from it: found by deciding
again, with the arm's effect, gain and harms moved by what they would add. Standard errors stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.threshold_analysis import would_be
from analysis.deciding.verdict import Decided, decide
from analysis.inference.intervals import Effect
from analysis.results import Segment, TippingPoint, WouldBe

NOBODY_HAS_IT = "nobody of this arm has the outcome"
IN_PAIRS = "whoever lacks the outcome takes their pair out of the estimate, so no mean of theirs is assumed"
_STEPS = 48  # looked at on each side before the first change is narrowed down
_HALVINGS = 40
_FAR = 10.0  # standard errors beyond nothing: as far as is looked where values have no end

At = tuple[str, Segment | None]  # an arm's evidence: its id, among everyone or in a segment


@dataclass(frozen=True, slots=True)
class Missing:
    """The customers of one arm who lack one outcome that a verdict rests on.

    Attributes:
        outcome, arm: ids.
        missing, allocated: customers of the arm.
        assumed: mean of the outcome that the estimate takes them to have; ``None`` where it takes them to have none.
        unassumed: why it takes them to have none: nobody of the arm has the outcome; or customers were assigned in
            matched pairs, and the estimate leaves out the whole pair of whoever lacks it.
        lowest, highest: the least and the most that their mean can be; infinite where it has no end.
        weight: by how much each difference (arm − comparison) in the outcome moves for each unit of their mean.
        effect: what one unit of the outcome's difference adds to the effect as it is judged: 1, −1, or 0 where the
            outcome is not the primary.
        money: and to the net benefit, pounds.
        cost: and to the whole cost, pounds.
        harm: and to the harm by this outcome, where it guards: 1 or −1, else 0.
    """

    outcome: str
    arm: str
    missing: int
    allocated: int
    assumed: float | None
    lowest: float
    highest: float
    weight: Mapping[At, float]
    effect: float = 0.0
    money: float = 0.0
    cost: float = 0.0
    harm: float = 0.0
    unassumed: str = NOBODY_HAS_IT


def tipping_points(
    trial: TrialEvidence, rules: DecisionRules, decided: Decided, missing: Iterable[Missing]
) -> tuple[TippingPoint, ...]:
    """For each arm and outcome that somebody lacks, the smallest shift of the missing that changes the verdict.

    Args:
        trial, rules, decided: a verdict that stands, and what it was decided from.
        missing: as counted.
    """
    return tuple(_tipping_point(trial, rules, decided, those) for those in missing)


def _tipping_point(trial: TrialEvidence, rules: DecisionRules, decided: Decided, those: Missing) -> TippingPoint:
    bare = TippingPoint(those.outcome, those.arm, those.missing, those.allocated, those.assumed)
    if those.assumed is None:
        return replace(bare, reason=those.unassumed)
    if not any(those.weight.values()):
        return replace(bare, reason="no effect rests on this arm")
    end = _end(trial, those)
    sides = (max(those.lowest - those.assumed, -end), min(those.highest - those.assumed, end))
    turns = [turn for limit in sides if (turn := _first_change(trial, rules, decided, those, limit)) is not None]
    if not turns:
        return bare
    shift, becomes = min(turns, key=lambda turn: abs(turn[0]))
    return replace(bare, shift=shift, becomes=becomes)


def _first_change(
    trial: TrialEvidence, rules: DecisionRules, decided: Decided, those: Missing, limit: float
) -> tuple[float, WouldBe] | None:
    """The change of verdict that lies nearest between no shift and ``limit``, and the verdict beyond it."""
    now, before = would_be(decided), 0.0
    for step in range(1, _STEPS + 1):
        shift = limit * step / _STEPS
        after = would_be(decide(_moved(trial, those, shift), rules))
        if after == now:
            before = shift
            continue
        for _ in range(_HALVINGS):
            middle = 0.5 * (before + shift)
            changed = would_be(decide(_moved(trial, those, middle), rules))
            if changed == now:
                before = middle
            else:
                shift, after = middle, changed
        return shift, after
    return None


def _moved(trial: TrialEvidence, those: Missing, shift: float) -> TrialEvidence:
    def at(evidence: Evidence, segment: Segment | None) -> Evidence:
        return _with_more(evidence, those, those.weight.get((evidence.arm, segment), 0.0) * shift)

    return replace(
        trial,
        arms=tuple(at(evidence, None) for evidence in trial.arms),
        cells=tuple(replace(cell, evidence=at(cell.evidence, cell.segment)) for cell in trial.cells),
    )


def _with_more(evidence: Evidence, those: Missing, amount: float) -> Evidence:
    """The evidence if the difference in this outcome were larger by ``amount``."""
    harms = [harm.with_more(those.harm * amount) if harm.outcome == those.outcome else harm for harm in evidence.harms]
    return replace(
        evidence,
        effect=evidence.effect.with_more(those.effect * amount),
        net_benefit=None if evidence.net_benefit is None else evidence.net_benefit.with_more(those.money * amount),
        harms=tuple(harms),
        cost=evidence.cost + those.cost * amount,
    )


def _end(trial: TrialEvidence, those: Missing) -> float:
    """How far to look where the outcome has no end: until whatever the missing move would be beyond all doubt."""
    ends = [0.0]
    for evidence in trial.arms:
        weight = abs(those.weight.get((evidence.arm, None), 0.0))
        moved = [(evidence.effect, those.effect), (evidence.net_benefit, those.money)]
        moved += [(_harm_effect(harm.estimate, harm.upper, harm.margin), those.harm) for harm in evidence.harms
                  if harm.outcome == those.outcome]  # fmt: skip
        for effect, factor in moved:
            if effect is not None and effect.estimate is not None and weight * abs(factor) > 0.0:
                reach = abs(effect.estimate) + _FAR * (effect.std_error or 0.0)
                ends.append(reach / (weight * abs(factor)))
    return max(ends) if math.isfinite(max(ends)) else 0.0


def _harm_effect(estimate: float | None, upper: float | None, margin: float) -> Effect | None:
    if estimate is None or upper is None:
        return None
    return Effect(abs(estimate) + abs(margin), abs(upper - estimate))

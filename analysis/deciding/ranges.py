"""The ranges that decided: a verdict is shown beside the interval that it was reached by, and no narrower one."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.deciding.evidence import DecisionRules, Evidence, Floats, TrialEvidence
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import adjust
from analysis.inference.skewness import interval
from analysis.results import DecidingRange, Segment

_NONE = Effect(None, None)


def effect_range(trial: TrialEvidence, rules: DecisionRules, evidence: Evidence) -> DecidingRange:
    """Of an arm's effect among everyone: simultaneous over the arms that were tried.

    Examples:
        >>> rules = DecisionRules(0.05, "holm", None, valued=False, guardrails=0, capacity=None)
        >>> arms = tuple(Evidence(arm, Effect(0.02, 0.01), None) for arm in "ab")
        >>> [round(end, 4) for end in effect_range(TrialEvidence((), arms), rules, arms[0])]
        [-0.0024, 0.0424]
    """
    return _simultaneous(trial.arms, evidence, [e.effect for e in trial.arms], rules, trial.effect_covariance)


def money_range(trial: TrialEvidence, rules: DecisionRules, evidence: Evidence) -> DecidingRange:
    """Of an arm's net benefit among everyone, likewise; below zero, by the bound that shows a loss or does not.

    A loss needs no allowance for other arms, for the trial says that no further action is better only where every arm
    is worse; it shares its level with the other routes by which an arm may be worse. With more routes than arms a
    range that allows for the arms may lie below zero where no loss is shown: it is not the one that decided.
    """
    of_a_loss = interval(evidence.net_benefit or _NONE, rules.level_worse)
    everyone = [e.net_benefit or _NONE for e in trial.arms]
    over_arms = _simultaneous(trial.arms, evidence, everyone, rules, trial.net_benefit_covariance)
    if of_a_loss is not None and min(of_a_loss.upper, 0.0 if over_arms[1] is None else over_arms[1]) < 0.0:
        return of_a_loss.lower, of_a_loss.upper
    return over_arms


def segment_range(effect: Effect, rules: DecisionRules, cells: int) -> DecidingRange:
    """In one of ``cells`` arms in segments: Bonferroni over all of them."""
    span = interval(effect, rules.level_of_cells(cells))
    return (None, None) if span is None else (span.lower, span.upper)


def spoken_money_range(
    trial: TrialEvidence, rules: DecisionRules, evidence: Evidence, segment: Segment | None
) -> DecidingRange:
    """Of the net benefit that a sentence is about, among everyone or in a segment."""
    if segment is None:
        return money_range(trial, rules, evidence)
    return segment_range(evidence.net_benefit or _NONE, rules, len(trial.cells))


def _simultaneous(
    arms: Sequence[Evidence], evidence: Evidence, effects: Sequence[Effect], rules: DecisionRules,
    covariance: Floats | None,
) -> DecidingRange:  # fmt: skip
    """By the declared method; where that keeps false alarms too frequent, by Holm, on which the verdict insists."""
    method = rules.multiplicity
    if method in ("none", "benjamini_hochberg") or (method == "dunnett" and covariance is None):
        method = "holm"
    place = next(number for number, arm in enumerate(arms) if arm.arm == evidence.arm)
    span = interval(effects[place], rules.level_of_arms(len(arms)))
    if span is not None and span.by_redraws:  # it leans too much for any method by Student's t
        return span.lower, span.upper
    adjusted = adjust(effects, method, rules.alpha, covariance=covariance)[place]
    return adjusted.ci_lower_simultaneous, adjusted.ci_upper_simultaneous

"""What would change a verdict: a cost, a scenario, a larger sample. Plain sentences, each with its figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.net_benefit import own_cost
from analysis.deciding.verdict import Decided, Judgement, decide
from analysis.inference.intervals import Effect, critical_value
from analysis.results import Scenario, VerdictCode
from analysis.wording.naming import approach, doing_nothing
from analysis.wording.numbers import customers_needed, per_thousand, pounds
from analysis.wording.phrases import capitalised
from designs.protocol.models import Protocol

_SCENARIO_WORDS: Mapping[Scenario, str] = {
    "low": "low benefits and high costs",
    "high": "high benefits and low costs",
}
_SAID: Mapping[VerdictCode, str] = {
    "scale": "scale",
    "scale_segment": "scale to a segment only",
    "no_further_action": "no further action is better",
    "not_shown": "not shown to be worth it",
    "invalid": "invalid",
}
_PENNY = 0.005


def what_would_change(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Decided,
    *,
    by_scenario: Mapping[Scenario, VerdictCode],
    customers: int,
) -> tuple[str, ...]:
    """What would change this verdict.

    Args:
        trial, rules, decided: the central verdict and what it was decided from.
        by_scenario: the verdict code under each scenario.
        customers: allocated in this trial, all arms.
    """
    if decided.code == "invalid":
        return ("Data that pass the failed check would be needed before anything can be said.",)
    changes = _scenarios(by_scenario, decided.code)
    if not rules.valued and rules.break_even is None:
        changes.append("Declaring what the outcomes are worth: without that no approach can be shown to be worth it.")
    for evidence in trial.arms:
        changes += _costs(protocol, trial, rules, decided, evidence)
    if decided.code == "not_shown":
        for evidence, judgement in zip(trial.arms, decided.arms, strict=True):
            changes += _sample(protocol, evidence, judgement, rules, len(trial.arms), customers)
    return tuple(changes)


def smallest_effect_found(std_error: float, alpha: float, power: float, contrasts: int) -> float:
    """The smallest effect that a contrast with this standard error finds with this power.

    Two-sided ``alpha`` shared by the contrasts, normal approximation.

    Examples:
        >>> round(smallest_effect_found(0.01, 0.05, 0.8, 1), 4)
        0.028
    """
    return (critical_value(alpha / contrasts, None) + critical_value(2.0 * (1.0 - power), None)) * std_error


def break_point(trial: TrialEvidence, rules: DecisionRules, decided: Decided, arm: str) -> tuple[float, Decided] | None:
    """How many more pounds a customer the chosen arm could cost before the verdict changes, and to what.

    Found by deciding again with the arm's net benefit moved, to the penny; ``None`` where no cost changes it.
    """
    index = next(i for i, evidence in enumerate(trial.arms) if evidence.arm == arm)

    def at(extra: float) -> Decided:
        arms = (*trial.arms[:index], _dearer(trial.arms[index], extra), *trial.arms[index + 1 :])
        cells = tuple(
            replace(cell, evidence=_dearer(cell.evidence, extra)) if cell.evidence.arm == arm else cell
            for cell in trial.cells
        )
        return decide(replace(trial, arms=arms, cells=cells), rules)

    net = trial.arms[index].net_benefit
    if net is None or net.estimate is None:
        return None
    low, high = 0.0, max(net.estimate, _PENNY)
    after = at(high)
    if (after.code, after.arm) == (decided.code, decided.arm):
        return None
    while high - low > _PENNY:
        middle = 0.5 * (low + high)
        changed = at(middle)
        if (changed.code, changed.arm) == (decided.code, decided.arm):
            low = middle
        else:
            high, after = middle, changed
    return low, after


def _dearer(evidence: Evidence, extra: float) -> Evidence:
    net = evidence.net_benefit
    if net is None or net.estimate is None:
        return evidence
    return replace(evidence, net_benefit=net.with_more(-extra), cost=evidence.cost + extra)


def _scenarios(by_scenario: Mapping[Scenario, VerdictCode], code: VerdictCode) -> list[str]:
    codes = [(scenario, by_scenario[scenario]) for scenario in _SCENARIO_WORDS if scenario in by_scenario]
    changed = [f"With {_SCENARIO_WORDS[s]} the verdict would be: {_SAID[c]}." for s, c in codes if c != code]
    if codes and not changed:
        return ["The verdict is the same with low and with high costs."]
    return changed


def _costs(
    protocol: Protocol, trial: TrialEvidence, rules: DecisionRules, decided: Decided, evidence: Evidence
) -> list[str]:
    net = evidence.net_benefit
    if net is None or net.estimate is None:
        return []
    arm = protocol.arm(evidence.arm)
    assumed = arm.cost_per_customer.central
    named = approach(arm)
    if decided.code == "scale" and decided.arm == evidence.arm:
        turn = break_point(trial, rules, decided, evidence.arm)
        if turn is None:
            return []
        extra, after = turn
        then = (
            f"scale {approach(protocol.arm(after.arm))}" if after.arm and after.code == "scale" else _SAID[after.code]
        )
        return [
            f"If {named} cost more than {_each(assumed + extra)} a customer ({_each(assumed)} is assumed), the verdict "
            f"would be: {then}."
        ]
    if own_cost(protocol, arm.id, "central") == 0.0 or net.estimate >= 0.0:
        return []
    break_even = assumed + net.estimate
    now = f"({_each(assumed)} is assumed)"
    if break_even <= 0.0:
        return [f"{capitalised(named)} would lose money even if it cost nothing to send {now}."]
    return [f"{capitalised(named)} would break even at a cost of {_each(break_even)} a customer {now}."]


def _sample(
    protocol: Protocol, evidence: Evidence, judgement: Judgement, rules: DecisionRules, arms: int, customers: int
) -> list[str]:
    """What the trial could have found, and the sample that would settle what it did not, if the truth is as seen."""
    power, named = protocol.analysis.power, capitalised(approach(protocol.arm(evidence.arm)))
    sentences: list[str] = []
    if not judgement.effect_shown and evidence.effect.std_error is not None and evidence.effect.estimable:
        smallest = smallest_effect_found(evidence.effect.std_error, rules.alpha, power, arms)
        wanted = -smallest if protocol.primary.better_below_zero else smallest
        change = per_thousand(protocol.primary.effect_in, wanted)
        sentences.append(
            f"{named}: this trial would have found an effect of {change} for every 1,000 customers, or a larger one, "
            f"{power:.0%} of the time."
        )
    open_questions = [
        (words, effect)
        for words, effect, shown in (
            ("effect", evidence.effect, judgement.effect_shown),
            ("gain after costs", evidence.net_benefit, judgement.net_benefit_shown),
        )
        if effect is not None and effect.estimable and not shown
    ]
    if not open_questions:
        return sentences
    against = [words for words, effect in open_questions if (effect.estimate or 0.0) <= 0.0]
    if against:
        unlikely = f"a larger sample is unlikely to show it beats {doing_nothing(protocol)}"
        return [*sentences, f"{named}: {unlikely}, for its {against[0]} is not above zero."]
    times = max(_times_larger(effect, rules.alpha, power, arms) for _, effect in open_questions)
    if times <= 1.0:
        return sentences
    needed = customers_needed(math.ceil(times * customers))
    return [
        *sentences,
        f"{named}: if the truth is what was seen, about {needed} customers in the same shares would show it "
        f"{power:.0%} of the time.",
    ]


def _times_larger(effect: Effect, alpha: float, power: float, arms: int) -> float:
    """How many times this trial's customers would show an effect of this size."""
    assert effect.std_error is not None
    assert effect.estimate is not None
    return (smallest_effect_found(effect.std_error, alpha, power, arms) / effect.estimate) ** 2


def _each(amount: float) -> str:
    return pounds(amount, pence=True)

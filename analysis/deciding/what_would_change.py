"""What would change a verdict: a cost, other values, capacity, a larger sample. Plain sentences with their figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.threshold_analysis import would_be
from analysis.deciding.verdict import Decided, Judgement, decide
from analysis.inference.intervals import Effect, critical_value
from analysis.inference.redrawn import Redrawn
from analysis.inference.skewness import leans
from analysis.results import CostThreshold, Scenario, Thresholds, WouldBe
from analysis.wording.naming import approach, doing_nothing
from analysis.wording.numbers import customers_needed, per_thousand, pounds
from analysis.wording.phrases import capitalised
from analysis.wording.verdicts import would_be_in_words
from designs.protocol.capacity import contacts, expected_contact
from designs.protocol.models import Protocol
from designs.protocol.words import column_words

_SCENARIO_WORDS: Mapping[Scenario, str] = {
    "low": "low benefits and high costs",
    "high": "high benefits and low costs",
}


def what_would_change(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: DecisionRules,
    decided: Decided,
    *,
    found: Thresholds,
    customers: int,
) -> tuple[str, ...]:
    """What would change this verdict.

    Args:
        trial, rules, decided: the central verdict and what it was decided from.
        found: the costs and values at which it would be another.
        customers: allocated in this trial, all arms.
    """
    if decided.code == "invalid":
        return ("Data that pass the failed check would be needed before anything can be said.",)
    if rules.bar is not None:
        return ("Another design would be needed: this one gives no effect that a verdict could rest on.",)
    changes = _scenarios(protocol, found, would_be(decided))
    if not rules.valued and rules.break_even is None:
        changes.append("Declaring what the outcomes are worth: without that no approach can be shown to be worth it.")
    for threshold in found.costs:
        changes += _costs(protocol, trial, threshold)
        changes += _accuracy(protocol, trial, rules, threshold)
    changes += _capacity(protocol, trial, rules, decided)
    if decided.code == "not_shown":
        for evidence, judgement in zip(trial.arms, decided.arms, strict=True):
            changes += _sample(protocol, evidence, judgement, rules, len(trial.arms), customers)
    return tuple(changes)


def _capacity(protocol: Protocol, trial: TrialEvidence, rules: DecisionRules, decided: Decided) -> list[str]:
    """How many contacts it would take, or how many people to take them, for the verdict to be another."""
    declared = expected_contact(protocol)
    peak, limit = declared.peak_contacts_per_day, declared.capacity_per_day
    if limit is None:
        return []
    other = would_be(decide(trial, replace(rules, capacity=rules.capacity is False)))
    if other == would_be(decided):
        return []
    taken = contacts(limit)
    if peak is None:
        when = f"more than {taken} contacts, which is what can be taken in a day, came on the busiest day at roll-out"
    elif rules.capacity is False:
        when = (
            f"{contacts(peak)} contacts could be taken in a day ({taken} can), or no more than {taken} came on the "
            f"busiest day at roll-out ({contacts(peak)} are expected)"
        )
    else:
        when = (
            f"more than {taken} contacts came on the busiest day at roll-out ({contacts(peak)} are expected), or fewer "
            f"than {contacts(peak)} could be taken in a day ({taken} can)"
        )
    return [f"If {when}, the verdict would be: {_would_be(protocol, other)}."]


def smallest_effect_found(std_error: float, alpha: float, power: float, contrasts: int) -> float:
    """The smallest effect that a contrast with this standard error finds with this power.

    Two-sided ``alpha`` shared by the contrasts, normal approximation.

    Examples:
        >>> round(smallest_effect_found(0.01, 0.05, 0.8, 1), 4)
        0.028
    """
    return (critical_value(alpha / contrasts, None) + critical_value(2.0 * (1.0 - power), None)) * std_error


def _scenarios(protocol: Protocol, found: Thresholds, now: WouldBe) -> list[str]:
    changed = [
        f"With {_SCENARIO_WORDS[scenario]} the verdict would be: {_would_be(protocol, verdict)}."
        for scenario, verdict in found.scenarios
        if verdict != now
    ]
    return changed or (["The verdict is the same with low and with high costs."] if found.scenarios else [])


def _costs(protocol: Protocol, trial: TrialEvidence, threshold: CostThreshold) -> list[str]:
    named, assumed = approach(protocol.arm(threshold.arm)), f"({_each(threshold.assumed)} is assumed)"
    sentences = []
    if threshold.dearer is not None and threshold.when_dearer is not None:
        sentences.append(
            f"If {named} cost {_each(threshold.dearer)} or more a customer {assumed}, the verdict would be: "
            f"{_would_be(protocol, threshold.when_dearer)}."
        )
    if threshold.cheaper is not None and threshold.when_cheaper is not None:
        at_most = "nothing" if threshold.cheaper == 0.0 else f"{_each(threshold.cheaper)} or less a customer"
        sentences.append(
            f"If {named} cost {at_most} {assumed}, the verdict would be: {_would_be(protocol, threshold.when_cheaper)}."
        )
    evidence = next(evidence for evidence in trial.arms if evidence.arm == threshold.arm)
    gain = evidence.net_benefit.estimate if evidence.net_benefit else None
    if threshold.cheaper is None and threshold.assumed > 0.0 and gain is not None and gain + threshold.assumed < 0.0:
        sentences.append(f"{capitalised(named)} is estimated to lose money even if it cost nothing to send {assumed}.")
    return sentences


def _accuracy(protocol: Protocol, trial: TrialEvidence, rules: DecisionRules, threshold: CostThreshold) -> list[str]:
    """By how much another set of redraws may move the costs that rest on these."""
    evidence = next(evidence for evidence in trial.arms if evidence.arm == threshold.arm)
    gain, level = evidence.net_benefit, min(rules.level_of_arms(len(trial.arms)), rules.level_worse)
    found = threshold.dearer is not None or threshold.cheaper is not None
    if not found or gain is None or gain.std_error is None or not leans(gain, level):
        return []
    steps = gain.redrawn.accuracy(level) if isinstance(gain.redrawn, Redrawn) and not gain.redrawn.exact else None
    if steps is None or not isinstance(gain.redrawn, Redrawn):
        return []
    named, amount = approach(protocol.arm(threshold.arm)), _each(max(0.01, steps * gain.std_error))
    return [
        f"What {named} may cost rests on {gain.redrawn.draws:,} redraws; another set of them could move it by about "
        f"{amount} a customer."
    ]


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


def _would_be(protocol: Protocol, verdict: WouldBe) -> str:
    return would_be_in_words(
        verdict, lambda arm: approach(protocol.arm(arm)), doing_nothing(protocol), column_words(protocol)
    )


def _each(amount: float) -> str:
    return pounds(amount, pence=True)

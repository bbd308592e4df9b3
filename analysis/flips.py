"""What would change a verdict: a cost, a scenario, a larger sample. Plain sentences, each with its figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from analysis.intervals import Effect, critical_value
from analysis.net_benefit import own_cost
from analysis.results import Scenario, VerdictCode
from analysis.sentences import approach, change, doing_nothing, each, people
from analysis.verdict import Decided, Evidence, Rules, TrialEvidence, decide
from designs.protocol.models import Protocol

_SCENARIO_WORDS: Mapping[Scenario, str] = {
    "low": "low benefits and high costs",
    "high": "high benefits and low costs",
}
_PENNY = 0.005


def flips(
    protocol: Protocol,
    trial: TrialEvidence,
    rules: Rules,
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
    found = _scenarios(by_scenario, decided.code)
    for evidence in trial.arms:
        found += _cost_flip(protocol, trial, rules, decided, evidence)
    if decided.code in ("not_shown", "scale_segment"):
        for evidence in trial.arms:
            found += _sample(protocol, evidence, rules, len(trial.arms), customers)
    return tuple(found)


def smallest_effect_found(std_error: float, alpha: float, power: float, contrasts: int) -> float:
    """The smallest effect that a contrast with this standard error finds with this power.

    Two-sided ``alpha`` shared by the contrasts, normal approximation.

    Examples:
        >>> round(smallest_effect_found(0.01, 0.05, 0.8, 1), 4)
        0.028
    """
    return (critical_value(alpha / contrasts, None) + critical_value(2.0 * (1.0 - power), None)) * std_error


def break_point(trial: TrialEvidence, rules: Rules, decided: Decided, arm: str) -> float | None:
    """How many more pounds a customer the chosen arm could cost before the verdict changes.

    Found by deciding again with the arm's net benefit moved, to the penny; ``None`` where no cost changes it.
    """
    index = next(i for i, evidence in enumerate(trial.arms) if evidence.arm == arm)

    def holds(extra: float) -> bool:
        moved = _dearer(trial.arms[index], extra)
        arms = (*trial.arms[:index], moved, *trial.arms[index + 1 :])
        again = decide(replace(trial, arms=arms), rules)
        return (again.code, again.arm) == (decided.code, decided.arm)

    net = trial.arms[index].net_benefit
    if net is None or net.estimate is None:
        return None
    low, high = 0.0, max(net.estimate, _PENNY)
    if holds(high):
        return None
    while high - low > _PENNY:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _dearer(evidence: Evidence, extra: float) -> Evidence:
    net = evidence.net_benefit
    if net is None or net.estimate is None:
        return evidence
    moved = Effect(net.estimate - extra, net.std_error, net.df, net.reason)
    return replace(evidence, net_benefit=moved, cost=evidence.cost + extra)


def _scenarios(by_scenario: Mapping[Scenario, VerdictCode], code: VerdictCode) -> list[str]:
    said: Mapping[VerdictCode, str] = {
        "scale": "scale",
        "scale_segment": "scale to a segment only",
        "no_further_action": "no further action is better",
        "not_shown": "not shown to be worth it",
        "invalid": "invalid",
    }
    other = [(scenario, by_scenario[scenario]) for scenario in _SCENARIO_WORDS if scenario in by_scenario]
    changed = [f"With {_SCENARIO_WORDS[s]} the verdict would be: {said[c]}." for s, c in other if c != code]
    if other and not changed:
        return ["The verdict is the same with low and with high costs."]
    return changed


def _cost_flip(
    protocol: Protocol, trial: TrialEvidence, rules: Rules, decided: Decided, evidence: Evidence
) -> list[str]:
    net = evidence.net_benefit
    if net is None or net.estimate is None:
        return []
    arm = protocol.arm(evidence.arm)
    assumed = arm.cost_per_customer.central
    named = approach(arm)
    if decided.code == "scale" and decided.arm == evidence.arm:
        extra = break_point(trial, rules, decided, evidence.arm)
        if extra is None:
            return []
        return [
            f"The verdict holds until {named} costs {each(assumed + extra)} a customer ({each(assumed)} is assumed)."
        ]
    if own_cost(protocol, arm.id, "central") == 0.0 or net.estimate >= 0.0:
        return []
    nil = assumed + net.estimate
    if nil <= 0.0:
        return [f"{_start(named)} would lose money even if it cost nothing to send ({each(assumed)} is assumed)."]
    return [f"{_start(named)} would break even at a cost of {each(nil)} a customer ({each(assumed)} is assumed)."]


def _sample(protocol: Protocol, evidence: Evidence, rules: Rules, arms: int, customers: int) -> list[str]:
    """The sample that would settle an open question, if the truth is what was seen."""
    power, named = protocol.analysis.power, _start(approach(protocol.arm(evidence.arm)))
    primary, nothing = protocol.primary, doing_nothing(protocol)
    effect, net = evidence.effect, evidence.net_benefit
    if not effect.estimable or effect.std_error is None or effect.estimate is None:
        return []
    smallest = smallest_effect_found(effect.std_error, rules.alpha, power, arms)
    wanted = "fewer" if primary.direction == "decrease" else "more"
    size = change(primary, smallest).split()[0]
    found = [
        f"{named}: this trial could have found {size} {wanted} for every 1,000 customers or a larger effect, "
        f"{power:.0%} of the time."
    ]
    needed = [
        (smallest_effect_found(e.std_error, rules.alpha, power, arms) / e.estimate) ** 2
        for e in (effect, net)
        if e is not None and e.estimate is not None and e.std_error is not None and e.estimate > 0.0
    ]
    if len(needed) < 1 + (net is not None):
        why = "its effect" if effect.estimate <= 0.0 else "its gain after costs"
        return [*found, f"{named}: no larger sample is likely to show it beats {nothing}, for {why} is not above zero."]
    if max(needed) <= 1.0 or not math.isfinite(max(needed)):
        return found
    return [
        *found,
        f"{named}: if the truth is what was seen, about {people(math.ceil(max(needed) * customers))} customers in the "
        f"same shares would show it {power:.0%} of the time.",
    ]


def _start(words: str) -> str:
    return words[0].upper() + words[1:]

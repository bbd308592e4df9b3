"""Rules about pounds: what is valued, which sign a figure has, and what it stands for."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.consistency import Breach, reads, repeated
from designs.protocol.errors import KeyPath
from designs.protocol.models import Outcome, Protocol


@reads("outcomes", "decision")
def valued_outcomes_exist(protocol: Protocol) -> Iterator[Breach]:
    decision = protocol.decision
    if decision is None:
        return
    known = {outcome.id: outcome for outcome in protocol.outcomes}
    allowed = tuple(name for name, outcome in known.items() if outcome.kind != "time_to_event")
    for side, valuations in (("benefits", decision.benefits), ("costs", decision.costs)):
        for position, valuation in enumerate(valuations):
            path: KeyPath = ("decision", side, position, "outcome")
            yield from _valued(path, valuation.outcome, known, allowed)
        for position, name in repeated(valuation.outcome for valuation in valuations):
            path = ("decision", side, position, "outcome")
            yield Breach(path, f'"{name}" is valued twice', f"an outcome stands once among the {side}")


def _valued(path: KeyPath, name: str, known: dict[str, Outcome], allowed: tuple[str, ...]) -> Iterator[Breach]:
    if name not in known:
        yield Breach(path, f'"{name}" is not an outcome of this trial', "a value is set on a declared outcome", allowed)
    elif known[name].kind == "time_to_event":
        yield Breach(path, f'"{name}" is time_to_event', "pounds are set on what can be added up", allowed)


@reads("decision")
def decisions_decide(protocol: Protocol) -> Iterator[Breach]:
    decision = protocol.decision
    if decision is None:
        return
    if not decision.benefits and not decision.costs:
        yield Breach(("decision",), "nothing is valued", "a decision values at least one outcome")
    if decision.set_up.high > 0 and decision.roll_out_customers is None:
        rule_text = "set_up is shared over the customers of the roll-out"
        yield Breach(("decision", "roll_out_customers"), "this is missing", rule_text)


@reads("outcomes", "decision")
def gains_are_benefits(protocol: Protocol) -> Iterator[Breach]:
    """Each pound stands on its side, so that a gain is told as one, and as earlier money where it only comes earlier.

    A benefit below zero says that less of the outcome is a gain, and so must the outcome's direction.
    """
    decision = protocol.decision
    if decision is None:
        return
    for position, cost in enumerate(decision.costs):
        path: KeyPath = ("decision", "costs", position)
        if cost.value.low < 0:
            rule_text = "a cost is 0 or more; what is gained is a benefit: give it under benefits, with its money"
            yield Breach((*path, "value"), f"{cost.value.low:g} is a gain", rule_text)
        if cost.money is not None:
            rule_text = "money says what a benefit stands for; a cost is money spent"
            yield Breach((*path, "money"), "a cost has no money", rule_text)
    better = {outcome.id: outcome.direction or "increase" for outcome in protocol.outcomes}
    for position, benefit in enumerate(decision.benefits):
        if benefit.value.low < 0 and better.get(benefit.outcome) == "increase":
            rule_text = (
                f'more of "{benefit.outcome}" is better, so a benefit of it is 0 or more; what it costs is under '
                "costs; where less of it is the gain, its direction is decrease"
            )
            yield Breach(("decision", "benefits", position, "value"), f"{benefit.value.low:g} is a loss", rule_text)


@reads("arms")
def contact_costs_something_or_nothing(protocol: Protocol) -> Iterator[Breach]:
    for position, arm in enumerate(protocol.arms):
        if arm.cost_per_customer.low < 0:
            rule_text = "contact costs 0 or more; what it brings is the benefit of an outcome"
            problem = f"{arm.cost_per_customer.low:g} is a gain"
            yield Breach(("arms", position, "cost_per_customer"), problem, rule_text)


@reads("decision")
def set_up_costs_something_or_nothing(protocol: Protocol) -> Iterator[Breach]:
    if protocol.decision is not None and protocol.decision.set_up.low < 0:
        problem = f"{protocol.decision.set_up.low:g} is a gain"
        yield Breach(("decision", "set_up"), problem, "set-up costs 0 or more")


RULES = (
    valued_outcomes_exist,
    decisions_decide,
    gains_are_benefits,
    contact_costs_something_or_nothing,
    set_up_costs_something_or_nothing,
)

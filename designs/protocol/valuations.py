"""What a plan leaves open about the pounds that it puts on outcomes. Nothing here stops a trial."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.models import Protocol


def open_questions(protocol: Protocol) -> Iterator[str]:
    """What is to be said of each value, where the plan does not say it: what the money is, and why so much."""
    decision = protocol.decision
    if decision is None:
        return
    yield from _break_even(protocol, decision.break_even)
    better = {outcome.id: outcome.direction for outcome in protocol.outcomes}
    for side, valuations in (("benefits", decision.benefits), ("costs", decision.costs)):
        for number, valuation in enumerate(valuations):
            where = f"decision.{side}[{number}]"
            if side == "benefits" and valuation.money is None:
                yield (
                    f"{where}.money: is the money of {valuation.outcome} earlier, extra or cost_saved? Money that "
                    "would have come later is otherwise read as a gain"
                )
            wanted = better.get(valuation.outcome)
            if side == "benefits" and wanted == "decrease" and valuation.value.high > 0:
                yield (
                    f"{where}.value: is more of {valuation.outcome} a gain? Its direction says that less of it is "
                    "better; then its value is below zero, or it is a cost"
                )
            if valuation.because is None:
                yield f"{where}.because: why is {valuation.outcome} worth so many pounds?"


def _break_even(protocol: Protocol, break_even: float | None) -> Iterator[str]:
    """A break-even effect that lets the primary get worse, or that nothing rests on."""
    if break_even is None or protocol.decision is None:
        return
    primary, where = protocol.primary, "decision.break_even"
    if break_even > 0 if primary.better_below_zero else break_even < 0:
        yield (
            f"{where}: may {primary.id} get worse by {abs(break_even):g}? It is in the outcome's own units, arm less "
            f"comparison, so an improvement of {abs(break_even):g} is {-break_even:g}"
        )
    if any(protocol.outcome(valuation.outcome).kind == "amount" for valuation in protocol.decision.benefits):
        yield f"{where}: what is it for? With an amount among the benefits pounds decide, and it decides nothing"

"""What the protocol declares about deciding."""

from __future__ import annotations

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules
from designs.literals import Direction
from designs.protocol.capacity import capacity
from designs.protocol.models import Outcome, Protocol


def rules_of(protocol: Protocol) -> DecisionRules:
    """The rules of a protocol's verdict."""
    break_even = net_benefit.declared_break_even(protocol)
    if break_even is not None and protocol.primary.better_below_zero:
        break_even = -break_even  # declared in the outcome's own units; evidence is signed so that better is above zero
    return DecisionRules(
        alpha=protocol.analysis.alpha,
        multiplicity=protocol.analysis.multiplicity,
        break_even=break_even,
        valued=net_benefit.why_unvalued(protocol) is None,
        guardrails=len(guardrails_of(protocol)),
        capacity=capacity_of(protocol),
    )


def capacity_of(protocol: Protocol) -> bool | None:
    """Whether the extra contact can be handled; ``None`` where it was not tested."""
    return {"enough": True, "not_enough": False, "not_tested": None}[capacity(protocol).finding]


def guardrails_of(protocol: Protocol) -> tuple[Outcome, ...]:
    """The outcomes by which an approach may be shown to do harm."""
    return tuple(outcome for outcome in protocol.outcomes if outcome.role == "guardrail")


def harm_of(guardrail: Outcome) -> Direction:
    """The direction of harm. A guardrail without a direction guards against more of it."""
    return "decrease" if guardrail.direction == "increase" else "increase"

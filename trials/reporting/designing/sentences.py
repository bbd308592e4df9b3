"""What a design comes to, each in a sentence: what the questions say, and its route."""

from __future__ import annotations

from designs.consultation.route import route_of
from designs.suitability.review import review
from trials.registry.records import DesignDetail


def outside_route(detail: DesignDetail) -> str | None:
    """That nobody's approval is asked for, and why; None for a design on its route."""
    if route_of(detail.facts.plan).kind != "outside":
        return None
    return (
        "The plan names no directorate, so nobody's approval is asked for. A trial that is locked so says on every "
        "page that it is outside the route."
    )


def suitability_sentence(detail: DesignDetail) -> str:
    """What the answers to the questions come to."""
    facts = detail.facts
    if facts.plan is None:
        return "The questions are not answered."
    return review(facts.plan, facts.recorded, facts.today, facts.counts).sentence

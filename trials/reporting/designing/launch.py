"""What a design comes to, each in a sentence: when it can be launched, what the questions say, and its route."""

from __future__ import annotations

from analysis.wording.phrases import day
from designs.consultation.route import route_of
from designs.consultation.timeline import timeline
from designs.suitability.review import review
from trials.registry.records import DesignDetail


def earliest_launch(detail: DesignDetail) -> str:
    """The earliest launch, with what it waits for first."""
    facts = detail.facts
    made = timeline(facts.recorded, facts.plan, facts.today)
    names = {row.activity.id: row.activity.name for row in made.rows}
    first = made.critical_path[0] if made.critical_path else None
    waits = f" It waits for: {names[first]}." if first else ""
    return f"Earliest launch: {day(made.end)}.{waits}"


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

"""The way to approval in words: the route, the meetings, the answers as they stand, what is to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analysis.wording.phrases import capitalised, day, listed
from designs.consultation.gateways import gateway_standings, meetings_needed
from designs.consultation.route import route_of
from designs.drafting import judge_draft
from designs.entries import Confirmation
from designs.protocol.canonical import canonical_section
from designs.suitability.editions import edition_of
from designs.suitability.staleness import GATES, unconfirmed
from trials.registry.records import DesignDetail
from trials.reporting.designing.changes import in_words
from trials.reporting.designing.words import clears_in_words

GATEWAY_NAMES: Final[Mapping[Any, str]] = {
    1: "Gateway 1: is the idea worth designing?",
    2: "Gateway 2: is the design ready to go?",
}
_VOID: Final = frozenset({"approval_void", "sign_off_void", "sample_size_void", "override_void", "line_void", "stale"})
_SURE: Final = {"confident": "confident", "in_doubt": "in doubt"}


def steered(detail: DesignDetail) -> bool:
    """Whether it goes to the Campaigns Steering Group."""
    return route_of(detail.facts.plan).kind == "steering_group"


def route_in_words(detail: DesignDetail) -> str:
    """By which route the design is approved, and why."""
    route = route_of(detail.facts.plan)
    if route.kind == "steering_group":
        return f"{route.directorate} takes its approaches to the Campaigns Steering Group, at two gateways."
    if route.kind == "own":
        return f"{route.directorate} approves its approaches by a route of its own."
    return "The plan names no directorate, so nobody's approval is asked for."


def next_meetings(detail: DesignDetail) -> str:
    """The meetings that must still agree, with the day by which each paper is due."""
    needed = meetings_needed(detail.facts.recorded, detail.facts.today)
    if not needed:
        return "No meeting is needed any more."
    meetings = listed([f"{day(each.on)} (paper by {day(each.paper_due)})" for each in needed], "and")
    return f"The earliest meetings that can decide: {meetings}."


def confirmations(detail: DesignDetail) -> dict[Confirmation, str]:
    """The gates for which answers are still to be given again, with how many."""
    facts, plan = detail.facts, detail.facts.plan
    if plan is None or plan.suitability is None or route_of(plan).kind == "outside":
        return {}
    gates = [gate for gate in GATES if steered(detail) or gate != "gateway_1"]
    found: dict[Confirmation, str] = {}
    for gate in gates:
        count = len(unconfirmed(plan, facts.texts, facts.recorded, gate))
        if count:
            name = GATES[gate]
            found[gate] = f"{capitalised(name)}: {count} answers to confirm" if count > 1 else f"{name}: one"
    return found


def answers_in_words(detail: DesignDetail) -> list[tuple[str, str]]:
    """Every question with its answer, its evidence and how sure it is."""
    plan = detail.facts.plan
    if plan is None:
        return []
    answers = detail.revision.draft.document.get("suitability")
    if detail.locked:  # the draft is not what is signed of a locked plan: an amendment may be open
        answers = canonical_section(plan, "suitability", {})
    held = answers if isinstance(answers, Mapping) else {}
    return [(question.asks, _answer(held.get(question.id))) for question in edition_of(plan).questions]


def _answer(answer: Any) -> str:
    if not isinstance(answer, Mapping):
        return "Not answered"
    own = {key: value for key, value in answer.items() if key not in ("evidence", "confidence")}
    words = in_words(own.pop("answer")) if "answer" in own else ""
    more = in_words(own) if own else ""
    sure = _SURE.get(str(answer.get("confidence")), "not said how sure")
    evidence = answer.get("evidence", "none")
    return "\n".join(part for part in (words, more, f"Evidence: {in_words(evidence)}", f"How sure: {sure}") if part)


def open_conditions(detail: DesignDetail) -> dict[tuple[int, int], str]:
    """The conditions that are still to be met, by gateway and number."""
    return {
        (standing.gateway, condition.number): f"Gateway {standing.gateway}, {condition.number}: {condition.text}"
        for standing in gateway_standings(detail.facts.recorded)
        for condition in standing.open_conditions
    }


def void_in_words(detail: DesignDetail) -> list[str]:
    """What was signed, approved, overridden or confirmed and no longer holds, each once, with who clears it."""
    void = dict.fromkeys(each for gate in detail.gates for each in gate.open if each.code in _VOID)
    return [f"{capitalised(each.problem)}. To clear: {clears_in_words(each.clears)}." for each in void]


def plan_digest(detail: DesignDetail) -> str | None:
    """The digest of the plan as it stands, where it is one already."""
    loaded = judge_draft(detail.revision.draft, day=detail.facts.today).loaded
    return None if loaded is None else loaded.digest

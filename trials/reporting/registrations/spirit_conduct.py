"""What SPIRIT 2025 asks of people, oversight and data, from what is on record and what this service always does."""

from __future__ import annotations

from analysis.wording.phrases import day as day_in_words
from designs.consultation.order import line_of
from designs.consultation.route import STEERED, route_of
from designs.consultation.standing import standings
from trials.registry.dossier import Dossier
from trials.reporting.amended import amendment_line
from trials.reporting.proposal.figures import within
from trials.reporting.proposal.people import GRADES, RESPONSES
from trials.reporting.registrations import content


def contributors(dossier: Dossier) -> str | None:
    """The owner and the line; people are named where the line named them."""
    named = [f"Owner: {owner}" for owner in (content.owner(dossier),) if owner is not None]
    named += [f"{GRADES[each.grade]}: {each.signed_by}" for each in line_of(dossier.facts.recorded)]
    return "; ".join(named) or None


def sponsors_part(dossier: Dossier) -> str | None:
    route = route_of(dossier.plan)
    if route.directorate is None:
        return None
    name = STEERED.get(route.directorate, route.directorate)
    by = "the Campaigns Steering Group" if route.kind == "steering_group" else "its own route"
    return f"{name} decides whether the trial goes ahead, by {by}; the analysis follows the locked plan."


def committees(dossier: Dossier) -> str | None:
    """Everybody in the register, with what they said."""
    said = [
        each.name if each.outcome is None or each.responded_on is None
        else f"{each.name} ({RESPONSES[each.outcome].lower()}, {day_in_words(each.responded_on)})"
        for each in standings(dossier.facts.recorded, dossier.facts.today)
        if each.status != "retired"
    ]  # fmt: skip
    return "; ".join(said) or None


def background(dossier: Dossier) -> str | None:
    answers = None if dossier.plan is None else dossier.plan.suitability
    if answers is None:
        return None
    why, how = within(answers.same_reason.evidence), within(answers.message.evidence)
    return f"Why they behave so: {why}. What could influence it: {how}."


def data_management(dossier: Dossier) -> str | None:
    if dossier.population is None:
        return None
    return (
        "Files are checked row by row when they are loaded, with a reason for each row that is not taken; they are "
        "kept by their SHA-256, and no result is given of rows that were changed since."
    )


def monitoring(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.randomisation is None or not dossier.plan.randomised_here:
        return None
    return (
        "Allocation, dispatch and losses are compared by arm at each evaluation, and the whole record can be verified "
        "at any time."
    )


def amendments(dossier: Dossier) -> str | None:
    """How they are made, and those that were."""
    if dossier.plan is None:
        return None
    how = "By two people, with a reason; the plan before is kept, and each result says what was amended after the draw."
    return " ".join((how, *(amendment_line(each) for each in dossier.amendments)))


def confidentiality(dossier: Dossier) -> str | None:
    if dossier.plan is None or dossier.plan.randomisation is None or not dossier.plan.randomised_here:
        return None
    return "Customers' own ids are not kept, only pseudonyms of them, and lists have ids of their own."

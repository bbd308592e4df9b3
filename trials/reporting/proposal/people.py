"""Points of the people: who is involved, who briefs the press, and whose questions it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from analysis.wording.naming import doing_nothing, outcome_label
from analysis.wording.phrases import day as day_in_words
from analysis.wording.phrases import uncapitalised
from designs.consultation.bodies import BODIES, STRATEGY_UNIT
from designs.consultation.order import line_of
from designs.consultation.standing import Standing, standings
from designs.entries import Response
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Missing, Paragraph, Table
from trials.reporting.proposal.customers import comparison_of
from trials.reporting.proposal.figures import with_evidence
from trials.reporting.proposal.idea import DESIGNER

RESPONSES: Final[Mapping[Response, str]] = {
    "agreed": "Agreed",
    "agreed_with_conditions": "Agreed with conditions",
    "no_comment": "No comment",
    "objected": "Objected",
}
GRADES: Final = {"grade_7": "The sponsor at grade 7", "deputy_director": "The deputy director"}
_COMMUNICATIONS: Final = "communications"


def stakeholders(dossier: Dossier) -> tuple[Block, ...]:
    """Point 10: the line, those who must be involved, and others, each with where it stands."""
    recorded = dossier.facts.recorded
    line = line_of(recorded)
    register = standings(recorded, dossier.facts.today)
    blocks: list[Block] = []
    if line:
        signed = tuple((GRADES[each.grade], each.signed_by, day_in_words(each.on)) for each in line)
        blocks.append(Table("The directorate's own line", ("Who", "Signed by", "On"), signed, widths=(2, 3, 2)))
    else:
        blocks.append(Missing("Nobody of the directorate's own line has signed.", "the sponsor at grade 7"))
    if register:
        headers = ("Who", "Must be involved", "Asked", "What they said")
        rows = tuple((each.name, "Yes" if each.must_involve else "No", _asked(each), _said(each)) for each in register)
        blocks.append(Table("Who is involved, inside and outside", headers, rows, widths=(6, 3, 4, 7)))
    else:
        blocks.append(Missing("Nobody is in the register of those whose input is needed.", DESIGNER))
    absent = [body.name for body in BODIES.bodies if body.id not in {each.body for each in register}]
    if register and absent:
        blocks.append(Missing(f"Not in the register, and to be involved: {'; '.join(absent)}.", DESIGNER))
    return tuple(blocks)


def _asked(standing: Standing) -> str:
    return "Not asked" if standing.asked_on is None else day_in_words(standing.asked_on)


def _said(standing: Standing) -> str:
    if standing.status == "retired":
        return f"No longer involved: {standing.retired_because}"
    if standing.status == "asked":
        late = f", needed by {day_in_words(standing.needed_by)}" if standing.late else ""
        return f"No answer yet{late}"
    if standing.status == "not_asked":
        return f"Needed by {day_in_words(standing.needed_by)}"
    return " ".join(_answer(standing))


def _answer(standing: Standing) -> Iterator[str]:
    if standing.outcome is not None and standing.responded_on is not None:
        yield f"{RESPONSES[standing.outcome]}, {day_in_words(standing.responded_on)}."
    if standing.note is not None:
        yield standing.note


def _one(dossier: Dossier, body: str) -> Standing | None:
    register = standings(dossier.facts.recorded, dossier.facts.today)
    return next((each for each in register if each.body == body), None)


def press(dossier: Dossier) -> tuple[Block, ...]:
    """Point 11: what communications colleagues say of the briefing of press and colleagues."""
    return _of_body(dossier, _COMMUNICATIONS)


def _of_body(dossier: Dossier, body: str) -> tuple[Block, ...]:
    required, standing = BODIES.find(body), _one(dossier, body)
    assert required is not None
    asked = Paragraph(f"{required.name} is asked: {required.asked}")
    if standing is None or standing.asked_on is None:
        return (asked, Missing(f"{required.name} was not asked.", DESIGNER))
    if standing.status != "responded":
        said = f"{required.name} was asked on {day_in_words(standing.asked_on)}, and has not answered."
        return (asked, Missing(said, required.name))
    return (asked, Paragraph(f"Answer: {' '.join(_answer(standing))}"))


def compliance_questions(dossier: Dossier) -> tuple[Block, ...]:
    """Point 12: what the trial settles, the risk that it answers, and what the Strategy Unit says of it."""
    plan = dossier.plan
    blocks: list[Block] = []
    comparison = None if plan is None else comparison_of(plan)
    primary = None if plan is None else next((each for each in plan.outcomes or () if each.role == "primary"), None)
    if plan is not None and primary is not None and comparison is not None:
        blocks.append(
            Paragraph(
                f"The trial settles which approach changes this: {uncapitalised(outcome_label(primary))}, compared "
                f"with {doing_nothing(plan)}, and whether that is worth its cost."
            )
        )
    risk = None if plan is None or plan.suitability is None else plan.suitability.risk_plan
    if risk is not None:
        blocks.append(Paragraph(f"The risk plan: {with_evidence('risk_plan', risk.answer, risk.evidence)}"))
    return (*blocks, *_of_body(dossier, STRATEGY_UNIT))

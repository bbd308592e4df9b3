"""What stands behind a proposal: the answers on suitability, and what is still open before each gate."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.wording.numbers import count
from analysis.wording.phrases import capitalised
from analysis.wording.phrases import day as day_in_words
from designs.entries import LockedOutside
from designs.finding import Open
from designs.gates import gates_of
from designs.suitability.doubts import overrides
from designs.suitability.editions import edition_of
from trials.registry.dossier import Dossier
from trials.reporting.designing.words import clears_in_words
from trials.reporting.papers import Block, Bullets, Missing, Paragraph, Section, Table
from trials.reporting.proposal.figures import answer_in_words
from trials.reporting.proposal.idea import DESIGNER


def annexes(dossier: Dossier) -> Iterator[Section]:
    """Both of them, in order."""
    yield Section("Annex A. Is one-to-many the right approach?", tuple(_answers(dossier)))
    yield Section("Annex B. What is still open", tuple(_open(dossier)))


def _answers(dossier: Dossier) -> Iterator[Block]:
    plan = dossier.plan
    if plan is None or plan.suitability is None:
        yield Missing("The questions of suitability are not answered.", DESIGNER)
        return
    edition = edition_of(plan)
    rows = []
    for question in edition.questions:
        answer = getattr(plan.suitability, question.id, None)
        if answer is None:
            yield Missing(f"Not answered: {question.asks}", DESIGNER)
            continue
        said = answer_in_words(question.id, answer.answer) or "In figures, under point 4"
        sure = "Confident" if answer.confidence == "confident" else "In doubt"
        rows.append((question.asks, capitalised(said), capitalised(answer.evidence), sure))
    headers = ("Question", "Answer", "Evidence", "How sure")
    yield Table(f"The questions of {edition.source}", headers, tuple(rows), widths=(5, 5, 5, 2))
    for name, record in overrides(plan, dossier.facts.recorded).items():
        reason = getattr(record.entry, "reason", "")
        yield Paragraph(
            f"The doubt about \u201c{edition.question(name).asks}\u201d was overridden on "
            f"{day_in_words(record.entry.on)} by {record.by}, because: {reason}"
        )


def _open(dossier: Dossier) -> Iterator[Block]:
    if dossier.lock is not None:
        yield from _at_the_lock(dossier)
        return
    alike: dict[tuple[str, str, str, str], list[Open]] = {}
    for gate in gates_of(dossier.facts):
        for each in gate.blocking:
            alike.setdefault((gate.name, each.code, each.remedy, each.clears), []).append(each)
    if not alike:
        yield Paragraph("Nothing stands in the way of any gate.")
        return
    rows = tuple(
        (
            capitalised(gate.replace("_", " ")),
            _problem(found),
            capitalised(remedy),
            capitalised(clears_in_words(clears)),
        )
        for (gate, _, remedy, clears), found in alike.items()
    )
    yield Table(
        "What stands in the way, and who clears it", ("Gate", "What", "To do", "Who"), rows, widths=(2, 6, 5, 3)
    )


def _problem(found: list[Open]) -> str:
    more = f" (and {count(len(found) - 1)} more of this kind)" if len(found) > 1 else ""
    return f"{capitalised(found[0].problem)}{more}"


def _at_the_lock(dossier: Dossier) -> Iterator[Block]:
    """What was open when the plan was locked: nothing on its route, and what an administrator let past."""
    if dossier.outside is None:
        yield Paragraph("The plan is locked, and passed every gate of its route.")
        return
    yield Paragraph(f"The plan is locked outside the route of approval: {dossier.outside}")
    left = [
        line for each in dossier.facts.recorded if isinstance(each.entry, LockedOutside) for line in each.entry.open
    ]
    if left:
        yield Paragraph("This was open when it was locked:")
        yield Bullets(tuple(capitalised(line) for line in left))

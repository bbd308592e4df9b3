"""The fourteen points of a proposal (Compliance Handbook CH600330), each filled from what is on record.

A point that the record does not fill says so and names who fills it: nothing is written that nobody recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from analysis.wording.numbers import count
from analysis.wording.phrases import day as day_in_words
from analysis.wording.phrases import listed
from designs.consultation.route import STEERED, Route, route_of
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Paper, Paragraph, Section, Table
from trials.reporting.proposal.annexes import annexes
from trials.reporting.proposal.approach import how_customers_are_told, how_it_works, resource
from trials.reporting.proposal.became import became
from trials.reporting.proposal.customers import control_group, customers
from trials.reporting.proposal.days import consultation, milestones
from trials.reporting.proposal.evaluation import evaluation
from trials.reporting.proposal.idea import hypothesis, promote_prevent_respond, purpose, trial_or_established
from trials.reporting.proposal.people import compliance_questions, press, stakeholders

POINTS: Final[tuple[tuple[str, Callable[[Dossier], tuple[Block, ...]]], ...]] = (
    ("Purpose", purpose),
    ("Promote, prevent or respond", promote_prevent_respond),
    ("Which customers, how many, and whether it could grow", customers),
    ("Resource", resource),
    ("A trial, or an established approach", trial_or_established),
    ("Hypothesis", hypothesis),
    ("Control group", control_group),
    ("How it works", how_it_works),
    ("How customers are told", how_customers_are_told),
    ("Stakeholders, inside and outside", stakeholders),
    ("Press and communications", press),
    ("Which strategic compliance questions it answers", compliance_questions),
    ("How it will be evaluated", evaluation),
    ("Milestones", milestones),
)
"""What each point asks for, in the handbook's order, and what fills it."""

SYNTHETIC: Final = "Synthetic data: these customers are invented."


def proposal_paper(dossier: Dossier) -> Paper:
    """A design's paper for those who approve it."""
    plan = dossier.plan
    title = dossier.trial if plan is None or plan.title is None else plan.title
    points = tuple(Section(f"{number}. {name}", fill(dossier)) for number, (name, fill) in enumerate(POINTS, 1))
    return Paper(
        title=title,
        subtitle=_subtitle(route_of(plan)),
        author=None if plan is None else plan.owner,
        banner=SYNTHETIC if dossier.synthetic else None,
        footer=f"{dossier.trial}, {day_in_words(dossier.facts.today)}",
        notices=tuple(_notices(dossier, points)),
        opening=(_opening(dossier), Paragraph(f"Digest of the plan: {dossier.digest}")),
        sections=(*points, *annexes(dossier)),
    )


def _subtitle(route: Route) -> str:
    if route.kind == "steering_group":
        return "Proposal of a one-to-many approach, for the Campaigns Steering Group"
    return "Proposal of a one-to-many approach"


def _notices(dossier: Dossier, points: tuple[Section, ...]) -> Iterator[str]:
    yield from became(dossier)
    lacking = [str(number) for number, point in enumerate(points, 1) if point.missing]
    if lacking:
        word = "Point" if len(lacking) == 1 else "Points"
        verb = "is" if len(lacking) == 1 else "are"
        yield f"{word} {listed(lacking)} {verb} not filled in full; what is missing is said there, and who fills it."


def _opening(dossier: Dossier) -> Table:
    plan, route = dossier.plan, route_of(dossier.plan)
    rows = [("Trial", dossier.trial)]
    if plan is not None and plan.owner is not None:
        rows.append(("Owner", plan.owner))
    rows.append(("Directorate", _directorate(route)))
    rows.append(("Route of approval", _route(route)))
    if dossier.customers is not None:
        rows.append(("Customers", count(dossier.customers)))
    rows.append(("The plan", _version(dossier)))
    if dossier.lock is None and route.kind != "outside":
        rows.append(("Earliest launch", day_in_words(consultation(dossier).timeline.end)))
    rows.append(("Date of this paper", day_in_words(dossier.facts.today)))
    return Table("At a glance", ("What", "As recorded"), tuple(rows), widths=(1, 3))


def _directorate(route: Route) -> str:
    if route.directorate is None:
        return "None named"
    return STEERED.get(route.directorate, route.directorate)


def _route(route: Route) -> str:
    if route.kind == "steering_group":
        return "Campaigns Steering Group, two gateways"
    return "The directorate's own" if route.kind == "own" else "None, for no directorate is named"


def _version(dossier: Dossier) -> str:
    if dossier.revision is not None:
        return f"Draft, revision {dossier.revision}"
    return f"Registered, version {dossier.version}, {'not locked' if dossier.lock is None else 'locked'}"

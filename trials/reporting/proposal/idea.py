"""Points of the idea: what it is for, which way it works, why a trial, what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.wording.phrases import capitalised
from designs.literals import RandomisationMethod
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Bullets, Missing, Paragraph, Table
from trials.reporting.proposal.figures import with_evidence

DESIGNER: Final = "the designer"

PURPOSES: Final[Mapping[str, str]] = {
    "promote": "Promote: it helps customers to get things right, before anything has gone wrong.",
    "prevent": "Prevent: it keeps customers from getting wrong what many get wrong.",
    "respond": "Respond: it answers something that has gone wrong already.",
}
METHODS: Final[Mapping[RandomisationMethod, str]] = {
    "simple": "each customer is assigned by chance on their own",
    "complete": "customers are assigned by chance in exact numbers",
    "matched_pairs": "customers who are alike are paired, and chance decides within each pair",
    "rerandomised": "customers are assigned by chance, again until the arms are alike by a rule set beforehand",
    "saturation": "groups are assigned by chance to how many of their customers are contacted, and then customers",
    "factorial": "customers are assigned by chance to every combination of the factors",
    "external": "customers were assigned by chance elsewhere",
}


def purpose(dossier: Dossier) -> tuple[Block, ...]:
    """Point 1: whose behaviour is to change, in what, by when, and where that is seen."""
    plan = dossier.plan
    if plan is None or plan.behaviour is None:
        return (Missing("It is not said who is to do what, by when, and where that is seen.", DESIGNER),)
    behaviour = plan.behaviour
    rows = [("Whose behaviour", capitalised(behaviour.who)), ("What they are to do", capitalised(behaviour.action))]
    if behaviour.by_day is not None:
        rows.append(("By when", f"Day {behaviour.by_day} after they are contacted"))
    rows.append(("Where it is seen", capitalised(behaviour.observed_in)))
    return (Table("The behaviour that is to change", ("What", "As the plan says it"), tuple(rows), widths=(1, 3)),)


def promote_prevent_respond(dossier: Dossier) -> tuple[Block, ...]:
    """Point 2: which of the three it is."""
    plan = dossier.plan
    if plan is None or plan.purpose is None:
        return (Missing("It is not said whether it promotes, prevents or responds.", DESIGNER),)
    return (Paragraph(PURPOSES[plan.purpose]),)


def trial_or_established(dossier: Dossier) -> tuple[Block, ...]:
    """Point 5: that it is a trial, how customers are assigned, and what else was considered."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None:
        return (Missing("It is not said how customers are assigned, so that nobody knows a trial from it.", DESIGNER),)
    blocks: list[Block] = [
        Paragraph(
            f"A trial, and no established approach: {METHODS[plan.randomisation.method]}. Whether any of it is used "
            "for more customers is decided on what the trial shows."
        )
    ]
    if plan.alternatives:
        rows = tuple((capitalised(each.option), capitalised(each.reason)) for each in plan.alternatives)
        blocks.append(Table("What else was considered", ("Instead", "What was said of it"), rows, widths=(2, 3)))
    else:
        blocks.append(Missing("No alternative was considered.", DESIGNER))
    return tuple(blocks)


def hypothesis(dossier: Dossier) -> tuple[Block, ...]:
    """Point 6: what is expected to happen, and why."""
    plan = dossier.plan
    if plan is None or plan.hypothesis is None:
        return (Missing("There is no hypothesis.", DESIGNER),)
    blocks: list[Block] = [Paragraph(plan.hypothesis)]
    answers = plan.suitability
    if answers is not None:
        same = {"yes": "yes", "no": "no, and the reasons are told apart", "unknown": "that is not known"}
        reason, message = answers.same_reason, answers.message
        influence = with_evidence("message", message.answer, message.evidence)
        blocks.append(
            Bullets(
                (
                    "Do all of them behave so for the same reason? "
                    f"{capitalised(with_evidence('same_reason', same[reason.answer], reason.evidence))}",
                    f"What could influence it? {capitalised(influence)}",
                )
            )
        )
    return tuple(blocks)

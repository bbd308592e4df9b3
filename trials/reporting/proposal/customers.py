"""Points of the customers: who takes part and how many, and who is left as they are for comparison."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.wording.numbers import count, percentage
from analysis.wording.phrases import capitalised
from analysis.wording.phrases import day as day_in_words
from designs.protocol import Protocol
from designs.protocol.conditions import describe
from designs.protocol.models import Arm
from designs.protocol.shares import shares_of_everybody
from designs.protocol.words import column_words
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Bullets, Missing, Paragraph, Table
from trials.reporting.proposal.figures import with_evidence
from trials.reporting.proposal.idea import DESIGNER


def comparison_of(plan: Protocol) -> Arm | None:
    """The arm that every other is compared with; None while a draft has none."""
    arms = plan.arms or ()
    return next((arm for kind in ("nfa", "bau") for arm in arms if arm.kind == kind), None)


def shares_of(plan: Protocol) -> dict[str, float]:
    """The share of all customers that each arm is to get, by its id; empty while that does not follow."""
    if not plan.arms or plan.randomisation is None or comparison_of(plan) is None:
        return {}
    return shares_of_everybody(plan)


def customers(dossier: Dossier) -> tuple[Block, ...]:
    """Point 3: who takes part, how many there are, and to how many it could grow."""
    plan = dossier.plan
    if plan is None or plan.population is None:
        return (Missing("It is not said which customers take part.", DESIGNER),)
    return (*_rules(plan), *_counts(dossier, plan), *_growth(plan))


def _rules(plan: Protocol) -> Iterator[Block]:
    words, population = column_words(plan), plan.population
    within = tuple(capitalised(describe(condition, words)) for condition in population.where)
    if plan.behaviour is not None:
        yield Paragraph(f"{capitalised(plan.behaviour.who)}.")
    if within:
        yield Paragraph("Of those who are loaded, those take part for whom all of this holds:")
        yield Bullets(within)
    if plan.left_out:
        rows = tuple(
            (" and ".join(capitalised(describe(each, words)) for each in left.conditions), capitalised(left.reason))
            for left in plan.left_out
        )
        yield Table("Who is left out", ("Customers", "Why"), rows, widths=(1, 1))


def _counts(dossier: Dossier, plan: Protocol) -> Iterator[Block]:
    population, lock = dossier.population, dossier.lock
    expected = plan.suitability.customers if plan.suitability is not None else None
    if population is not None:
        loaded = f"{count(population.loaded)} customers were loaded"
        if plan.clock is None:  # invented time knows no day of a load
            loaded += f" on {day_in_words(population.loaded_at.date())}"
        if lock is None:
            yield Paragraph(f"{loaded}. How many of them take part is counted when the plan is locked.")
        else:
            yield Paragraph(f"{loaded}, of whom {count(lock.eligible)} take part.")
            if lock.exclusions:
                rows = [("Loaded", count(population.loaded))]
                rows += [(_left_out(each.reason), count(each.customers)) for each in lock.exclusions]
                rows.append(("Take part", count(lock.eligible)))
                yield Table(
                    "How many take part", ("Step", "Customers"), tuple(rows), numeric=frozenset({1}), widths=(4, 1)
                )
    elif expected is not None:
        yield Paragraph("No customers are loaded yet; this is how many are expected.")
    else:
        yield Missing("Nobody has counted them.", DESIGNER)
    if expected is not None:
        said = with_evidence("customers", expected.answer, expected.evidence)
        yield Paragraph(f"Expected by the proposal: {said}")


def _left_out(reason: str) -> str:
    return f"Left out: not {reason.removeprefix('not: ')}" if reason.startswith("not: ") else f"Left out: {reason}"


def _growth(plan: Protocol) -> Iterator[Block]:
    planned = plan.decision.roll_out_customers if plan.decision is not None else None
    if planned is None:
        yield Missing("It is not said to how many customers it could grow.", DESIGNER)
    else:
        yield Paragraph(f"It could grow: if an approach is scaled, to {count(planned)} customers.")


def control_group(dossier: Dossier) -> tuple[Block, ...]:
    """Point 7: who is left as they are, how many, and what goes on for them."""
    plan = dossier.plan
    comparison = None if plan is None else comparison_of(plan)
    if plan is None or comparison is None:
        return (Missing("There is no control group.", DESIGNER),)
    nothing = comparison.kind == "nfa"
    share = shares_of(plan).get(comparison.id)
    size = "" if share is None else f", {percentage(share)} of all customers"
    if share is not None and dossier.customers is not None:
        size += f" (about {count(share * dossier.customers)})"
    gets = (
        "They are not contacted. Statutory notices, penalties and ordinary pursuit go on for them as for everybody."
        if nothing
        else "They get what customers get today."
    )
    blocks: list[Block] = [Paragraph(f"{comparison.label}{size}. {gets}")]
    if plan.nfa_waived is not None:
        blocks.append(Paragraph(f"No group gets no further action, because: {plan.nfa_waived}"))
    held = None if plan.randomisation is None else plan.randomisation.hold_out
    if held is not None:
        blocks.append(Paragraph(f"{percentage(held)} are kept on no further action for the long run."))
    return tuple(blocks)

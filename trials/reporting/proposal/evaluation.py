"""Point 13: what is measured, how it is judged, whether the trial is large enough, and what decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.planning.power import PowerRow
from analysis.planning.power import plan as power_of
from analysis.wording.better import what_is_better
from analysis.wording.naming import outcome_label
from analysis.wording.numbers import count, decimal, percentage, points
from analysis.wording.phrases import capitalised
from analysis.wording.phrases import day as day_in_words
from designs.gates import size_sign_off
from designs.literals import Adjustment, Multiplicity
from designs.protocol import Protocol
from designs.protocol.models import Outcome
from designs.protocol.words import column_words
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Bullets, Missing, Paragraph, Table
from trials.reporting.proposal.customers import shares_of
from trials.reporting.proposal.figures import pounds_between
from trials.reporting.proposal.idea import DESIGNER
from trials.reporting.words.vocabulary import ROLES

ADJUSTMENTS: Final[dict[Adjustment, str]] = {
    "none": "the difference in means",
    "additive": "a regression that adjusts for what was known before",
    "lin": "a regression with centred covariates and their interactions with the arms (Lin)",
}
MULTIPLICITIES: Final[dict[Multiplicity, str]] = {
    "none": "no adjustment for several comparisons",
    "holm": "Holm's adjustment for several comparisons",
    "bonferroni": "Bonferroni's adjustment for several comparisons",
    "benjamini_hochberg": "the false discovery rate held (Benjamini and Hochberg)",
    "dunnett": "Dunnett's adjustment for several comparisons with one",
}


def evaluation(dossier: Dossier) -> tuple[Block, ...]:
    """Everything that is settled before the start about how its impact is measured."""
    plan = dossier.plan
    if plan is None or not plan.outcomes:
        return (Missing("It is not said what is measured.", DESIGNER),)
    if not any(outcome.role == "primary" for outcome in plan.outcomes):
        return (_outcomes(plan), Missing("No outcome is the primary one.", DESIGNER))
    return (_outcomes(plan), *_analysis(plan), *_size(dossier, plan), *_decision(plan))


def _outcomes(plan: Protocol) -> Table:
    rows = tuple((ROLES[each.role], what_is_better(each), _when(each)) for each in plan.outcomes)
    return Table("What is measured", ("Role", "Outcome", "Counted"), rows, widths=(2, 7, 3))


def _when(outcome: Outcome) -> str:
    if outcome.kind == "time_to_event":
        return "To the last day" if outcome.horizon is None else f"To day {outcome.horizon:g}"
    return "No day set" if outcome.day is None else f"By day {outcome.day}"


def _analysis(plan: Protocol) -> Iterator[Block]:
    analysis = plan.analysis
    if analysis is None:
        yield Missing("It is not said how the data will be read.", DESIGNER)
        return
    words = column_words(plan)
    said = [
        f"Everyone assigned is counted, in the arm that they were assigned to: {ADJUSTMENTS[analysis.adjustment]}, "
        f"standard errors {analysis.standard_errors}.",
        f"Error {percentage(analysis.alpha)}, power {percentage(analysis.power)}, with "
        f"{MULTIPLICITIES[analysis.multiplicity]}.",
    ]
    if analysis.covariates:
        names = ", ".join(words.column(each.column).replace("_", " ") for each in analysis.covariates)
        said.append(f"Known before and adjusted for: {names}.")
    if analysis.subgroups:
        names = ", ".join(words.column(each.column).replace("_", " ") for each in analysis.subgroups)
        said.append(f"Segments that may have a finding of their own: {names}.")
    if analysis.looks is not None:
        shares = ", ".join(percentage(fraction) for fraction in analysis.looks.fractions)
        may = "harm alone" if analysis.looks.may == "harm" else "harm and benefit"
        said.append(f"Looks before the end, at {shares} of customers, for {may}.")
    else:
        said.append("Nobody looks at effects before everything is due.")
    yield Bullets(tuple(said))


def _size(dossier: Dossier, plan: Protocol) -> Iterator[Block]:
    if plan.population is None or plan.analysis is None or not shares_of(plan):
        yield Missing("The size of the sample does not follow yet.", DESIGNER)
        return
    primary = plan.primary
    rows = [row for row in power_of(plan, dossier.customers) if row.outcome == primary.id]
    sized = [row for row in rows if row.n_per_arm is not None or row.minimum_detectable_effect is not None]
    if sized:
        headers = ("Approach", "Needed in it", "Expected in it", "Power", "Smallest effect it could find")
        cells = tuple(_sized(plan, primary, row) for row in sized)
        caption = f"Is it large enough? {outcome_label(primary)}"
        yield Table(caption, headers, cells, numeric=frozenset({1, 2, 3, 4}), widths=(5, 3, 3, 2, 4))
    else:
        reasons = dict.fromkeys(row.reason for row in rows if row.reason)
        yield Missing(
            f"The size of the sample does not follow: {'; '.join(reasons) or 'no arm is compared'}.", DESIGNER
        )
    yield _signed(dossier, plan)


def _sized(plan: Protocol, primary: Outcome, row: PowerRow) -> tuple[str, ...]:
    unknown = "Not known"
    effect = row.minimum_detectable_effect
    return (
        plan.arm(row.arm).label,
        unknown if row.n_per_arm is None else count(row.n_per_arm),
        unknown if row.expected_in_arm is None else count(row.expected_in_arm),
        unknown if row.power is None else percentage(row.power),
        unknown
        if effect is None
        else points(effect)
        if primary.effect_in == "share"
        else decimal(effect, 2, sign=True),
    )


def _signed(dossier: Dossier, plan: Protocol) -> Block:
    found = size_sign_off(plan, dossier.facts.recorded, dossier.facts.customers)
    if found.signed is None:
        return Missing("KAI has not signed that the sample is large enough.", "KAI")
    on = day_in_words(found.signed.on)
    if found.state == "stands":
        return Paragraph(f"KAI signed the sample on {on} ({found.signed.signed_by}).")
    if found.state == "incomplete":
        return Missing(f"KAI signed the sample on {on}, and did not say that it is large enough.", "KAI")
    why = "other customers take part now" if found.state == "fewer" else "what its size follows from has changed since"
    return Missing(f"KAI signed the sample on {on}; {why}.", "KAI")


def _decision(plan: Protocol) -> Iterator[Block]:
    decision = plan.decision
    if decision is None:
        yield Missing("It is not said what an outcome is worth, so that no approach can be worth its cost.", DESIGNER)
        return
    labels = {outcome.id: outcome_label(outcome) for outcome in plan.outcomes}
    rows = [
        (kind, labels.get(each.outcome, each.outcome), pounds_between(each.value), capitalised(each.because or ""))
        for kind, valuations in (("Gain", decision.benefits), ("Cost", decision.costs))
        for each in valuations
    ]
    if rows:
        headers = ("Kind", "One more of", "Pounds", "Because")
        yield Table("What outcomes are worth", headers, tuple(rows), widths=(1, 4, 4, 4))
    if decision.break_even is not None:
        kind = plan.primary.effect_in
        amount = points(decision.break_even) if kind == "share" else decimal(decision.break_even, 2)
        yield Paragraph(f"The smallest effect that is worth its cost: {amount}.")
    yield Paragraph(
        "Success, named beforehand: an approach is used for more customers only if it is shown to change the primary "
        "outcome, and to gain money after all costs, with no guardrail crossed. If that is not shown, no further "
        "action is taken with these customers."
    )

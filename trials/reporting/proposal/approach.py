"""Points of the approach: what it needs, how it works, and what customers are told."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.wording.numbers import count, percentage
from analysis.wording.phrases import capitalised, listed
from analysis.wording.phrases import day as day_in_words
from designs.protocol import Protocol
from designs.protocol.conditions import describe
from designs.protocol.models import Arm, Exclusion
from designs.protocol.words import ColumnWords, column_words
from designs.variants.checklists import NAMES as BODIES
from designs.variants.review import TextReview, review_texts
from designs.variants.sign_offs import LANGUAGES, SignOff
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Missing, Paragraph, Table
from trials.reporting.proposal.customers import shares_of
from trials.reporting.proposal.figures import pounds_between, with_evidence, within
from trials.reporting.proposal.idea import DESIGNER, METHODS
from trials.reporting.words.vocabulary import CHANNELS


def resource(dossier: Dossier) -> tuple[Block, ...]:
    """Point 4: what it costs to administer and in tax, and what colleagues are to expect."""
    plan = dossier.plan
    if plan is None:
        return (Missing("There is no plan that it would follow from.", DESIGNER),)
    answers = plan.suitability
    blocks: list[Block] = []
    rows = [] if plan.decision is None else [("Set-up", pounds_between(plan.decision.set_up))]
    rows += [
        (f"{arm.label}, each customer", pounds_between(arm.cost_per_customer))
        for arm in plan.arms or ()
        if arm.kind != "nfa"
    ]
    if answers is not None:
        rows.append(("To administer, in all", pounds_between(answers.cost.administration)))
        rows.append(("Direct loss to the Exchequer", pounds_between(answers.cost.exchequer_loss)))
    if rows:
        caption = "What it costs the department: the central figure, then low to high"
        blocks.append(Table(caption, ("For what", "Pounds"), tuple(rows), widths=(1, 1)))
    if answers is None:
        blocks.append(Missing("It is not said what it costs in all, or what colleagues are to expect.", DESIGNER))
        return tuple(blocks)
    blocks.append(Paragraph(f"Evidence of the cost: {within(answers.cost.evidence)}."))
    contact = with_evidence("operations", answers.operations.answer, answers.operations.evidence)
    blocks.append(Paragraph(f"Operational colleagues: {contact}"))
    followed = answers.follow_up
    blocks.append(Paragraph(f"Follow-up: {with_evidence('follow_up', followed.answer, followed.evidence)}"))
    if followed.plan is not None:
        blocks.append(
            Paragraph(
                f"{followed.plan.owner} follows up from {day_in_words(followed.plan.starts_on)}, "
                f"{count(followed.plan.capacity_per_month)} customers a month: {followed.plan.rule}"
            )
        )
    return tuple(blocks)


def how_it_works(dossier: Dossier) -> tuple[Block, ...]:
    """Point 8: what is done to whom, how customers come to it, and when."""
    plan = dossier.plan
    if plan is None or not plan.arms:
        return (Missing("It is not said what is done to customers.", DESIGNER),)
    shares, words = shares_of(plan), column_words(plan)
    rows = tuple(_arm(arm, shares.get(arm.id), words) for arm in plan.arms)
    headers = ("What customers get", "Channel", "Technique", "Share", "Not for")
    blocks: list[Block] = [Table("What is done to whom", headers, rows, numeric=frozenset({3}), widths=(6, 3, 5, 3, 6))]
    return (*blocks, *_assignment(plan), *_issue(plan))


def _arm(arm: Arm, share: float | None, words: ColumnWords) -> tuple[str, ...]:
    channel = CHANNELS[arm.channel] if arm.channel is not None else "None"
    return (
        arm.label,
        channel,
        "None" if arm.technique is None else capitalised(arm.technique),
        "Not set" if share is None else percentage(share),
        "; ".join(_left_out(each, words) for each in arm.not_for) or "Nobody",
    )


def _left_out(exclusion: Exclusion, words: ColumnWords) -> str:
    who = " and ".join(capitalised(describe(each, words)) for each in exclusion.conditions)
    return f"{who} ({exclusion.reason})"


def _assignment(plan: Protocol) -> Iterator[Block]:
    scheme = plan.randomisation
    if scheme is None:
        yield Missing("It is not said how customers come to what they get.", DESIGNER)
        return
    words = column_words(plan)
    said = f"How they come to it: {METHODS[scheme.method]}"
    if scheme.strata:
        said += f", separately by {listed([words.column(column).replace('_', ' ') for column in scheme.strata])}"
    if plan.population is not None and plan.cluster is not None:
        said += f"; those of one {words.column(plan.cluster).replace('_', ' ')} together"
    yield Paragraph(f"{said}.")
    if plan.population is not None and plan.population.cooling_off_days is not None:
        yield Paragraph(
            f"Nobody takes part who was contacted in another such trial within {plan.population.cooling_off_days} days."
        )


def _issue(plan: Protocol) -> Iterator[Block]:
    scheme = plan.randomisation
    if scheme is not None and scheme.batches is not None:
        rows = tuple((batch, day_in_words(day)) for batch, day in scheme.batches.issue_on.items())
        yield Table("When it is sent", ("Batch", "Day"), rows, widths=(1, 2))
    elif scheme is not None and scheme.waves:
        rows = tuple((wave.id, day_in_words(wave.issue_on)) for wave in scheme.waves)
        yield Table("When it is sent", ("Wave", "Day"), rows, widths=(1, 2))
    if plan.campaign is not None:
        yield Paragraph(f"Worked by {plan.campaign.dmtc_site} (calls) and {plan.campaign.dto} (clerical work).")


def how_customers_are_told(dossier: Dossier) -> tuple[Block, ...]:
    """Point 9: which texts there are, how they read, and who has signed them as they are now."""
    plan, facts = dossier.plan, dossier.facts
    if plan is None or not plan.arms:
        return (Missing("It is not said what customers are sent.", DESIGNER),)
    if not any(arm.kind == "otm" for arm in plan.arms):
        return (Missing("No approach of the plan tells customers anything.", DESIGNER),)
    texts = review_texts(plan, facts.contents_by_name, facts.versions, facts.recorded).texts
    versions = {subject: had[-1].digest for subject, had in facts.versions.items() if had}
    rows = tuple(_text(text, versions) for text in texts if text.text.name is not None)
    blocks: list[Block] = []
    if rows:
        headers = ("Text", "Language", "Version", "Reading age", *BODIES.values())
        caption = "What customers are told: each text as it is now, and who has signed it"
        blocks.append(Table(caption, headers, rows, widths=(6, 3, 4, 3, 4, 4, 4)))
    blocks += [Missing(f"There is no text for {text.text.arm}.", DESIGNER) for text in texts if text.text.name is None]
    numbers = {arm.label: arm.contact_number for arm in plan.arms if arm.contact_number is not None}
    if numbers:
        rows = tuple(numbers.items())
        blocks.append(Table("Where customers can ring", ("Approach", "Number"), rows, widths=(1, 1)))
    return tuple(blocks)


def _text(found: TextReview, versions: dict[str, str]) -> tuple[str, ...]:
    readability = found.readability
    age = "Not measured" if readability is None or readability.age is None else f"{readability.age:.0f} years"
    version = versions.get(found.text.subject)
    signed = {each.body: _signed(each) for each in found.sign_offs}
    return (
        found.text.arm,
        LANGUAGES[found.text.language],
        "None kept" if version is None else version[:12],
        age,
        *(signed.get(body, "Not needed") for body in BODIES),
    )


def _signed(sign_off: SignOff) -> str:
    if sign_off.record is None:
        return "Not signed"
    on = day_in_words(sign_off.record.entry.on)
    return {
        "stands": f"Signed, {on}",
        "incomplete": f"Signed with points open, {on}",
        "void": f"Void: signed {on}, changed since",
        "missing": "Not signed",
    }[sign_off.state]

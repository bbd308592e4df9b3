"""The contact that a design's plan brings, in words and tables: each batch, and how they follow the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.wording.numbers import count
from analysis.wording.phrases import day
from designs.protocol.columns import uses
from designs.surge import Forecast, Proposal, figure, forecast, sentences, with_batches, without_batches
from designs.surge.words import when
from trials.registry.records import DesignDetail
from trials.reporting.results.table import Table
from trials.reporting.words.contact import part_in_words

HOW_PREDICTED: Final = (
    "Predicted from the saved plan: customers of each approach who call, write or amend a return, and the days on "
    "which they do. Days are calendar days, and nobody is counted twice for one way."
)
NOT_PREDICTED: Final = (
    "The saved plan predicts no contact. Say how many customers there are, on which days they get in touch, and who "
    "does so in each approach."
)
_MOST: Final = 60  # batches that a page lists


@dataclass(frozen=True, slots=True)
class Contact:
    """What a plan brings.

    Attributes:
        expected: By day and batch.
        said: In sentences.
        proposal: Batches that can be put into the draft; None where none are needed or none would do.
        first: The day from which they are issued unless another is chosen; None where the plan names none.
        batches: Whether the plan has batches that are made at random, and so can be taken out again.
    """

    expected: Forecast
    said: tuple[str, ...]
    proposal: Proposal | None
    first: date | None
    batches: bool


def contact_of(detail: DesignDetail) -> Contact | None:
    """The contact of a design's saved plan; None while it predicts none, or has no approaches yet."""
    plan = detail.facts.plan
    expected = None if plan is None else forecast(plan)
    if plan is None or expected is None:
        return None
    proposal = expected.proposal
    batches = plan.randomisation.batches
    return Contact(
        expected,
        tuple(sentences(expected)),
        None if proposal is None or proposal.batches == 1 else proposal,
        min((part.issue_on for part in expected.parts if part.issue_on is not None), default=None),
        batches is not None and batches.at_random is True,
    )


def parts_table(expected: Forecast) -> Table:
    """Each batch or wave: its day, its customers, and the contact that it brings by itself."""
    rows = []
    for part in expected.parts[:_MOST]:
        of_days = [(of_day.by_part.get(part.name, 0.0), of_day) for of_day in expected.days]
        most, busiest = max(of_days, key=lambda each: each[0])
        issued = day(part.issue_on) if part.issue_on else "not said"
        all_of_it = figure(sum(contacts for contacts, _ in of_days))
        rows.append(
            (part_in_words(part.name), issued, count(part.customers), all_of_it, f"{figure(most)}, {when(busiest)}")
        )
    more = len(expected.parts) - _MOST
    caption = "What each part brings by itself" + (f" (the first {_MOST} of {len(expected.parts)})" if more > 0 else "")
    columns = ("Part", "Issued", "Customers", "Contacts in all", "Most in a day")
    return Table(caption, columns, tuple(rows), frozenset({2, 3}))


def drafted_batches(detail: DesignDetail, proposal: Proposal, first: date) -> dict[str, Any]:
    """The draft with the proposed batches in it."""
    plan = detail.facts.plan
    taken = set() if plan is None else {use.column for use in uses(plan)} | set(plan.population.columns)
    batches = None if plan is None else plan.randomisation.batches
    if batches is not None and batches.at_random:
        taken.discard(batches.column)  # the load makes it, and so it is in no file
    return with_batches(detail.revision.draft.document, proposal, first, taken)


def drafted_without(detail: DesignDetail) -> dict[str, Any]:
    """The draft in which everybody is issued on one day."""
    return without_batches(detail.revision.draft.document)

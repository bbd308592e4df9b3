"""How large a trial has to be, and how often one of its size could end in scaling an approach: for a design's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analysis.errors import AnalysisRefused
from analysis.planning.power import PowerRow, plan
from analysis.planning.verdict_size import ceilings, size_for_verdict
from analysis.wording.naming import outcome_label
from analysis.wording.numbers import count, difference, percentage
from analysis.wording.phrases import capitalised
from designs.protocol.models import Protocol
from trials.registry.records import DesignDetail
from trials.reporting.words.sizes import TO_SHOW, seldom_scaled

SIZE_COLUMNS: Final = (
    "Approach", "What is to be shown", "Customers needed in it", "Chance with those expected", "Smallest effect found",
    "What is not known",
)  # fmt: skip
HOW_SIZED: Final = (
    "At the effects that the plan declares: an approach is scaled where its effect and a gain in money are shown, and "
    "every guardrail is shown to stay within its margin. The money is sized as if all that is valued moved together, "
    "which asks for the most customers."
)


@dataclass(frozen=True, slots=True)
class Sizing:
    """The sizes of a plan in words.

    Attributes:
        rows: In the columns of ``SIZE_COLUMNS``.
        warnings: Of each approach that such a trial would seldom scale.
        expected: Customers in all arms together that the chances are for; None where nobody has counted yet.
        refused: Why no size follows; None where one does.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    warnings: tuple[str, ...] = ()
    expected: int | None = None
    refused: str | None = None


def sizing_of(detail: DesignDetail) -> Sizing | None:
    """What the saved plan of a design needs; None while it is not whole enough to be sized."""
    protocol = detail.facts.plan
    if protocol is None or detail.facts.errors:
        return None
    counts = detail.facts.counts
    expected = sum(each.customers for each in counts) if counts else None
    try:
        rows = (*plan(protocol, expected), *size_for_verdict(protocol, expected))
    except AnalysisRefused as refused:
        return Sizing(refused=str(refused))
    warnings = tuple(seldom_scaled(protocol, ceilings(protocol, rows)))
    return Sizing(tuple(_in_words(protocol, rows)), warnings, expected)


def _in_words(protocol: Protocol, rows: tuple[PowerRow, ...]) -> Iterator[tuple[str, ...]]:
    labels = {outcome.id: (outcome_label(outcome), outcome.effect_in) for outcome in protocol.outcomes}
    for row in rows:
        label, measure = labels.get(row.outcome, ("", None))
        found = row.minimum_detectable_effect
        shown = TO_SHOW[row.to_show]
        yield (
            protocol.arm(row.arm).label,
            capitalised(f"{shown}: {label}" if label else shown),
            "" if row.n_per_arm is None else count(row.n_per_arm),
            "" if row.power is None else percentage(row.power),
            "" if found is None or measure is None else difference(measure, found),
            _not_known(protocol, row),
        )


def _not_known(protocol: Protocol, row: PowerRow) -> str:
    said = [] if row.reason is None else [row.reason]
    if row.break_even is not None:
        effect = difference(protocol.primary.effect_in, row.break_even)
        said.append(f"it gains what it costs from an effect of {effect}")
    return capitalised("; ".join(said)) if said else ""

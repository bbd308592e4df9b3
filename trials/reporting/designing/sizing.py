"""How large a trial has to be, and how often one of its size could end in scaling an approach: for a design's page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.errors import AnalysisRefused
from analysis.planning.power import SHARES, PowerRow, declared_variance, plan
from analysis.planning.verdict_size import ceilings, decisive, size_for_verdict
from analysis.wording.naming import outcome_label
from analysis.wording.numbers import difference, percentage
from analysis.wording.phrases import capitalised, listed
from designs.protocol.models import Protocol
from trials.registry.records import DesignDetail
from trials.reporting.designing.chances import Chances, chances_of, scales_seldom
from trials.reporting.words.sizes import TO_SHOW, customers_needed, seldom_scaled

SIZE_COLUMNS: Final = (
    "What is to be shown", "Approach", "Customers needed in it", "Chance with those expected", "Smallest effect found",
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
        unknown: What the plan does not say and a size rests on, and what else no size follows from.
        warnings: Of each approach that such a trial would seldom scale.
        expected: Customers in all arms together that the chances are for; None where nobody has counted yet.
        refused: Why no size follows; None where one does.
        chances: Of each verdict, with those expected, or with as many as the plan needs.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    expected: int | None = None
    refused: str | None = None
    chances: Chances | None = None


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
    scaling = decisive(protocol, rows)
    chances = chances_of(protocol, expected)
    warnings = (*scales_seldom(protocol, chances), *seldom_scaled(protocol, ceilings(protocol, rows)))
    return Sizing(
        tuple(_in_words(protocol, scaling)), tuple(_unknown(protocol, scaling)), warnings, expected, chances=chances
    )


def _in_words(protocol: Protocol, rows: Sequence[PowerRow]) -> Iterator[tuple[str, ...]]:
    """A row of each thing to be shown of which the size is known; approaches with the same figures in one."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.n_per_arm is None:
            continue
        found, measure = row.minimum_detectable_effect, protocol.primary.effect_in
        figures = (
            _to_show(protocol, row),
            customers_needed(row),
            "" if row.power is None else percentage(row.power),
            "" if found is None else difference(measure, found),
        )
        alike.setdefault(figures, []).append(protocol.arm(row.arm).label)
    every = len({row.arm for row in rows})
    for (shown, *rest), arms in alike.items():
        yield shown, "Every approach" if len(arms) == every > 1 else listed(arms), *rest


def _to_show(protocol: Protocol, row: PowerRow) -> str:
    if row.to_show == "net_benefit":
        even = None if row.break_even is None else difference(protocol.primary.effect_in, row.break_even)
        return f"That money is gained{'' if even is None else f', which begins at an effect of {even}'}"
    return capitalised(f"{TO_SHOW[row.to_show]}: {outcome_label(protocol.outcome(row.outcome))}")


def _unknown(protocol: Protocol, rows: Sequence[PowerRow]) -> Iterator[str]:
    """What a size rests on and the plan does not say, each once, in the words of the page on which it is said."""
    rests_on = {protocol.primary.id, *(row.outcome for row in rows if row.to_show == "within_margin")}
    valued = [] if protocol.decision is None else [*protocol.decision.benefits, *protocol.decision.costs]
    gains = set() if protocol.decision is None else {each.outcome for each in protocol.decision.benefits}
    rests_on |= {each.outcome for each in valued}
    for outcome in protocol.outcomes:
        if outcome.id not in rests_on:
            continue
        lacks = []
        if declared_variance(outcome)[0] is None:
            lacks.append(
                "the share expected without contact" if outcome.kind in SHARES else "how much customers differ in it"
            )
        if outcome.minimum_effect is None and (outcome.id in gains or outcome.role == "primary"):
            lacks.append("the smallest effect worth finding")
        if lacks:
            yield f"{capitalised(outcome_label(outcome))}: the plan does not say {' or '.join(lacks)}."
    if protocol.cluster and protocol.population.cluster_size is None:
        yield "Customers are allocated together: the plan does not say how many to a group."
    for row in rows:
        if row.gain is not None and row.gain <= 0.0:
            yield f"{protocol.arm(row.arm).label}: {row.reason}."

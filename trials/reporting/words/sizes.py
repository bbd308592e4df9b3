"""What a plan's size promises, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from analysis.planning.power import PowerRow, ToShow
from analysis.planning.verdict_size import Ceiling
from analysis.wording.naming import outcome_label
from analysis.wording.numbers import count, percentage
from designs.protocol.models import Protocol

TO_SHOW: Final[Mapping[ToShow, str]] = {
    "effect": "an effect",
    "within_margin": "no harm beyond its margin",
    "net_benefit": "that money is gained",
}
_HARDLY: Final = 0.1


def shown_of(row: PowerRow) -> str:
    """Of what a row speaks: an outcome by its id, or the net benefit."""
    return "net benefit" if row.to_show == "net_benefit" else row.outcome


def customers_needed(row: PowerRow) -> str:
    """Customers needed in the arm, and how many clusters these are where they are assigned whole.

    Examples:
        >>> customers_needed(PowerRow("paid", "letter", "nfa", n_per_arm=1_500, clusters=3))
        '1,500 (3 clusters)'
    """
    if row.n_per_arm is None:
        return ""
    return count(row.n_per_arm) if row.clusters is None else f"{count(row.n_per_arm)} ({count(row.clusters)} clusters)"


def seldom_scaled(protocol: Protocol, bounds: Sequence[Ceiling]) -> Iterator[str]:
    """A warning for each approach that the trial would scale less often than the plan's power, at its own effects."""
    outcomes = {outcome.id: outcome for outcome in protocol.outcomes}
    for bound in bounds:
        if bound.at_most >= protocol.analysis.power:
            continue
        held = outcomes.get(bound.held_by)
        by = "its net benefit" if held is None else f"\u201c{outcome_label(held)}\u201d"
        often = "hardly ever ends" if bound.at_most < _HARDLY else "ends less often than planned"
        larger = (
            f"Every part of it has {percentage(protocol.analysis.power)} power from {count(bound.needed_in_arm)} "
            "customers in the approach"
            if bound.needed_in_arm is not None
            else "Which size would do is not known, for part of it is not declared"
        )
        yield (
            f"{protocol.arm(bound.arm).label}: such a trial {often} in scaling it, in at most "
            f"{percentage(bound.at_most)} of trials even where the declared effects are true: {by} is shown no more "
            f"often. {larger}."
        )

"""How often a trial of a size ends in each verdict, at the effects that its plan declares: in figures and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analysis.deciding.net_benefit import why_unvalued
from analysis.diagnosis import VerdictChances, customers_for_scale, declared_world, verdict_chances
from analysis.errors import AnalysisRefused
from analysis.wording.numbers import count, percentage
from analysis.wording.phrases import capitalised
from designs.protocol.models import Protocol
from trials.registry.remembered import Remembered
from trials.reporting.designing.diagnosis import VERDICT_WORDS, chance

CHANCE_COLUMNS: Final = ("How such a trial ends", "Chance")
_HARDLY: Final = 0.1
_MADE = Remembered(64)


@dataclass(frozen=True, slots=True)
class Chances:
    """The chance of each verdict of one plan.

    Attributes:
        found: None where none follows.
        refused: Why none does.
        customers_for_scale: About how many in all take it to end in scaling something as often as the plan's power is;
            None where it does so already, or where no number does.
    """

    found: VerdictChances | None = None
    refused: str | None = None
    customers_for_scale: int | None = None

    @property
    def scales(self) -> float:
        """How often something is scaled, to everyone or to a segment."""
        if self.found is None:
            return 0.0
        return sum(self.found.verdicts[code].value or 0.0 for code in ("scale", "scale_segment"))


def chances_of(protocol: Protocol, customers: int | None) -> Chances:
    """The chances of a plan with so many customers in all arms together, or as many as it needs where nobody counted.

    The draws have a seed of their own, so that the same plan has the same chances wherever they are asked for.
    """
    return _MADE.get((protocol.model_dump_json(), customers), lambda: _drawn(protocol, customers))  # type: ignore[no-any-return]


def _drawn(protocol: Protocol, customers: int | None) -> Chances:
    if protocol.primary.minimum_effect is None:
        return Chances(refused="the plan does not say the smallest effect worth finding, at which verdicts would be")
    try:
        world = declared_world(protocol, customers=customers)
        found = Chances(verdict_chances(world))
        power = protocol.analysis.power
        if found.scales >= power or why_unvalued(protocol) is not None:
            return found
        return Chances(found.found, customers_for_scale=customers_for_scale(world, power))
    except AnalysisRefused as refused:
        return Chances(refused=refused.problem)


def chance_rows(chances: Chances) -> list[tuple[str, str]]:
    """Each verdict with its chance, in the columns of ``CHANCE_COLUMNS``."""
    found = chances.found
    if found is None:
        return []
    return [(capitalised(VERDICT_WORDS[code]), chance(of)) for code, of in found.verdicts.items()]


def what_was_drawn(chances: Chances) -> str:
    """How the chances were found, in a sentence; or why there are none."""
    found = chances.found
    if found is None:
        return f"How often such a trial ends in each verdict is not known: {chances.refused}."
    error = max(each.monte_carlo_error or 0.0 for each in found.verdicts.values())
    return (
        f"{found.draws:,} draws of what a trial of {found.customers:,} customers would estimate at the declared "
        f"effects, each judged by the rules of the verdict. Ranges are what chance leaves at that number of draws, 95 "
        f"times in 100 (standard error {percentage(error)} at most); seed {found.seed}."
    )


def scales_seldom(protocol: Protocol, chances: Chances) -> Iterator[str]:
    """A warning of a trial that would end in scaling something less often than its power, with the size that would."""
    found, power = chances.found, protocol.analysis.power
    if found is None or chances.scales >= power:
        return
    if (unvalued := why_unvalued(protocol)) is not None:
        yield f"No such trial ends in scaling an approach, however large it is: {unvalued}."
        return
    often = "hardly ever ends" if chances.scales < _HARDLY else "ends less often than planned"
    larger = (
        f"It would in {percentage(power)} of trials from about {rounded(chances.customers_for_scale)} customers in all"
        if chances.customers_for_scale is not None
        else "No number of customers that was tried brings it there"
    )
    yield (
        f"With {count(found.customers)} customers the trial {often} in scaling an approach: in "
        f"{percentage(chances.scales)} of trials where the declared effects are true. {larger}."
    )


def rounded(customers: int) -> str:
    """A number that is known within a few parts in a hundred, to two digits and up.

    Examples:
        >>> rounded(825_487), rounded(96)
        ('830,000', '96')
    """
    step = 10 ** max(len(str(customers)) - 2, 0)
    return count(-(-customers // step) * step)


def assumed(chances: Chances) -> list[str]:
    """What the plan does not declare, and what was taken, one sentence each; but for other truths than this one."""
    found = [] if chances.found is None else chances.found.assumptions
    return [f"{capitalised(each.taken)}." for each in found if each.where != "truths"]

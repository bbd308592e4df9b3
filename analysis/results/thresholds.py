"""At which cost, or under which values, a verdict would be another."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.results.verdicts import WouldBe
from designs.literals import Scenario


@dataclass(frozen=True, slots=True)
class CostThreshold:
    """The cost of contact nearest to the assumed one at which the verdict is another, all else as it was.

    Attributes:
        arm: whose contact.
        assumed: pounds per customer, central.
        dearer, cheaper: pounds per customer, in whole pence: at that cost the verdict is another, and a penny nearer to
            the assumed cost it is not. ``None`` where no cost on that side, down to nothing, changes it.
        when_dearer, when_cheaper: the verdict there.
    """

    arm: str
    assumed: float
    dearer: float | None = None
    when_dearer: WouldBe | None = None
    cheaper: float | None = None
    when_cheaper: WouldBe | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What costs and values would have to be for the verdict to be another.

    Attributes:
        costs: one an arm whose net benefit is known.
        scenarios: the verdict under other values, with the arm and the segments; without the central one.
    """

    costs: tuple[CostThreshold, ...] = ()
    scenarios: tuple[tuple[Scenario, WouldBe], ...] = ()

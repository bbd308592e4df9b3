"""What is open in a plan about the contact that it brings: a peak that colleagues cannot take stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from designs.finding import Open
from designs.protocol.capacity import contacts
from designs.protocol.models import Protocol
from designs.surge.forecast import Forecast, forecast
from designs.surge.words import figure, over_if_high, proposed, when

WHERE: Final = "suitability.operations.surge"


def open_in_surge(plan: Protocol) -> Iterator[Open]:
    """A peak above capacity, which blocks; one at the high end of what is declared, or no capacity, which warns."""
    expected = forecast(plan)
    if expected is None:
        return
    if expected.capacity is None:
        where, remedy = "suitability.operations.answer.capacity_per_day", "say how many can be taken in a day"
        problem = "what contact the trial brings is predicted, and how much can be taken in a day is not declared"
        yield Open("capacity_not_declared", "warns", where, problem, remedy, "designer")
    elif expected.over:
        yield Open("over_capacity", "blocks", WHERE, over_capacity(expected), ways_out(expected), "designer")
    elif over_if_high(expected) and expected.peaks is not None:
        problem = (
            f"where customers react as high as is declared, {figure(expected.peaks[1])} contacts are expected on "
            f"{when(expected.peak)}, and {contacts(expected.capacity)} can be taken in a day"
        )
        remedy = "see that more people can be found on that day, or issue in batches"
        yield Open("over_capacity_if_high", "warns", WHERE, problem, remedy, "designer")


def over_capacity(expected: Forecast) -> str:
    """How far the busiest day is above capacity; for a forecast that has days above it."""
    taken = "0" if expected.capacity is None else contacts(expected.capacity)
    return (
        f"{figure(expected.peak.contacts)} contacts are expected on {when(expected.peak)}, and {taken} can be taken in "
        "a day"
    )


def ways_out(expected: Forecast) -> str:
    """What would bring every day to capacity or under it."""
    if expected.proposal is not None and expected.proposal.batches > 1 and expected.capacity is not None:
        fits = proposed(expected.proposal, expected.capacity).removesuffix(".")
        return f"declare batches (randomisation.batches, at_random: true). {fits}"
    return "issue the parts further apart, to fewer customers, or find more people to take the contact"

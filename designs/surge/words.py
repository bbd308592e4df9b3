"""What a plan's contact comes to, in sentences for its designer."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from designs.protocol.capacity import contacts
from designs.protocol.words import in_words
from designs.surge.forecast import Day, Forecast, most_in_a_day
from designs.surge.proposal import Proposal


def figure(contacts: float) -> str:
    """Expected contacts in whole numbers, rounded up: a day that is above capacity never reads as one that is at it.

    >>> figure(400.0), figure(400.2), figure(1234.0000000001)
    ('400', '401', '1,234')
    """
    return f"{ceil(contacts - 1e-6):,}"


def sentences(expected: Forecast) -> Iterator[str]:
    """How many get in touch, when most do, whether that can be taken and, where it cannot, which batches would fit."""
    yield (
        f"{expected.customers:,} customers are expected to bring {figure(expected.contacts)} contacts over "
        f"{len(expected.days):,} days; the busiest is {when(expected.peak)}, with {figure(expected.peak.contacts)}."
    )
    if expected.peaks is not None:
        low, high = map(figure, expected.peaks)
        yield f"It has {low} where customers react as low as is declared, and {high} where they react as high."
    if expected.capacity is None:
        yield "How many can be taken in a day is not declared, so this was held against nothing."
        return
    if not expected.over:
        if over_if_high(expected):
            yield (
                f"{contacts(expected.capacity)} can be taken in a day: every day is at or under capacity as expected, "
                "and not where customers react as high as is declared."
            )
        else:
            yield f"{contacts(expected.capacity)} can be taken in a day, so every day is at or under capacity."
        return
    days = "1 day is" if len(expected.over) == 1 else f"{len(expected.over):,} days are"
    yield f"{contacts(expected.capacity)} can be taken in a day: {days} above capacity."
    if expected.proposal is not None:
        yield proposed(expected.proposal, expected.capacity)


def proposed(proposal: Proposal, capacity: float) -> str:
    """Why so many batches, and so many days between them."""
    if proposal.batches == 1:
        return f"Issued on one day, the busiest would have {figure(proposal.peak)} contacts: batches are not needed."
    return (
        f"{proposal.batches:,} batches of at most {proposal.customers:,} customers, {_days(proposal.days_between)} "
        f"apart, would keep every day at or under capacity: one of them alone brings {figure(proposal.alone)} contacts "
        f"on its busiest day, all together {figure(proposal.peak)} on theirs, and {contacts(capacity)} can be taken. "
        f"The last is issued {_days(proposal.last_day)} after the first. With fewer batches, or less time between as "
        "many, some day is above capacity."
    )


def over_if_high(expected: Forecast) -> bool:
    """Whether the busiest day is above capacity only where customers react as high as was declared."""
    if expected.capacity is None or expected.peaks is None or expected.over:
        return False
    return expected.peaks[1] > most_in_a_day(expected.capacity)


def when(day: Day) -> str:
    """A day as people say it: its date where the plan has one, else how long after the first issue it is."""
    if day.on is not None:
        return in_words(day.on)
    return "the day of the first issue" if day.day == 0 else f"{_days(day.day)} after the first issue"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number:,} days"

"""The contact that was predicted beside the contact that came, day by day, for the ways of which it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from designs.surge.forecast import Day, Forecast

Way = Literal["calls", "post", "amended"]


@dataclass(frozen=True, slots=True)
class DayBeside:
    """One day.

    Attributes:
        day: Days after the first issue.
        on: The date; None where nobody's day 0 is known.
        predicted: Contacts that were expected on it, of the ways of which it is known who came.
        came: Customers who got in touch on it, once for each way.
    """

    day: int
    on: date | None
    predicted: float
    came: int


@dataclass(frozen=True, slots=True)
class Beside:
    """What was predicted and what came.

    Attributes:
        customers: In all arms.
        ways: Of which it is known who came.
        capacity: Contacts that can be taken in a day; None where it is not declared.
        days: From the first issue to the last day that was predicted, or to the last that is known.
        later: Contacts that came after every day that was predicted.
        unknown: Contacts dated after the day as at which it is known who came, on days that were predicted: they are
            not compared.
    """

    customers: int
    ways: tuple[Way, ...]
    capacity: float | None
    days: tuple[DayBeside, ...]
    later: int
    unknown: int = 0

    @property
    def predicted(self) -> float:
        """Contacts that were expected on these days together."""
        return sum(each.predicted for each in self.days)

    @property
    def came(self) -> int:
        """Contacts that came on these days together."""
        return sum(each.came for each in self.days)


def beside(
    expected: Forecast,
    came: Mapping[Way, Mapping[int, int]],
    *,
    first: date | None = None,
    known_to: date | None = None,
) -> Beside:
    """What a plan predicted of the customers who were assigned, beside what came.

    Args:
        expected: The forecast, for as many customers as were assigned.
        came: For each way that is known, customers by the day of their first contact, in days after the first issue.
        first: The first issue, where it is known.
        known_to: The day as at which it is known who came; later days are not compared.
    """
    last = predicted_to = expected.days[-1].day
    if first is not None and known_to is not None:
        last = min(last, (known_to - first).days)
    ways: tuple[Way, ...] = tuple(way for way in ("calls", "post", "amended") if way in came)
    days = tuple(
        DayBeside(
            each.day,
            each.on if first is None else date.fromordinal(first.toordinal() + each.day),
            sum(_of(each, way) for way in ways),
            sum(came[way].get(each.day, 0) for way in ways),
        )
        for each in expected.days
        if each.day <= last
    )
    after = [(day, number) for way in ways for day, number in came[way].items() if day > last]
    later = sum(number for day, number in after if day > predicted_to)
    return Beside(
        expected.customers, ways, expected.capacity, days, later, sum(number for _, number in after) - later
    )  # fmt: skip


def _of(day: Day, way: Way) -> float:
    return {"calls": day.calls, "post": day.post, "amended": day.amended}[way]

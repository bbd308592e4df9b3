"""The batches that keep every day at or under capacity: as few as will do, and as close together as will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Final

MOST_BATCHES: Final = 1000
_HAIR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Proposal:
    """Batches of equal size, issued so many days apart.

    Attributes:
        batches: How many.
        days_between: Days from one to the next; 0 for a single one.
        customers: In the largest, in all arms.
        peak: Contacts on the busiest day.
        alone: Contacts on the busiest day of one of them by itself.
    """

    batches: int
    days_between: int
    customers: int
    peak: float
    alone: float

    @property
    def last_day(self) -> int:
        """The day on which the last is issued, in days after the first."""
        return (self.batches - 1) * self.days_between

    def names(self) -> tuple[str, ...]:
        """What they are called: ``batch_01`` and so on, so that they sort in their order."""
        digits = max(2, len(str(self.batches)))
        return tuple(f"batch_{number:0{digits}d}" for number in range(1, self.batches + 1))

    def issue_on(self, first: date) -> dict[str, date]:
        """Each one's day 0, where the first is issued on ``first``."""
        return {
            name: first + timedelta(days=number * self.days_between) for number, name in enumerate(self.names())
        }  # fmt: skip


def propose(customers: int, rate: float, by_day: Sequence[float], capacity: float) -> Proposal | None:
    """The smallest number of batches that can keep every day at or under capacity and, for it, the fewest days between.

    One batch's own busiest day sets the number: with fewer, that day alone is above capacity however far apart they
    are. The days between follow from how long a batch goes on bringing contact: the days of ``by_day`` always do.

    Args:
        customers: In all arms.
        rate: Contacts of one customer.
        by_day: The share of contacts on each day after a batch's issue.
        capacity: Contacts that can be taken in a day.

    Returns:
        None where no number of batches up to :data:`MOST_BATCHES` would do.

    Examples:
        >>> propose(10_000, 0.04, [0.5, 0.5], 120.0)
        Proposal(batches=2, days_between=2, customers=5000, peak=100.0, alone=100.0)
        >>> propose(10_000, 0.04, [1.0], 0.0) is None
        True
    """
    limit = capacity * (1 + _HAIR)
    height = max(by_day) * rate
    most = min(MOST_BATCHES, customers)
    fewest = ceil(customers * height / limit - _HAIR) if limit > 0 else most + 1
    for batches in range(max(1, fewest), most + 1):
        size = ceil(customers / batches)
        if size * height > limit:
            continue  # whole customers: the largest batch is up to one above the average
        if batches == 1:
            return Proposal(1, 0, size, size * height, size * height)
        for between in range(1, len(by_day) + 1):
            peak = size * rate * _busiest(by_day, batches, between)
            if peak <= limit:
                return Proposal(batches, between, size, peak, size * height)
    return None


def _busiest(by_day: Sequence[float], batches: int, between: int) -> float:
    """The most that the curves of so many batches come to on one day, in batches of one contact."""
    last = (batches - 1) * between + len(by_day)
    overlap = -(-len(by_day) // between)  # no more batches than these bring contact on the same day
    return max(
        sum(
            by_day[day - number * between]
            for number in range(max(0, day // between - overlap), min(batches, day // between + 1))
            if day - number * between < len(by_day)
        )
        for day in range(min(last, 2 * len(by_day) + between))
    )

"""The contact that a trial brings, day by day and batch by batch, held against what colleagues can take in a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from designs.literals import Scenario
from designs.protocol.capacity import expected_contact
from designs.protocol.models import ContactShares, Protocol, Surge
from designs.protocol.shares import shares_of_everybody
from designs.surge.proposal import Proposal, propose

_HAIR: Final = 1e-9  # of the capacity: what sums of shares are rounded by
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Part:
    """Customers who are issued on one day: a batch, a wave, or all of them.

    Attributes:
        name: Of the batch or wave; ``all`` where everybody is issued at once.
        issue_on: Its day 0; None where the plan names no day.
        day: The same, in days after the first part's.
        customers: How many, in all arms.
    """

    name: str
    issue_on: date | None
    day: int
    customers: float


@dataclass(frozen=True, slots=True)
class Day:
    """What is expected on one day, in contacts.

    Attributes:
        day: Days after the first issue.
        on: The date; None where the plan names no day.
        calls, post, amended: By way: calls, letters and other post, amended returns.
        by_part: The same together, by batch or wave.
    """

    day: int
    on: date | None
    calls: float
    post: float
    amended: float
    by_part: Mapping[str, float]

    @property
    def contacts(self) -> float:
        """All ways together."""
        return self.calls + self.post + self.amended


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a plan predicts.

    Attributes:
        customers: In all arms together.
        capacity: Contacts that can be taken in a day; None where it is not declared.
        parts: In the order of their days.
        days: From the first issue to the last contact that is expected.
        peak: The day with the most contacts, the first of several.
        peaks: What the busiest day has where customers react as low, and where they react as high, as was declared;
            None where no reaction is a range.
        over: Days on which more are expected than can be taken; none where capacity is not declared.
        proposal: The batches that would keep every day at or under capacity; None where nothing is over, the plan has
            waves, or no number of batches would.
    """

    customers: int
    capacity: float | None
    parts: tuple[Part, ...]
    days: tuple[Day, ...]
    peak: Day
    peaks: tuple[float, float] | None
    over: tuple[Day, ...]
    proposal: Proposal | None

    @property
    def contacts(self) -> float:
        """All that are expected."""
        return sum(day.contacts for day in self.days)


def declared(plan: Protocol) -> Surge | None:
    """What a plan predicts of the contact it brings; None where it says nothing. A plan may be partly filled."""
    return None if plan.suitability is None else plan.suitability.operations.surge


def forecast(
    plan: Protocol, customers: int | None = None, in_batches: Mapping[str, int] | None = None
) -> Forecast | None:
    """What is expected by day; None where the plan predicts no contact, or has no arms or scheme yet.

    Args:
        plan: As far as it is filled.
        customers: In all arms; as the plan expects where absent.
        in_batches: Customers of each batch, where they are known; equal parts where absent.

    Examples:
        10,000 customers of whom 4 in 100 call, half on the day of the issue and half on the next, are 200 calls on each
        of two days. In two batches a day apart they are 100, 200 and 100.
    """
    surge = declared(plan)
    if surge is None or not plan.arms or plan.randomisation is None:
        return None
    total = sum(in_batches.values()) if in_batches else customers or surge.customers
    rate = _rate(plan, surge, "central")
    parts = _parts(plan, total, in_batches)
    days = _days(parts, surge.by_day, rate)
    capacity = expected_contact(plan).capacity_per_day  # as the verdict reads it
    over = () if capacity is None else tuple(day for day in days if day.contacts > most_in_a_day(capacity))
    proposal = None
    if over and capacity is not None and not plan.randomisation.waves:
        proposal = propose(total, rate.whole, surge.by_day, capacity)
    peaks = None
    if _ranges(surge):
        low, high = (_days(parts, surge.by_day, _rate(plan, surge, scenario)) for scenario in ("low", "high"))
        peaks = max(day.contacts for day in low), max(day.contacts for day in high)
    return Forecast(total, capacity, parts, days, max(days, key=lambda day: day.contacts), peaks, over, proposal)


def most_in_a_day(capacity: float) -> float:
    """The most contacts that a capacity takes, by what sums of shares are rounded by above it."""
    return capacity * (1 + _HAIR)


def _ranges(surge: Surge) -> bool:
    """Whether any reaction is declared as a range."""
    reactions = (*surge.arms.values(), *(each for part in surge.segments.values() for each in part.arms.values()))
    return not all(each.exact for each in reactions)


@dataclass(frozen=True, slots=True)
class _Rate:
    """Contacts of one customer of the trial, by way."""

    call: float
    write: float
    amend: float

    @property
    def whole(self) -> float:
        return self.call + self.write + self.amend


def _rate(plan: Protocol, surge: Surge, scenario: Scenario) -> _Rate:
    """Over arms by their shares, and over segments by theirs."""
    shares = shares_of_everybody(plan)
    rest = 1.0 - sum(segment.share for segment in surge.segments.values())
    groups = [(max(rest, 0.0), surge.arms)]
    groups += [(segment.share, {**surge.arms, **segment.arms}) for segment in surge.segments.values()]
    none = ContactShares()
    weighed = [
        (weight * share, arms.get(arm, none).at(scenario)) for weight, arms in groups for arm, share in shares.items()
    ]  # fmt: skip
    return _Rate(
        sum(weight * call for weight, (call, _, _) in weighed),
        sum(weight * write for weight, (_, write, _) in weighed),
        sum(weight * amend for weight, (_, _, amend) in weighed),
    )


def _parts(plan: Protocol, customers: int, in_batches: Mapping[str, int] | None) -> tuple[Part, ...]:
    scheme = plan.randomisation
    planned: list[tuple[str, date | None]] = [(wave.id, wave.issue_on) for wave in scheme.waves]
    if scheme.batches is not None:
        planned = list(scheme.batches.issue_on.items())
    if not planned:
        planned = [(ALL, scheme.allocation_date)]
    dated = [day for _, day in planned if day is not None]
    first = min(dated) if dated else None
    parts = [
        Part(
            name, day, (day - first).days if day is not None and first is not None else 0,
            float(in_batches.get(name, 0)) if in_batches is not None else customers / len(planned),
        )
        for name, day in planned
    ]  # fmt: skip
    return tuple(sorted(parts, key=lambda part: part.day))


def _days(parts: Sequence[Part], by_day: Sequence[float], rate: _Rate) -> tuple[Day, ...]:
    first = min((part.issue_on for part in parts if part.issue_on is not None), default=None)
    days = []
    for number in range(max(part.day for part in parts) + len(by_day)):
        # Customers of each part who get in touch on this day, as if all of them did.
        reached = {
            part.name: part.customers * by_day[number - part.day]
            for part in parts
            if 0 <= number - part.day < len(by_day)
        }
        of_all = sum(reached.values())
        on = None if first is None else first + timedelta(days=number)
        by_part = {name: customers * rate.whole for name, customers in reached.items()}
        days.append(Day(number, on, of_all * rate.call, of_all * rate.write, of_all * rate.amend, by_part))
    return tuple(days)

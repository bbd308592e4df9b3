"""Day 0 of a plan's customers: the day planned for them, and never one before they were drawn."""

from __future__ import annotations

from datetime import date

from designs.protocol.models import Protocol


def planned_days(protocol: Protocol, wave: int) -> tuple[date, ...]:
    """Day 0 of a wave's customers as the plan has it: one day, or one of each batch; none where it names no day."""
    scheme = protocol.randomisation
    if scheme.batches is not None:
        return tuple(scheme.batches.issue_on.values())
    if scheme.waves:
        return (scheme.waves[wave - 1].issue_on,)
    return () if scheme.allocation_date is None else (scheme.allocation_date,)


def day_of_draw(protocol: Protocol, today: date) -> date:
    """Today, or what stands for it where the customers are invented and their protocol declares a clock."""
    return today if protocol.clock is None else protocol.clock.drawn_on


def earliest_day_zero(protocol: Protocol, drawn: date, *, synthetic: bool) -> date | None:
    """The day before which no day 0 of a draw's customers can lie, whatever was planned: that of the draw.

    Invented customers live in the time of their clock, and without one in none, so that their plan's dates stand: None.

    Args:
        protocol: As locked.
        drawn: The day on which the registry drew.
        synthetic: Whether the customers are invented.
    """
    return None if synthetic and protocol.clock is None else day_of_draw(protocol, drawn)


def not_before(planned: date, earliest: date | None) -> date:
    """Day 0 of customers for whom a day was planned.

    Examples:
        >>> not_before(date(2026, 2, 2), date(2026, 2, 9)).isoformat(), not_before(date(2026, 2, 2), None).day
        ('2026-02-09', 2)
    """
    return planned if earliest is None else max(planned, earliest)

"""From which day customers are followed: the day planned for them, and never one before they were in an arm."""

from __future__ import annotations

from datetime import date

from trials.field.allocated import AllocatedTrial
from trials.registry.records import AllocationRecord


def earliest_day_zero(trial: AllocatedTrial, allocation: AllocationRecord) -> date | None:
    """The day before which no day 0 of an allocation's customers can lie, whatever was planned: that of the draw.

    Invented customers live in the time of their clock, and without one in none, so that their plan's dates stand: None.
    """
    clock = trial.plan.protocol.clock
    if clock is not None:
        return clock.drawn_on
    return None if trial.population.synthetic else allocation.allocated_at.date()


def followed_from(planned: date, earliest: date | None) -> date:
    """Day 0 of customers for whom a day was planned.

    Examples:
        >>> followed_from(date(2026, 2, 2), date(2026, 2, 9)).isoformat(), followed_from(date(2026, 2, 2), None).day
        ('2026-02-09', 2)
    """
    return planned if earliest is None else max(planned, earliest)


def passed_before_the_draw(trial: AllocatedTrial) -> tuple[tuple[date, date], ...]:
    """Every allocation drawn after a day 0 that was planned for some of its customers: (planned, drawn), in order."""
    batches = trial.plan.protocol.randomisation.batches
    late = []
    for allocation in trial.allocations:
        planned = allocation.index_date if batches is None else min(batches.issue_on.values())
        earliest = earliest_day_zero(trial, allocation)
        if planned is not None and earliest is not None and planned < earliest:
            late.append((planned, earliest))
    return tuple(late)

"""From which day customers are followed: the day planned for them, and never one before they were in an arm."""

from __future__ import annotations

from datetime import date

from designs.protocol.day_zero import earliest_day_zero, planned_days
from designs.protocol.models import Wave
from trials.field.allocated import AllocatedTrial
from trials.registry.records import AllocationRecord


def drawn_on(trial: AllocatedTrial, allocation: AllocationRecord) -> date | None:
    """The day of a draw, before which nobody in it has day 0; None for invented customers without a clock."""
    drawn = allocation.allocated_at.date()
    return earliest_day_zero(trial.plan.protocol, drawn, synthetic=trial.population.synthetic)


def passed_before_the_draw(trial: AllocatedTrial) -> tuple[tuple[date, date], ...]:
    """Every allocation drawn after a day 0 that was planned for some of its customers: (planned, drawn), in order."""
    late = []
    for allocation in trial.allocations:
        planned, drawn = planned_days(trial.plan.protocol, allocation.wave), drawn_on(trial, allocation)
        if planned and drawn is not None and min(planned) < drawn:
            late.append((min(planned), drawn))
    return tuple(late)


def waves_not_drawn(trial: AllocatedTrial, as_at: date) -> tuple[Wave, ...]:
    """The waves that the plan declares for days gone by at a cut, and that were not drawn."""
    later = trial.plan.protocol.randomisation.waves[len(trial.allocations) :]
    return tuple(wave for wave in later if wave.issue_on < as_at)

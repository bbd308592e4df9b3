"""The day on which outcomes were cut: said by whoever loads them, else the day of the load.

It is never a day to come, and never before the draw.
"""

from __future__ import annotations

from datetime import date

from designs.protocol.rules.dates import A_DAY, FIRST_DAY, LAST_DAY
from trials.errors import TrialRefused
from trials.field.allocated import AllocatedTrial
from trials.field.day_zero import drawn_on


def cut_of_load(trial: AllocatedTrial, as_at: date | None, today: date) -> date:
    """The day on which a file that is loaded today was cut.

    Args:
        trial: Whose outcomes they are.
        as_at: As it was said; None for the clock of synthetic customers, where they have one, else for today.
        today: The day of the load.

    Raises:
        TrialRefused: It is before the draw, or ahead and the customers are real.
    """
    clock = trial.plan.protocol.clock
    said = as_at or (clock.cut_on if clock else None) or today
    _refuse_no_day(trial, said)
    _refuse_to_come(trial, said, today, "the day of its load")
    _refuse_before_draw(trial, said)
    return said


def cut_of_evaluation(trial: AllocatedTrial, as_at: date | None, cut: date) -> date:
    """The day as at which outcomes are evaluated that were cut on another, or the same.

    Args:
        trial: Whose outcomes they are.
        as_at: As it was said; None for the day of the cut.
        cut: The day on which the file was cut.

    Raises:
        TrialRefused: It is before the draw; or it is after the cut, and the customers are real: a file knows nothing
            of later days.
    """
    said = as_at or cut
    _refuse_no_day(trial, said)
    if as_at is not None:  # a cut that was stored before there was this rule is not due, and says so
        _refuse_before_draw(trial, as_at)
    _refuse_to_come(trial, said, cut, "the day on which its outcomes were cut")
    return said


def _refuse_to_come(trial: AllocatedTrial, said: date, latest: date, what: str) -> None:
    if said > latest and not trial.population.synthetic:
        raise TrialRefused(
            f"data cannot be as at {said.isoformat()}, which is after {latest.isoformat()}, {what}",
            where=f"{trial.plan.trial}, --as-at",
            rule="a file knows what had happened by the day on which it was cut, and nothing of later days",
            remedy="give the day on which the data were extracted, or load a later cut",
        )


def _refuse_no_day(trial: AllocatedTrial, said: date) -> None:
    if not FIRST_DAY <= said <= LAST_DAY:
        raise TrialRefused(
            f"data cannot be as at {said.isoformat()}",
            where=f"{trial.plan.trial}, --as-at",
            rule=A_DAY,
            remedy="give the day on which the data were extracted",
        )


def _refuse_before_draw(trial: AllocatedTrial, said: date) -> None:
    drawn = [day for allocation in trial.allocations if (day := drawn_on(trial, allocation)) is not None]
    if drawn and said < min(drawn):
        raise TrialRefused(
            f"data cannot be as at {said.isoformat()}, which is before {min(drawn).isoformat()}, the day of the draw",
            where=f"{trial.plan.trial}, --as-at",
            rule="outcomes are cut after customers are assigned: before it there were no arms to compare",
            remedy="give the day on which the data were extracted, or load a cut that was made after the draw",
        )
